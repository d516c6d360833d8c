//! File system for libwild: the inputs and one output, all in memory.

use libwild::{FileSystem, FileType, InputFileData, OutputFileData, OutputOptions, bail, error::Result};
use std::borrow::Cow;
use std::collections::HashMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

/// Contents of one input, shared by all who open it.
#[derive(Clone, Debug)]
pub(crate) struct Input(Arc<Cow<'static, [u8]>>);

impl Input {
    pub(crate) fn new(bytes: Cow<'static, [u8]>) -> Self {
        Self(Arc::new(bytes))
    }
}

impl InputFileData for Input {
    fn bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Place for the finished output.
type OutputSlot = Arc<Mutex<Option<Vec<u8>>>>;

/// The output while libwild writes it.
pub(crate) struct Output {
    bytes: Vec<u8>,
    slot: OutputSlot,
}

impl OutputFileData for Output {
    fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.bytes
    }

    fn finish(self) -> Result {
        *self.slot.lock()? = Some(self.bytes);
        Ok(())
    }
}

/// All files of one link.
pub(crate) struct MemoryFiles {
    inputs: HashMap<PathBuf, Input>,
    output: OutputSlot,
}

impl MemoryFiles {
    pub(crate) fn new(inputs: impl Iterator<Item = (String, Input)>) -> Self {
        let inputs = inputs.map(|(path, input)| (PathBuf::from(path), input)).collect();
        Self { inputs, output: OutputSlot::default() }
    }

    /// Takes the finished output; `None` the second time.
    pub(crate) fn take_output(&self) -> Option<Vec<u8>> {
        self.output.lock().ok()?.take()
    }
}

impl FileSystem for MemoryFiles {
    type Input = Input;
    type Output = Output;

    fn open_input(&self, path: &Path, _prepopulate: bool) -> Result<(Input, Option<Arc<File>>)> {
        match self.inputs.get(path) {
            Some(input) => Ok((input.clone(), None)),
            None => bail!("`{}` is not an input of this link", path.display()),
        }
    }

    fn file_type(&self, path: &Path) -> Result<FileType> {
        if self.inputs.contains_key(path) {
            return Ok(FileType::File);
        }
        bail!("`{}` is not an input of this link", path.display())
    }

    fn canonicalize(&self, path: &Path) -> Result<PathBuf> {
        Ok(path.to_path_buf())
    }

    fn remove_file(&self, path: &Path) -> Result<()> {
        bail!("`{}` can't be removed: inputs are read-only", path.display())
    }

    fn rename_file(&self, path: &Path, _new_path: &Path) -> Result<()> {
        bail!("`{}` can't be renamed: inputs are read-only", path.display())
    }

    fn create_output(&self, _path: Arc<Path>, options: OutputOptions) -> Result<Output> {
        Ok(Output { bytes: vec![0; usize::try_from(options.size)?], slot: Arc::clone(&self.output) })
    }

    fn write_auxiliary(&self, path: &Path, _bytes: &[u8]) -> Result {
        bail!("`{}` can't be written: only the executable is an output", path.display())
    }
}
