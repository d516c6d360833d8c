//! The files of a server's certificate and key, which can be read again after the sandbox was entered.
//!
//! The sandbox leaves no way to open a file, and what renews a certificate puts new files in the place of the old. So a
//! second process stays outside of the sandbox: it can do nothing but read the two paths and send what is there. It knows
//! nothing of clients and guests, and ends when this process does.

use std::os::fd::{AsFd, AsRawFd, OwnedFd};

use rustix::fs::{Mode, OFlags};
use rustix::io::{Errno, read, write};
use rustix::net::{AddressFamily, SendFlags, SocketFlags, SocketType, send, socketpair};

use aot_foundation::arch;
use aot_foundation::exit::exit;
use aot_foundation::message::SystemError;
use aot_host::policy::serve::Tls;
use aot_host::serve_error::ServeError;
use aot_host::start_error::StartError;

/// The most bytes of a file.
const FILE_BYTES_MAX: usize = 1 << 20;

const SYS_CLOSE_RANGE: usize = 436;
const SIGCHLD: usize = 17;
const SIG_SETMASK: usize = 2;

/// The way to the two files.
#[derive(Debug)]
pub struct TlsFiles {
    reader: OwnedFd,
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
            _ => Ok(TlsFiles { reader: own, tls }),
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
        read_exact(&self.reader, &mut head)?;
        let [a, b, c, d, e, f, g, h] = head;
        let (errno, bytes) = (i32::from_le_bytes([a, b, c, d]), u32::from_le_bytes([e, f, g, h]));
        if errno != 0 {
            return Err(Errno::from_raw_os_error(errno));
        }
        let mut contents = vec![0; bytes as usize];
        read_exact(&self.reader, &mut contents)?;
        Ok(contents)
    }
}

/// Sends both files whenever the other process asks, until that ends.
fn serve(socket: OwnedFd, tls: Tls) -> ! {
    leave_the_rest(&socket);
    while read_exact(&socket, &mut [0]).and_then(|()| answer(&socket, tls)).is_ok() {}
    exit(0)
}

/// Sends the files, each behind the number of an error and its length.
fn answer(socket: impl AsFd, tls: Tls) -> Result<(), Errno> {
    for path in [tls.certificates, tls.key] {
        let (errno, contents) = match contents(path) {
            Ok(contents) => (0, contents),
            Err(errno) => (errno.raw_os_error(), Vec::new()),
        };
        write_all(&socket, &[errno.to_le_bytes(), (contents.len() as u32).to_le_bytes()].concat())?;
        write_all(&socket, &contents)?;
    }
    Ok(())
}

/// Reads as many bytes as there is room for. The end before that is an error.
fn read_exact(file: impl AsFd, buffer: &mut [u8]) -> Result<(), Errno> {
    let mut filled = 0;
    while let Some(room) = buffer.get_mut(filled..).filter(|room| !room.is_empty()) {
        match read(&file, room) {
            Ok(0) => return Err(Errno::PIPE),
            Ok(bytes) => filled += bytes,
            Err(Errno::INTR) => {}
            Err(errno) => return Err(errno),
        }
    }
    Ok(())
}

fn write_all(file: impl AsFd, bytes: &[u8]) -> Result<(), Errno> {
    let mut rest = bytes;
    while !rest.is_empty() {
        match write(&file, rest) {
            Ok(written) => rest = rest.get(written..).unwrap_or_default(),
            Err(Errno::INTR) => {}
            Err(errno) => return Err(errno),
        }
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
    let file = rustix::fs::open(path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?;
    let mut contents = Vec::new();
    let mut piece = [0; 4096];
    loop {
        match read(&file, &mut piece) {
            Ok(0) => return Ok(contents),
            Ok(bytes) => contents.extend_from_slice(piece.get(..bytes).unwrap_or_default()),
            Err(Errno::INTR) => {}
            Err(errno) => return Err(errno),
        }
        if contents.len() > FILE_BYTES_MAX {
            return Err(Errno::FBIG);
        }
    }
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
            while read_exact(&other, &mut [0]).is_ok() {
                answer(&other, tls).unwrap();
            }
        });
        let files = TlsFiles { reader: own, tls };
        assert!(matches!(files.read(), Err(ServeError::File { errno: Errno::NOENT, .. })));
        std::fs::write(folder.join("certificate"), "one").unwrap();
        std::fs::write(folder.join("key"), vec![b'k'; 500_000]).unwrap();
        let first = files.read().unwrap();
        assert_eq!((&first.certificates[..], first.key.len()), (&b"one"[..], 500_000));
        std::fs::write(folder.join("new"), "two").unwrap();
        std::fs::rename(folder.join("new"), folder.join("certificate")).unwrap();
        assert_eq!(files.read().unwrap().certificates, b"two");
        std::fs::write(folder.join("key"), vec![b'k'; FILE_BYTES_MAX + 1]).unwrap();
        assert!(matches!(files.read(), Err(ServeError::File { errno: Errno::FBIG, .. })));
        drop(files);
        helper.join().unwrap();
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
