//! Calls between components, and what is lent for their time (component model, "Borrow scopes").

use aot_abi::trap::Trap;

use crate::canonical::handles::HandleTable;

/// The calls that go on, outermost first. Their depths count from 1.
pub struct Calls {
    stack: Vec<Call>,
}

struct Call {
    /// Handles that the callee got for the time of the call and still has.
    borrows: u32,
    /// Handles whose resources are lent: component instance and handle.
    lenders: Vec<(u32, u32)>,
}

/// The deepest nesting of calls; guests run out of stack long before.
const DEPTH_MAX: usize = 1 << 20;

impl Calls {
    /// A list without calls.
    pub const fn new() -> Calls {
        Calls { stack: Vec::new() }
    }

    /// Begins a call.
    pub fn enter(&mut self) -> Result<(), Trap> {
        if self.stack.len() >= DEPTH_MAX {
            return Err(Trap::LimitExceeded);
        }
        self.stack.push(Call { borrows: 0, lenders: Vec::new() });
        Ok(())
    }

    /// Ends the innermost call; what it lent is its owners' again.
    pub fn exit(&mut self, handles: &mut [HandleTable]) -> Result<(), Trap> {
        let call = self.stack.pop().ok_or(Trap::Other)?;
        if call.borrows != 0 {
            return Err(Trap::BorrowKept);
        }
        for (instance, handle) in call.lenders {
            if let Some(table) = handles.get_mut(instance as usize) {
                table.take_back(handle);
            }
        }
        Ok(())
    }

    /// The number of calls that go on.
    pub fn depth(&self) -> usize {
        self.stack.len()
    }

    /// Forgets all calls but this many: a trap ended the others.
    pub fn abandon(&mut self, depth: usize) {
        self.stack.truncate(depth);
    }

    /// Notes that the innermost call lends the resource of an own handle.
    pub fn lent(&mut self, instance: u32, handle: u32) {
        if let Some(call) = self.stack.last_mut() {
            call.lenders.push((instance, handle));
        }
    }

    /// Notes that the callee of the innermost call got a handle for its time; the call's depth.
    pub fn borrowed(&mut self) -> u32 {
        if let Some(call) = self.stack.last_mut() {
            call.borrows += 1;
        }
        self.stack.len() as u32
    }

    /// Notes that a handle which the call of this depth gave was dropped.
    pub fn returned(&mut self, depth: u32) {
        if let Some(call) = (depth as usize).checked_sub(1).and_then(|index| self.stack.get_mut(index)) {
            call.borrows = call.borrows.saturating_sub(1);
        }
    }
}
