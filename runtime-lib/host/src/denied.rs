//! Denials by the policy, told on standard error where `AOT_LOG=denied` asks for it: what was tried, and which flag
//! would allow it, in a line.

use crate::grantee::Grantee;
use crate::policy::Directory;
use aot_foundation::message::Message;

/// The most bytes of a guest's path that are shown.
const PATH_BYTES_MAX: usize = 1000;

/// The setting that says if denials are told.
#[derive(Clone, Copy, Debug, Default)]
pub struct Denials {
    /// True if denials are told.
    pub are_told: bool,
}

impl Denials {
    /// A change below a directory that is read-only.
    #[cold]
    pub fn change(self, grant: &Directory, path: &str) {
        let Some(mut message) = self.begin() else { return };
        message.text("change ");
        show(&mut message, path.as_bytes());
        message.text(" in ");
        show(&mut message, grant.guest);
        if grant.host.is_empty() {
            message.text("; it is inside the executable, which no flag allows to change\n");
            return;
        }
        message.text("; ");
        flags_of(&mut message, grant.grantee).text("--dir ");
        show(&mut message, &[grant.host, b"::", grant.guest].concat());
        message.text(" without :ro, and no AOT_READ_ONLY_DIR, would allow it\n");
    }

    /// A path, or one of two, that leads out of its directory.
    #[cold]
    pub fn escape(self, grant: &Directory, paths: &[&str]) {
        let Some(mut message) = self.begin() else { return };
        message.text("leave ");
        show(&mut message, grant.guest);
        for (index, path) in paths.iter().enumerate() {
            message.text(if index == 0 { " by " } else { " or by " });
            show(&mut message, path.as_bytes());
        }
        flags_of(message.text("; "), grant.grantee);
        message.text("--dir with the directory that this leads to would allow it, by a path below that one\n");
    }

    /// A path that leads to where the kernel shows itself.
    #[cold]
    pub fn kernel(self, grant: &Directory, path: &str) {
        let Some(mut message) = self.begin() else { return };
        message.text("use ");
        show(&mut message, path.as_bytes());
        message.text(" in ");
        show(&mut message, grant.guest);
        message.text("; the kernel's own files are no part of a grant around them, and those of processes of none\n");
    }

    /// Tells of a path that an argument named, below no directory that a component was granted: as a denial, or as a hint if
    /// those aren't told. Settings `at_run_time` grant to the components without grants of their own.
    #[cold]
    pub fn forgotten(self, path: &[u8], directory: &[u8], grantee: Grantee, at_run_time: bool) {
        let mut message = Message::to_stderr();
        message.text(if self.are_told { "aot: denied: open " } else { "aot: hint: the program may not open " });
        show(&mut message, path);
        flags_of(message.text("; "), grantee);
        message.text(if at_run_time && grantee == Grantee::default() { "AOT_DIR with " } else { "--dir " });
        show(&mut message, directory);
        message.text(" would allow it\n");
    }

    /// Tells that a component of a program which failed has no directory.
    #[cold]
    pub fn no_directory(self, grantee: Grantee) {
        if let Some(mut message) = self.begin() {
            flags_of(message.text("open any path; "), grantee).text("--dir with its directory would allow it\n");
        }
    }

    /// The beginning of a line, if lines are asked for.
    pub fn begin(self) -> Option<Message> {
        if !self.are_told {
            return None;
        }
        let mut message = Message::to_stderr();
        message.text("aot: denied: ");
        Some(message)
    }
}

/// Adds the flag behind which the grants of a component stand that has its own.
pub fn flags_of(message: &mut Message, grantee: Grantee) -> &mut Message {
    if let Some(name) = grantee.name() {
        message.text("--for ");
        show(message, name);
        message.text(" ");
    }
    message
}

/// A name between quotation marks, cut off between two characters where it is long.
fn show(message: &mut Message, name: &[u8]) {
    let inside_character = |end: usize| name.get(end).is_some_and(|byte| byte & 0xc0 == 0x80);
    let mut end = name.len().min(PATH_BYTES_MAX);
    while end > 0 && inside_character(end) {
        end -= 1;
    }
    message.text("`").name(name.get(..end).unwrap_or_default()).text("`");
}
