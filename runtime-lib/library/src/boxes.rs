//! Allocations that may fail: a host program goes on when memory runs out.

use alloc::alloc::alloc;
use alloc::boxed::Box;
use core::alloc::Layout;

/// A value in memory of its own; none if there is no memory.
pub fn try_box<T>(value: T) -> Option<Box<T>> {
    const { assert!(size_of::<T>() != 0) };
    // SAFETY: the layout has a size. The box gets memory of its layout, which is written first.
    unsafe {
        let place = alloc(Layout::new::<T>()).cast::<T>();
        if place.is_null() {
            return None;
        }
        place.write(value);
        Some(Box::from_raw(place))
    }
}
