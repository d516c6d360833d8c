//! The one layer of an image: an archive that holds the executable, compressed.

use anyhow::Result;
use flate2::{Compression, GzBuilder};
use std::io::Write as _;
use tar::{EntryType, Header};

/// Mode of the executable in the image.
const EXECUTABLE: u32 = 0o755;
/// Mode of other files.
const FILE: u32 = 0o644;

/// The layer.
pub struct Layer {
    /// The archive, as one unpacks it.
    pub archive: Vec<u8>,
    /// The archive, compressed.
    pub compressed: Vec<u8>,
}

/// Makes the layer that holds an executable at `/program`.
pub fn layer(program: &str, executable: &[u8], time: u64) -> Result<Layer> {
    let mut archive = Archive::new(time);
    archive.add(program, EXECUTABLE, executable)?;
    let archive = archive.finish()?;
    let mut compressor = GzBuilder::new().write(Vec::new(), Compression::best());
    compressor.write_all(&archive)?;
    Ok(Layer { compressed: compressor.finish()?, archive })
}

/// An archive that is the same for the same files.
pub struct Archive {
    builder: tar::Builder<Vec<u8>>,
    time: u64,
}

impl Archive {
    /// An archive without files, whose files get this time, in seconds since 1970.
    pub fn new(time: u64) -> Self {
        Self { builder: tar::Builder::new(Vec::new()), time }
    }

    /// Adds a file that everybody may read.
    pub fn add_file(&mut self, path: &str, bytes: &[u8]) -> Result<()> {
        self.add(path, FILE, bytes)
    }

    fn add(&mut self, path: &str, mode: u32, bytes: &[u8]) -> Result<()> {
        let mut header = Header::new_ustar();
        header.set_entry_type(EntryType::Regular);
        header.set_size(bytes.len() as u64);
        header.set_mode(mode);
        header.set_mtime(self.time);
        header.set_uid(0);
        header.set_gid(0);
        Ok(self.builder.append_data(&mut header, path, bytes)?)
    }

    /// Returns the archive's bytes.
    pub fn finish(self) -> Result<Vec<u8>> {
        Ok(self.builder.into_inner()?)
    }
}
