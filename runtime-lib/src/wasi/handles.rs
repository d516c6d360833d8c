//! Handles and what they stand for.
//!
//! A guest knows a resource by its *handle*, an index into the table of its component instance; the host by its
//! *representation*, an index into [`Resources`]. A handle can move to another instance while the representation stays.
//! An object is boxed when it is made, so that only what a program can make has its code in the executable.

use core::any::Any;
use core::marker::PhantomData;

use aot_abi::trap::Trap;

/// A resource type of a row.
pub trait ResourceType: 'static {
    /// Its number in `aot_abi::wasi`.
    const NUMBER: u32;
    /// What the host keeps for each resource of this type.
    type Object: 'static;
}

/// An owned resource on its way between host and guest.
pub struct Own<T> {
    /// The representation.
    pub representation: u32,
    resource: PhantomData<T>,
}

/// A resource lent to the host for a call.
pub struct Borrow<T> {
    /// The representation.
    pub representation: u32,
    resource: PhantomData<T>,
}

impl<T> Clone for Borrow<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Borrow<T> {}

/// The table of a component instance. Handles count from 1.
pub struct HandleTable {
    entries: Vec<Entry>,
    /// The first free handle, 0 for none.
    free: u32,
    limit: u32,
}

#[derive(Clone, Copy)]
enum Entry {
    /// The next free handle, 0 for none.
    Free(u32),
    /// A resource that the instance owns: the number of its type, and its representation.
    Own { number: u32, representation: u32 },
}

/// The component model's own bound of a table.
const HANDLES_MAX: u64 = (1 << 28) - 1;

impl HandleTable {
    /// An empty table for `limit` handles at most.
    pub fn new(limit: u64) -> HandleTable {
        HandleTable { entries: Vec::new(), free: 0, limit: limit.min(HANDLES_MAX) as u32 }
    }

    /// A handle for an owned resource; none where the table is full.
    pub fn add_own<T: ResourceType>(&mut self, own: Own<T>) -> Option<u32> {
        let entry = Entry::Own { number: T::NUMBER, representation: own.representation };
        let handle = self.free;
        if let Some(slot) = self.slot(handle) {
            let Entry::Free(next) = core::mem::replace(slot, entry) else { return None };
            self.free = next;
            return Some(handle);
        }
        let count = self.entries.len() as u32;
        if count >= self.limit {
            return None;
        }
        self.entries.push(entry);
        Some(count + 1)
    }

    /// The resource that a handle lends.
    pub fn get_borrow<T: ResourceType>(&mut self, handle: u32) -> Result<Borrow<T>, Trap> {
        match self.slot(handle) {
            Some(&mut Entry::Own { number, representation }) if number == T::NUMBER => {
                Ok(Borrow { representation, resource: PhantomData })
            }
            _ => Err(Trap::UnknownHandle),
        }
    }

    /// Removes a handle and gives its resource to the host.
    pub fn take_own<T: ResourceType>(&mut self, handle: u32) -> Result<Own<T>, Trap> {
        let Borrow { representation, .. } = self.get_borrow::<T>(handle)?;
        let free = self.free;
        if let Some(slot) = self.slot(handle) {
            *slot = Entry::Free(free);
            self.free = handle;
        }
        Ok(Own { representation, resource: PhantomData })
    }

    fn slot(&mut self, handle: u32) -> Option<&mut Entry> {
        self.entries.get_mut((handle as usize).checked_sub(1)?)
    }
}

/// The objects that handles stand for.
pub struct Resources {
    slots: Vec<Slot>,
    /// The first free representation; `slots.len()` for none.
    free: u32,
}

struct Slot {
    object: Option<Box<dyn Any>>,
    /// The resource that this one depends on, and that therefore outlives it; in a free slot, the next one.
    parent: u32,
    /// How many depend on this one.
    children: u32,
}

/// [`Slot::parent`]: none.
const NO_PARENT: u32 = u32::MAX;

impl Resources {
    /// None yet.
    pub const fn new() -> Resources {
        Resources { slots: Vec::new(), free: 0 }
    }

    /// A new resource.
    pub fn add<T: ResourceType>(&mut self, object: T::Object) -> Own<T> {
        self.add_slot(Box::new(object), NO_PARENT)
    }

    /// A new resource that can't outlive `parent`.
    pub fn add_child<T: ResourceType, P>(&mut self, object: T::Object, parent: Borrow<P>) -> Own<T> {
        if let Some(slot) = self.slots.get_mut(parent.representation as usize) {
            slot.children += 1;
        }
        self.add_slot(Box::new(object), parent.representation)
    }

    fn add_slot<T>(&mut self, object: Box<dyn Any>, parent: u32) -> Own<T> {
        let representation = self.free;
        let slot = Slot { object: Some(object), parent, children: 0 };
        match self.slots.get_mut(representation as usize) {
            Some(free) => self.free = core::mem::replace(free, slot).parent,
            None => {
                self.slots.push(slot);
                self.free = self.slots.len() as u32;
            }
        }
        Own { representation, resource: PhantomData }
    }

    /// The object of a resource.
    pub fn get<T: ResourceType>(&mut self, borrow: Borrow<T>) -> Result<&mut T::Object, Trap> {
        self.object(borrow.representation)
    }

    /// The object with this representation, where it is an `O`.
    pub fn object<O: 'static>(&mut self, representation: u32) -> Result<&mut O, Trap> {
        let slot = self.slots.get_mut(representation as usize).ok_or(Trap::UnknownHandle)?;
        let object = slot.object.as_mut().ok_or(Trap::UnknownHandle)?;
        object.downcast_mut().ok_or(Trap::UnknownHandle)
    }

    /// Ends a resource. One that others depend on stays, which is a trap.
    pub fn remove<T>(&mut self, own: Own<T>) -> Result<(), Trap> {
        let free = self.free;
        let slot = self.slots.get_mut(own.representation as usize).ok_or(Trap::UnknownHandle)?;
        if slot.children != 0 {
            return Err(Trap::HandleLent);
        }
        let parent = core::mem::replace(&mut slot.parent, free);
        drop(slot.object.take());
        self.free = own.representation;
        if let Some(parent) = self.slots.get_mut(parent as usize) {
            parent.children -= 1;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    enum Number {}
    impl ResourceType for Number {
        const NUMBER: u32 = 1;
        type Object = u64;
    }
    enum Text {}
    impl ResourceType for Text {
        const NUMBER: u32 = 2;
        type Object = String;
    }

    #[test]
    fn handles_are_used_again_and_typed() {
        let (mut table, mut resources) = (HandleTable::new(2), Resources::new());
        let first = table.add_own(resources.add::<Number>(7)).unwrap();
        let second = table.add_own(resources.add::<Text>(String::from("x"))).unwrap();
        assert_eq!((first, second), (1, 2));
        assert!(table.add_own(resources.add::<Number>(8)).is_none());
        assert!(table.get_borrow::<Text>(first).is_err());
        assert!(table.get_borrow::<Text>(0).is_err());
        assert!(table.get_borrow::<Text>(3).is_err());
        assert!(table.get_borrow::<Text>(u32::MAX).is_err());
        let own = table.take_own::<Number>(first).unwrap();
        assert!(table.take_own::<Number>(first).is_err());
        resources.remove(own).unwrap();
        assert_eq!(table.add_own(resources.add::<Number>(9)), Some(first));
        let borrow = table.get_borrow::<Number>(first).unwrap();
        assert_eq!(resources.get(borrow), Ok(&mut 9));
    }

    #[test]
    fn a_parent_stays() {
        let (mut table, mut resources) = (HandleTable::new(10), Resources::new());
        let parent = table.add_own(resources.add::<Number>(7)).unwrap();
        let lent = table.get_borrow::<Number>(parent).unwrap();
        let child = resources.add_child::<Text, Number>(String::new(), lent);
        assert_eq!(resources.remove(table.take_own::<Number>(parent).unwrap()), Err(Trap::HandleLent));
        resources.remove(child).unwrap();
        resources.remove(Own::<Number> { representation: lent.representation, resource: PhantomData }).unwrap();
    }
}
