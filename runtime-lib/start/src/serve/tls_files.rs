//! The files of a server's certificate and key, which can be read again after the sandbox was entered.
//!
//! The sandbox leaves no way to open a file, and what renews a certificate puts new files in the place of the old. So a
//! second process stays outside of the sandbox: it can do nothing but read the two paths and send what is there. It knows
//! nothing of clients and guests, and ends when this process does.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use rustix::io::Errno;
use rustix::net::{AddressFamily, SendFlags, SocketFlags, SocketType, send, socketpair};

use aot_foundation::arch;
use aot_foundation::exit::exit;
use aot_foundation::message::SystemError;
use aot_host::policy::serve::Tls;
use aot_host::serve_error::ServeError;
use aot_host::start_error::StartError;

/// The most bytes of a file.
const FILE_BYTES_MAX: u64 = 1 << 20;

const SYS_CLOSE_RANGE: usize = 436;
const SIGCHLD: usize = 17;
const SIG_SETMASK: usize = 2;

/// The way to the two files.
#[derive(Debug)]
pub struct TlsFiles {
    reader: File,
    tls: Tls,
}

/// The contents of the two files, both in PEM.
#[derive(Debug)]
pub struct TlsContents {
    /// The certificates.
    pub certificates: Vec<u8>,
    /// The key.
    pub key: Vec<u8>,
}

impl TlsFiles {
    /// Starts the process that reads the files. This one has a single thread and isn't in the sandbox yet.
    ///
    /// # Errors
    /// The system has no room for another process.
    pub fn open(tls: Tls) -> Result<TlsFiles, StartError> {
        let doing = "start the process that reads the files for TLS";
        let pair = socketpair(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None);
        let (own, other) = pair.map_err(SystemError::of(doing))?;
        // SAFETY: as `fork`: this process has one thread, so that nothing is half done in the copy.
        match unsafe { arch::system_call(arch::SYS_CLONE, [SIGCHLD, 0, 0, 0]) }.map_err(SystemError::of(doing))? {
            0 => serve(other, tls),
            _ => Ok(TlsFiles { reader: File::from(own), tls }),
        }
    }

    /// Reads both files as they are now. It waits for the disk, and for nobody else.
    ///
    /// # Errors
    /// A file can't be read.
    pub fn read(&self) -> Result<TlsContents, ServeError> {
        let error = |path| move |errno| ServeError::File { path, errno };
        send(&self.reader, &[0], SendFlags::NOSIGNAL).map_err(error(self.tls.certificates))?;
        // Both are taken, so that the next time doesn't begin with what this one left.
        let (certificates, key) = (self.receive(), self.receive());
        Ok(TlsContents {
            certificates: certificates.map_err(error(self.tls.certificates))?,
            key: key.map_err(error(self.tls.key))?,
        })
    }

    fn receive(&self) -> Result<Vec<u8>, Errno> {
        let mut head = [0; 8];
        let mut reader = &self.reader;
        let lost = |_| Errno::PIPE;
        reader.read_exact(&mut head).map_err(lost)?;
        let [a, b, c, d, e, f, g, h] = head;
        let (errno, bytes) = (i32::from_le_bytes([a, b, c, d]), u32::from_le_bytes([e, f, g, h]));
        if errno != 0 {
            return Err(Errno::from_raw_os_error(errno));
        }
        let mut contents = vec![0; bytes as usize];
        reader.read_exact(&mut contents).map_err(lost)?;
        Ok(contents)
    }
}

/// Sends both files whenever the other process asks, until that ends.
fn serve(socket: OwnedFd, tls: Tls) -> ! {
    leave_the_rest(&socket);
    let mut socket = File::from(socket);
    let mut request = [0];
    while socket.read_exact(&mut request).and_then(|()| answer(&mut socket, tls)).is_ok() {}
    exit(0)
}

/// Sends the files, each behind the number of an error and its length.
fn answer(socket: &mut File, tls: Tls) -> std::io::Result<()> {
    for path in [tls.certificates, tls.key] {
        let (errno, contents) = match contents(path) {
            Ok(contents) => (0, contents),
            Err(errno) => (errno.raw_os_error(), Vec::new()),
        };
        socket.write_all(&[errno.to_le_bytes(), (contents.len() as u32).to_le_bytes()].concat())?;
        socket.write_all(&contents)?;
    }
    Ok(())
}

/// Closes all files but the socket, and ignores the signals that go to the server's whole group: the server decides when
/// it ends.
fn leave_the_rest(socket: &OwnedFd) {
    let all = u64::MAX;
    let own = socket.as_raw_fd() as usize;
    // SAFETY: the process uses no other file. The kernel reads the set of signals, which has as many bytes.
    unsafe {
        let set = [SIG_SETMASK, (&raw const all).addr(), 0, size_of::<u64>()];
        let _ = arch::system_call(arch::SYS_SIGPROCMASK, set);
        let _ = arch::system_call(SYS_CLOSE_RANGE, [0, own - 1, 0, 0]);
        let _ = arch::system_call(SYS_CLOSE_RANGE, [own + 1, u32::MAX as usize, 0, 0]);
    }
}

fn contents(path: &[u8]) -> Result<Vec<u8>, Errno> {
    let errno = |error: std::io::Error| Errno::from_io_error(&error).unwrap_or(Errno::IO);
    let file = File::open(Path::new(OsStr::from_bytes(path))).map_err(errno)?;
    let mut contents = Vec::new();
    file.take(FILE_BYTES_MAX + 1).read_to_end(&mut contents).map_err(errno)?;
    if contents.len() as u64 > FILE_BYTES_MAX { Err(Errno::FBIG) } else { Ok(contents) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_is_read_each_time() {
        let folder = std::env::temp_dir().join(format!("aot-tls-files-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = |name: &str| -> &'static [u8] { folder.join(name).into_os_string().into_encoded_bytes().leak() };
        let tls = Tls { certificates: path("certificate"), key: path("key") };
        let (own, other) = socketpair(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None).unwrap();
        // A thread stands for the process, which would be a copy of the test.
        let helper = std::thread::spawn(move || {
            let mut socket = File::from(other);
            let mut request = [0];
            while socket.read_exact(&mut request).is_ok() {
                answer(&mut socket, tls).unwrap();
            }
        });
        let files = TlsFiles { reader: File::from(own), tls };
        assert!(matches!(files.read(), Err(ServeError::File { errno: Errno::NOENT, .. })));
        std::fs::write(folder.join("certificate"), "one").unwrap();
        std::fs::write(folder.join("key"), vec![b'k'; 500_000]).unwrap();
        let first = files.read().unwrap();
        assert_eq!((&first.certificates[..], first.key.len()), (&b"one"[..], 500_000));
        std::fs::write(folder.join("new"), "two").unwrap();
        std::fs::rename(folder.join("new"), folder.join("certificate")).unwrap();
        assert_eq!(files.read().unwrap().certificates, b"two");
        std::fs::write(folder.join("key"), vec![b'k'; FILE_BYTES_MAX as usize + 1]).unwrap();
        assert!(matches!(files.read(), Err(ServeError::File { errno: Errno::FBIG, .. })));
        drop(files);
        helper.join().unwrap();
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
