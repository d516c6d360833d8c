//! The ways to undo.

/// A way to undo, from the best to the one that works everywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// The kernel finds written pages by a request, since Linux 6.7.
    Scan,
    /// The kernel tells of each page.
    Read,
    /// All pages are given back, written or not.
    GiveBack,
    /// The slab is mapped anew: emulators don't give back all pages.
    MapAnew,
}

impl Method {
    /// All methods, the best first.
    pub const ALL: [Method; 4] = [Method::Scan, Method::Read, Method::GiveBack, Method::MapAnew];

    /// The best of those that are less good.
    pub fn next(self) -> Method {
        match self {
            Method::Scan => Method::Read,
            Method::Read => Method::GiveBack,
            Method::GiveBack | Method::MapAnew => Method::MapAnew,
        }
    }
}
