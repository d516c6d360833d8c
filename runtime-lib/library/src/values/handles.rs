//! The host program's handles of resources that an instance owns.
//!
//! A handle is a number of 64 bits that no other handle of the process has: the lower half is its place, the upper half counts
//! all handles. So one of another instance, or one that was dropped, is no handle here.

use alloc::vec::Vec;
use core::sync::atomic::{AtomicU32, Ordering};

use super::heap::OutOfMemory;

/// The number of handles that the process ever had.
static SERIAL: AtomicU32 = AtomicU32::new(1);

/// The handles of an instance.
#[derive(Default)]
pub struct Handles {
    entries: Vec<Entry>,
    /// The first free place and one; 0 for none.
    free: u32,
    /// The last place and one that the current call uses; 0 for none.
    used: u32,
    /// The number of handles.
    count: u64,
}

#[derive(Clone, Copy)]
struct Entry {
    /// The handle, 0 for none.
    handle: u64,
    /// The number of the resource type.
    number: u32,
    representation: u32,
    /// The part that the current call has in it.
    state: State,
    /// The next free place, or the one used before, and one.
    next: u32,
}

/// The part that a call has in a handle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// No part.
    Kept,
    /// An argument that borrows.
    Lent,
    /// An argument that owns.
    Given,
    /// A part of the result.
    New,
}

impl Handles {
    /// The number of handles.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Lends a resource for the current call. False if there is none of this type, or the call has it already.
    pub fn lend(&mut self, number: u32, handle: u64) -> bool {
        match self.find(number, handle) {
            Some(Entry { state: State::Kept, .. }) => {
                self.mark(handle, State::Lent);
                true
            }
            Some(Entry { state, .. }) => *state == State::Lent,
            None => false,
        }
    }

    /// Gives a resource to the current call. False if there is none of this type, or the call has it already.
    pub fn give(&mut self, number: u32, handle: u64) -> bool {
        let is_kept = self.find(number, handle).is_some_and(|entry| entry.state == State::Kept);
        if is_kept {
            self.mark(handle, State::Given);
        }
        is_kept
    }

    /// The representation of a resource that the current call has.
    pub fn representation(&self, handle: u64) -> Option<u32> {
        let entry = self.entries.get(handle as u32 as usize)?;
        (entry.handle == handle && entry.state != State::Kept).then_some(entry.representation)
    }

    /// Makes room for one more handle.
    ///
    /// # Errors
    /// There is no memory.
    pub fn reserve(&mut self) -> Result<(), OutOfMemory> {
        if self.free != 0 {
            return Ok(());
        }
        self.entries.try_reserve(1).map_err(|_| OutOfMemory)
    }

    /// A new handle, for which there is room, in the result of the current call.
    pub fn add(&mut self, number: u32, representation: u32) -> u64 {
        let place = if self.free != 0 { self.free - 1 } else { self.entries.len() as u32 };
        let mut serial = SERIAL.fetch_add(1, Ordering::Relaxed);
        if serial == 0 {
            // Zeros are no handle, wherever they are.
            serial = SERIAL.fetch_add(1, Ordering::Relaxed);
        }
        let handle = u64::from(serial) << 32 | u64::from(place);
        let entry = Entry { handle, number, representation, state: State::Kept, next: 0 };
        match self.entries.get_mut(place as usize) {
            Some(free) => self.free = core::mem::replace(free, entry).next,
            None => self.entries.push(entry),
        }
        self.count += 1;
        self.mark(handle, State::New);
        handle
    }

    /// Takes a resource away: its representation.
    pub fn take(&mut self, number: u32, handle: u64) -> Option<u32> {
        let representation = self.find(number, handle)?.representation;
        self.remove(handle as u32);
        Some(representation)
    }

    /// Ends a call that was made: what it was given is gone.
    pub fn settle(&mut self) {
        while let Some((place, state)) = self.next_used() {
            if state == State::Given {
                self.remove(place);
            }
        }
    }

    /// Ends a call that wasn't made: everything is as before.
    pub fn restore(&mut self) {
        while self.next_used().is_some() {}
    }

    /// Takes one of the resources away that are in the result of a call, which nobody gets: the number of its type, and its
    /// representation. Ends what the call has of others.
    pub fn take_new(&mut self) -> Option<(u32, u32)> {
        while let Some((place, state)) = self.next_used() {
            let entry = *self.entries.get(place as usize)?;
            if state == State::Given || state == State::New {
                self.remove(place);
            }
            if state == State::New {
                return Some((entry.number, entry.representation));
            }
        }
        None
    }

    fn find(&mut self, number: u32, handle: u64) -> Option<&mut Entry> {
        let entry = self.entries.get_mut(handle as u32 as usize)?;
        (entry.handle == handle && handle != 0 && entry.number == number).then_some(entry)
    }

    /// Notes the part that the current call has in a handle.
    fn mark(&mut self, handle: u64, state: State) {
        let place = handle as u32;
        if let Some(entry) = self.entries.get_mut(place as usize) {
            (entry.state, entry.next) = (state, self.used);
            self.used = place + 1;
        }
    }

    /// Forgets the part that the current call has in a handle: its place, and the part.
    fn next_used(&mut self) -> Option<(u32, State)> {
        let place = self.used.checked_sub(1)?;
        let entry = self.entries.get_mut(place as usize)?;
        let state = core::mem::replace(&mut entry.state, State::Kept);
        self.used = entry.next;
        Some((place, state))
    }

    fn remove(&mut self, place: u32) {
        if let Some(entry) = self.entries.get_mut(place as usize) {
            (entry.handle, entry.next) = (0, self.free);
            self.free = place + 1;
            self.count -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handle_is_of_its_type_and_only_once() {
        let (mut handles, mut others) = (Handles::default(), Handles::default());
        handles.reserve().unwrap();
        let handle = handles.add(1, 70);
        others.reserve().unwrap();
        let other = others.add(1, 80);
        handles.settle();
        others.settle();
        assert!(
            !handles.lend(2, handle) && !handles.lend(1, other) && !handles.lend(1, 0) && !handles.give(1, u64::MAX)
        );
        assert_eq!(handles.take(2, handle), None);
        assert_eq!(handles.take(1, handle), Some(70));
        assert_eq!(handles.take(1, handle), None);
        let again = handles.add(1, 71);
        assert_eq!((again as u32, again == handle), (handle as u32, false));
        handles.settle();
        assert!(!handles.lend(1, handle) && handles.lend(1, again));
    }

    #[test]
    fn a_call_has_a_resource_in_one_way() {
        let mut handles = Handles::default();
        let all: Vec<u64> = (0..3)
            .map(|number| {
                handles.reserve().unwrap();
                handles.add(1, number)
            })
            .collect();
        handles.settle();
        assert!(handles.lend(1, all[0]) && handles.lend(1, all[0]) && !handles.give(1, all[0]));
        assert!(handles.give(1, all[1]) && !handles.give(1, all[1]) && !handles.lend(1, all[1]));
        assert_eq!([0, 1, 2].map(|index: usize| handles.representation(all[index])), [Some(0), Some(1), None]);
        handles.restore();
        assert!(handles.give(1, all[0]) && handles.give(1, all[1]));
        handles.settle();
        assert_eq!((handles.count(), handles.take(1, all[0]), handles.take(1, all[2])), (1, None, Some(2)));
    }

    #[test]
    fn what_nobody_gets_is_taken_away() {
        let mut handles = Handles::default();
        for number in 0..2 {
            handles.reserve().unwrap();
            handles.add(5, number);
        }
        assert_eq!((handles.take_new(), handles.take_new(), handles.take_new()), (Some((5, 1)), Some((5, 0)), None));
        assert_eq!(handles.count(), 0);
    }
}
