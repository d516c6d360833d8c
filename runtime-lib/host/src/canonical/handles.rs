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
    /// The number of the resource type in `aot_abi::wasi`.
    const NUMBER: u32;
    /// The object that the host keeps for each resource of this type.
    type Object: 'static;
}

/// An owned resource on its way between host and guest.
pub struct Own<T> {
    /// The representation, an index into [`Resources`].
    pub representation: u32,
    resource: PhantomData<T>,
}

/// A resource lent to the host for a call.
pub struct Borrow<T> {
    /// The representation, an index into [`Resources`].
    pub representation: u32,
    /// The handle by which the caller lends it.
    handle: u32,
    resource: PhantomData<T>,
}

/// A resource that its owner can't give away: the number of its type, and the handle.
#[derive(Clone, Copy)]
pub struct Lent {
    number: u32,
    handle: u32,
}

impl<T> Own<T> {
    /// The resource with this representation, which has one owner.
    pub fn new(representation: u32) -> Own<T> {
        Own { representation, resource: PhantomData }
    }
}
impl<T> Borrow<T> {
    /// The resource with this representation, which the caller lends by a handle.
    pub fn new(representation: u32, handle: u32) -> Borrow<T> {
        Borrow { representation, handle, resource: PhantomData }
    }
}
impl<T: ResourceType> Borrow<T> {
    /// The resource, for a function that goes on when its caller does.
    pub fn lent(self) -> Lent {
        Lent { number: T::NUMBER, handle: self.handle }
    }
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
    /// A resource that the instance owns: the number of its type, its representation, and how often it is lent.
    Own { number: u32, representation: u32, lends: u32 },
    /// A resource lent to the instance by the call with this number.
    Borrow { number: u32, representation: u32, call: u32 },
    /// Something else than a resource: its kind, and its index among all of its kind.
    Object { kind: ObjectKind, index: u32 },
}

/// The kinds of what handles stand for besides resources (canonical ABI, "Table State").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ObjectKind {
    /// A set of waitables.
    WaitableSet,
    /// A call that its caller doesn't wait for.
    Subtask,
    /// An end of a stream or future.
    End,
}

/// The right that a dropped handle gave: to the resource itself, or to one that was lent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dropped {
    /// The owner of the resource with this representation, which has to end.
    Owner(u32),
    /// Lent by the call with this number.
    Borrow {
        /// The number of the call that lent the resource.
        call: u32,
    },
}

/// The component model's own bound of a table.
const HANDLES_MAX: u64 = (1 << 28) - 1;

impl HandleTable {
    /// An empty table for `limit` handles at most.
    pub fn new(limit: u64) -> HandleTable {
        HandleTable { entries: Vec::new(), free: 0, limit: limit.min(HANDLES_MAX) as u32 }
    }

    /// A handle for an owned resource of the type with this number; none if the table is full.
    pub fn add(&mut self, number: u32, representation: u32) -> Option<u32> {
        self.add_entry(Entry::Own { number, representation, lends: 0 })
    }

    /// A handle for a resource that the call with this number lends.
    pub fn add_borrow(&mut self, number: u32, representation: u32, call: u32) -> Option<u32> {
        self.add_entry(Entry::Borrow { number, representation, call })
    }

    /// A handle for something else than a resource; none if the table is full.
    pub fn add_object(&mut self, kind: ObjectKind, index: u32) -> Option<u32> {
        self.add_entry(Entry::Object { kind, index })
    }

    /// The thing that a handle stands for, which is no resource.
    pub fn object(&mut self, handle: u32) -> Result<(ObjectKind, u32), Trap> {
        match self.slot(handle) {
            Some(Entry::Object { kind, index }) => Ok((*kind, *index)),
            None | Some(Entry::Free(_)) => Err(Trap::UnknownHandle),
            Some(_) => Err(Trap::HandleOfOtherType),
        }
    }

    /// Removes a handle for something else than a resource.
    pub fn remove_object(&mut self, handle: u32) {
        if matches!(self.slot(handle), Some(Entry::Object { .. })) {
            self.free(handle);
        }
    }

    fn add_entry(&mut self, entry: Entry) -> Option<u32> {
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

    /// The representation of the resource that a handle stands for, which is of the type with this number.
    pub fn get(&mut self, number: u32, handle: u32) -> Result<u32, Trap> {
        match *self.live(number, handle)? {
            Entry::Own { representation, .. } | Entry::Borrow { representation, .. } => Ok(representation),
            Entry::Free(_) => Err(Trap::UnknownHandle),
            Entry::Object { .. } => Err(Trap::HandleOfOtherType),
        }
    }

    /// Removes a handle that owns a resource of the type with this number: its representation.
    pub fn take(&mut self, number: u32, handle: u32) -> Result<u32, Trap> {
        match *self.live(number, handle)? {
            Entry::Own { representation, lends: 0, .. } => {
                self.free(handle);
                Ok(representation)
            }
            Entry::Own { .. } => Err(Trap::HandleLent),
            Entry::Borrow { .. } => Err(Trap::HandleBorrowed),
            Entry::Free(_) => Err(Trap::UnknownHandle),
            Entry::Object { .. } => Err(Trap::HandleOfOtherType),
        }
    }

    /// Drops a handle of the type with this number.
    pub fn drop(&mut self, number: u32, handle: u32) -> Result<Dropped, Trap> {
        match *self.live(number, handle)? {
            Entry::Borrow { call, .. } => {
                self.free(handle);
                Ok(Dropped::Borrow { call })
            }
            _ => self.take(number, handle).map(Dropped::Owner),
        }
    }

    /// Lends the resource of a handle: its representation, and whether the handle owns it, so that it has to be told of
    /// the end by [`HandleTable::take_back`].
    pub fn lend(&mut self, number: u32, handle: u32) -> Result<(u32, bool), Trap> {
        let representation = self.get(number, handle)?;
        match self.slot(handle) {
            Some(Entry::Own { lends, .. }) => {
                *lends = lends.checked_add(1).ok_or(Trap::LimitExceeded)?;
                Ok((representation, true))
            }
            _ => Ok((representation, false)),
        }
    }

    /// Lends a resource to a function that goes on: its handle, which has to be told of the end if it owns the resource.
    pub fn lend_on(&mut self, lent: Lent) -> Result<Option<u32>, Trap> {
        let (_, owner) = self.lend(lent.number, lent.handle)?;
        Ok(owner.then_some(lent.handle))
    }

    /// Ends what [`HandleTable::lend`] began.
    pub fn take_back(&mut self, handle: u32) {
        if let Some(Entry::Own { lends, .. }) = self.slot(handle) {
            *lends = lends.saturating_sub(1);
        }
    }

    fn free(&mut self, handle: u32) {
        let free = self.free;
        if let Some(slot) = self.slot(handle) {
            *slot = Entry::Free(free);
            self.free = handle;
        }
    }

    /// The entry of a handle that exists and is of the type with this number: never a free one.
    fn live(&mut self, number: u32, handle: u32) -> Result<&mut Entry, Trap> {
        match self.slot(handle) {
            None | Some(Entry::Free(_)) => Err(Trap::UnknownHandle),
            Some(Entry::Own { number: present, .. } | Entry::Borrow { number: present, .. }) if *present != number => {
                Err(Trap::HandleOfOtherType)
            }
            Some(Entry::Object { .. }) => Err(Trap::HandleOfOtherType),
            Some(entry) => Ok(entry),
        }
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
    /// The number of resources that depend on this one.
    children: u32,
}

/// [`Slot::parent`]: none.
const NO_PARENT: u32 = u32::MAX;

impl Resources {
    /// A table without resources.
    pub const fn new() -> Resources {
        Resources { slots: Vec::new(), free: 0 }
    }

    /// A new resource.
    pub fn add<T: ResourceType>(&mut self, object: T::Object) -> Own<T> {
        Own::new(self.add_boxed(Box::new(object), NO_PARENT))
    }

    /// A new resource that can't outlive `parent`.
    pub fn add_child<T: ResourceType, P>(&mut self, object: T::Object, parent: Borrow<P>) -> Own<T> {
        if let Some(slot) = self.slots.get_mut(parent.representation as usize) {
            slot.children += 1;
        }
        Own::new(self.add_boxed(Box::new(object), parent.representation))
    }

    #[inline(never)]
    fn add_boxed(&mut self, object: Box<dyn Any>, parent: u32) -> u32 {
        let representation = self.free;
        let slot = Slot { object: Some(object), parent, children: 0 };
        match self.slots.get_mut(representation as usize) {
            Some(free) => self.free = core::mem::replace(free, slot).parent,
            None => {
                self.slots.push(slot);
                self.free = self.slots.len() as u32;
            }
        }
        representation
    }

    /// The object of a resource.
    pub fn get<T: ResourceType>(&mut self, borrow: Borrow<T>) -> Result<&mut T::Object, Trap> {
        self.object(borrow.representation)
    }

    /// The object with this representation, if it is an `O`.
    pub fn object<O: 'static>(&mut self, representation: u32) -> Result<&mut O, Trap> {
        let slot = self.slots.get_mut(representation as usize).ok_or(Trap::UnknownHandle)?;
        let object = slot.object.as_mut().ok_or(Trap::UnknownHandle)?;
        object.downcast_mut().ok_or(Trap::UnknownHandle)
    }

    /// An object of any type as a new resource, of a type whose resources are of several.
    #[cfg(any(feature = "http", test))]
    pub fn add_any<T: ResourceType>(&mut self, object: impl Any) -> Own<T> {
        Own::new(self.add_boxed(Box::new(object), NO_PARENT))
    }

    /// Ends a resource: its object. One that others depend on stays, which is a trap.
    pub fn take<T: ResourceType>(&mut self, own: Own<T>) -> Result<T::Object, Trap> {
        let slot = self.slots.get_mut(own.representation as usize).ok_or(Trap::UnknownHandle)?;
        if slot.children != 0 {
            return Err(Trap::HandleLent);
        }
        let object = slot.object.take().and_then(|object| object.downcast().ok()).ok_or(Trap::UnknownHandle)?;
        self.remove(own.representation)?;
        Ok(*object)
    }

    /// Ends a resource. One that others depend on stays, which is a trap.
    pub fn remove(&mut self, representation: u32) -> Result<(), Trap> {
        let free = self.free;
        let slot = self.slots.get_mut(representation as usize).ok_or(Trap::UnknownHandle)?;
        if slot.children != 0 {
            return Err(Trap::HandleLent);
        }
        let parent = core::mem::replace(&mut slot.parent, free);
        drop(slot.object.take());
        self.free = representation;
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
        let mut table = HandleTable::new(2);
        assert_eq!(table.add(1, 70), Some(1));
        assert_eq!(table.add(2, 80), Some(2));
        assert_eq!(table.add(1, 90), None);
        assert_eq!(table.get(1, 1), Ok(70));
        for (number, handle, trap) in [
            (2, 1, Trap::HandleOfOtherType),
            (1, 0, Trap::UnknownHandle),
            (1, 3, Trap::UnknownHandle),
            (1, u32::MAX, Trap::UnknownHandle),
        ] {
            assert_eq!(table.get(number, handle), Err(trap));
            assert_eq!(table.take(number, handle), Err(trap));
            assert_eq!(table.drop(number, handle), Err(trap));
            assert_eq!(table.lend(number, handle), Err(trap));
        }
        assert_eq!(table.take(1, 1), Ok(70));
        assert_eq!(table.take(1, 1), Err(Trap::UnknownHandle));
        assert_eq!(table.add(1, 91), Some(1));
        assert_eq!(table.add(1, 92), None);
    }

    #[test]
    fn lent_resources_stay_with_their_owner() {
        let mut owner = HandleTable::new(9);
        let handle = owner.add(1, 70).unwrap();
        assert_eq!(owner.lend(1, handle), Ok((70, true)));
        assert_eq!(owner.take(1, handle), Err(Trap::HandleLent));
        assert_eq!(owner.drop(1, handle), Err(Trap::HandleLent));
        let mut borrower = HandleTable::new(9);
        let borrow = borrower.add_borrow(1, 70, 3).unwrap();
        assert_eq!(borrower.get(1, borrow), Ok(70));
        assert_eq!(borrower.take(1, borrow), Err(Trap::HandleBorrowed));
        assert_eq!(borrower.take(2, borrow), Err(Trap::HandleOfOtherType));
        assert_eq!(borrower.lend(1, borrow), Ok((70, false)));
        assert_eq!(borrower.drop(1, borrow), Ok(Dropped::Borrow { call: 3 }));
        assert_eq!(borrower.get(1, borrow), Err(Trap::UnknownHandle));
        owner.take_back(handle);
        assert_eq!(owner.drop(1, handle), Ok(Dropped::Owner(70)));
    }

    #[test]
    fn representations_are_used_again_and_typed() {
        let mut resources = Resources::new();
        let number = resources.add::<Number>(7).representation;
        let text = resources.add::<Text>(String::from("x")).representation;
        assert_eq!(resources.get(Borrow::<Number>::new(number, 0)), Ok(&mut 7));
        assert!(resources.get(Borrow::<Number>::new(text, 0)).is_err());
        assert!(resources.get(Borrow::<Number>::new(99, 0)).is_err());
        resources.remove(number).unwrap();
        assert!(resources.get(Borrow::<Number>::new(number, 0)).is_err());
        assert_eq!(resources.add::<Text>(String::new()).representation, number);
    }

    #[test]
    fn an_object_is_taken_once_and_its_representation_is_used_again() {
        let mut resources = Resources::new();
        let parent = resources.add::<Number>(7).representation;
        let child = resources.add_child::<Text, Number>(String::from("x"), Borrow::new(parent, 0)).representation;
        assert_eq!(resources.take(Own::<Number>::new(parent)), Err(Trap::HandleLent));
        assert_eq!(resources.take(Own::<Text>::new(child)), Ok(String::from("x")));
        assert_eq!(resources.take(Own::<Text>::new(child)), Err(Trap::UnknownHandle));
        assert_eq!(resources.add::<Number>(8).representation, child);
        assert_eq!(resources.take(Own::<Number>::new(parent)), Ok(7));
    }

    #[test]
    fn objects_go_with_their_resources() {
        enum Counted {}
        impl ResourceType for Counted {
            const NUMBER: u32 = 3;
            type Object = std::rc::Rc<()>;
        }
        let (mut resources, object) = (Resources::new(), std::rc::Rc::new(()));
        let resource = resources.add::<Counted>(object.clone()).representation;
        resources.remove(resource).unwrap();
        assert_eq!(std::rc::Rc::strong_count(&object), 1);
    }

    #[test]
    fn a_parent_stays() {
        let mut resources = Resources::new();
        let parent = resources.add::<Number>(7).representation;
        let child = resources.add_child::<Text, Number>(String::new(), Borrow::new(parent, 0)).representation;
        assert_eq!(resources.remove(parent), Err(Trap::HandleLent));
        resources.remove(child).unwrap();
        resources.remove(parent).unwrap();
    }
}
