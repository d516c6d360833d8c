//! Owned values whose end only those programs link that have them.

use core::ops::{Deref, DerefMut};
use core::ptr::NonNull;

/// A value in a box. Who drops it calls what frees the value by its address, so that a program that never makes such a
/// value has no code for its end.
pub struct Kept<T> {
    value: NonNull<T>,
    free: unsafe fn(NonNull<T>),
}

impl<T> Kept<T> {
    /// Keeps a value.
    pub fn new(value: T) -> Kept<T> {
        // SAFETY: the only caller has what was leaked here.
        let free = |value: NonNull<T>| drop(unsafe { Box::from_raw(value.as_ptr()) });
        Kept { value: NonNull::from(Box::leak(Box::new(value))), free }
    }
}

impl<T> Deref for Kept<T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: the value is this one's alone.
        unsafe { self.value.as_ref() }
    }
}

impl<T> DerefMut for Kept<T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: as above.
        unsafe { self.value.as_mut() }
    }
}

impl<T> Drop for Kept<T> {
    fn drop(&mut self) {
        // SAFETY: nobody uses the value any more.
        unsafe { (self.free)(self.value) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::rc::Rc;

    #[test]
    fn what_is_kept_ends_once() {
        let value = Rc::new(5);
        let mut kept = Kept::new(value.clone());
        assert_eq!(**kept, 5);
        *kept = Rc::new(6);
        assert_eq!((**kept, Rc::strong_count(&value)), (6, 1));
        *kept = value.clone();
        drop(kept);
        assert_eq!(Rc::strong_count(&value), 1);
    }
}
