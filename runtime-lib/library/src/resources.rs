//! The resources of the host program that an instance has. A guest's handle stands for a *representation* of 32 bits, which is
//! a place here; the host program knows the resource by a *value* of 64 bits.

use alloc::vec::Vec;

/// The resources of the host program that the guest of one instance owns or was lent.
#[derive(Default)]
pub struct Resources {
    entries: Vec<Entry>,
    /// The first free place and one; 0 for none.
    free: u32,
    /// The last place and one that was lent to the call that goes on; 0 for none.
    lent: u32,
    /// The last place and one that the guest gives away by what is being lifted; 0 for none.
    given: u32,
}

#[derive(Clone, Copy)]
struct Entry {
    value: u64,
    /// The number of the resource type; 0 in a free place.
    number: u32,
    is_own: bool,
    /// The next place and one of the same list.
    next: u32,
}

/// A resource of the host program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OfHost {
    /// The number of the resource type.
    pub number: u32,
    /// The value by which the host program knows it.
    pub value: u64,
}

impl Resources {
    /// Adds a resource, which the guest owns, or has until [`Resources::end_lent`]: the representation; none if there is no memory.
    pub fn add(&mut self, resource: OfHost, is_own: bool) -> Option<u32> {
        let OfHost { number, value } = resource;
        let next = if is_own { 0 } else { self.lent };
        let entry = Entry { value, number, is_own, next };
        let place = match self.free.checked_sub(1) {
            Some(place) => {
                let free = self.entries.get_mut(place as usize)?;
                self.free = core::mem::replace(free, entry).next;
                place
            }
            None => {
                self.entries.try_reserve(1).ok()?;
                self.entries.push(entry);
                self.entries.len() as u32 - 1
            }
        };
        if !is_own {
            self.lent = place + 1;
        }
        Some(place)
    }

    /// The value of a resource with this representation.
    pub fn value(&self, place: u32) -> Option<u64> {
        self.entries.get(place as usize).filter(|entry| entry.number != 0).map(|entry| entry.value)
    }

    /// Takes a resource from the guest that it owned: the value. It is noted until [`Resources::settle`] or
    /// [`Resources::restore`], because what it is a part of may not come about.
    pub fn give(&mut self, place: u32) -> Option<u64> {
        let entry = self.entries.get_mut(place as usize).filter(|entry| entry.number != 0)?;
        entry.next = self.given;
        self.given = place + 1;
        Some(entry.value)
    }

    /// Removes a resource: the value.
    pub fn remove(&mut self, place: u32) -> Option<OfHost> {
        let entry = self.entries.get_mut(place as usize).filter(|entry| entry.number != 0)?;
        let resource = OfHost { number: entry.number, value: entry.value };
        (entry.number, entry.next) = (0, self.free);
        self.free = place + 1;
        Some(resource)
    }

    /// Lets the host program have what the guest gave.
    pub fn settle(&mut self) {
        while self.take_given().is_some() {}
    }

    /// Leaves the guest what it gave.
    pub fn restore(&mut self) {
        self.given = 0;
    }

    /// Removes one of the resources that the guest gave.
    pub fn take_given(&mut self) -> Option<OfHost> {
        let place = self.given.checked_sub(1)?;
        self.given = self.entries.get(place as usize).map_or(0, |entry| entry.next);
        self.remove(place)
    }

    /// Ends what was lent to the call that ends.
    pub fn end_lent(&mut self) {
        while let Some(place) = self.lent.checked_sub(1) {
            self.lent = self.entries.get(place as usize).map_or(0, |entry| entry.next);
            self.remove(place);
        }
    }

    /// Removes one of the resources that the guest owns, when its instance ends.
    pub fn take_own(&mut self) -> Option<OfHost> {
        while let Some(entry) = self.entries.pop() {
            if entry.number != 0 && entry.is_own {
                return Some(OfHost { number: entry.number, value: entry.value });
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(value: u64) -> OfHost {
        OfHost { number: 3, value }
    }

    #[test]
    fn what_the_guest_gives_is_gone_or_stays() {
        let mut resources = Resources::default();
        let places: Vec<u32> = (10..13).map(|value| resources.add(of(value), true).unwrap()).collect();
        assert_eq!((resources.give(places[0]), resources.give(places[2])), (Some(10), Some(12)));
        resources.restore();
        assert_eq!(resources.value(places[0]), Some(10));
        assert_eq!(resources.give(places[1]), Some(11));
        resources.settle();
        assert_eq!((resources.value(places[1]), resources.give(places[1]), resources.give(9)), (None, None, None));
        assert_eq!(resources.add(of(20), true), Some(places[1]));
        assert_eq!(resources.give(places[1]), Some(20));
        assert_eq!((resources.take_given(), resources.take_given()), (Some(of(20)), None));
        assert_eq!([(); 3].map(|()| resources.take_own()), [Some(of(12)), Some(of(10)), None]);
    }

    #[test]
    fn what_is_lent_ends_with_the_call() {
        let mut resources = Resources::default();
        let own = resources.add(of(1), true).unwrap();
        let lent: Vec<u32> = (5..8).map(|value| resources.add(of(value), false).unwrap()).collect();
        assert_eq!(resources.value(lent[1]), Some(6));
        resources.end_lent();
        assert_eq!((resources.value(lent[1]), resources.value(own)), (None, Some(1)));
        assert_eq!((resources.take_own(), resources.take_own()), (Some(of(1)), None));
    }
}
