//! Calls between components, and what is lent for their time (component model, "Borrow scopes").
//!
//! A call is a scope with a number. The calls that go on in one thread of a guest are a stack of such numbers; with asynchronous
//! components there are several threads, of which one runs.

use core::mem::replace;

use aot_abi::trap::Trap;

use crate::canonical::handles::HandleTable;

/// The number of a call, from 1.
pub type Scope = u32;

/// The calls that go on.
pub struct Calls {
    /// The calls of the thread that runs, outermost first.
    stack: Vec<Scope>,
    /// All calls by their numbers; those in the list of free numbers are none.
    calls: Vec<Call>,
    free: Vec<Scope>,
}

#[derive(Default)]
struct Call {
    /// Handles that the callee got for the time of the call and still has.
    borrows: u32,
    /// Handles whose resources are lent: component instance and handle.
    lenders: Vec<(u32, u32)>,
}

/// The most calls that go on; guests run out of stack long before.
const CALLS_MAX: usize = 1 << 20;

impl Calls {
    /// A list without calls.
    pub const fn new() -> Calls {
        Calls { stack: Vec::new(), calls: Vec::new(), free: Vec::new() }
    }

    /// Begins a call of a thread of its own: it is in no stack yet.
    pub fn open(&mut self) -> Result<Scope, Trap> {
        if let Some(scope) = self.free.pop() {
            return Ok(scope);
        }
        if self.calls.len() >= CALLS_MAX {
            return Err(Trap::LimitExceeded);
        }
        self.calls.push(Call::default());
        Ok(self.calls.len() as Scope)
    }

    /// Begins a call within the innermost one.
    pub fn enter(&mut self) -> Result<(), Trap> {
        let scope = self.open()?;
        self.stack.push(scope);
        Ok(())
    }

    /// Ends the innermost call; what it lent is its owners' again.
    pub fn exit(&mut self, handles: &mut [HandleTable]) -> Result<(), Trap> {
        let scope = self.stack.pop().ok_or(Trap::Other)?;
        self.check_returned(scope)?;
        self.close(scope, handles);
        Ok(())
    }

    /// Refuses to go on while the callee of a call has handles that it got for the call's time.
    pub fn check_returned(&mut self, scope: Scope) -> Result<(), Trap> {
        match self.call(scope) {
            Some(call) if call.borrows != 0 => Err(Trap::BorrowKept),
            _ => Ok(()),
        }
    }

    /// Gives back what a call lent.
    pub fn take_back(&mut self, scope: Scope, handles: &mut [HandleTable]) {
        let lenders = self.call(scope).map(|call| core::mem::take(&mut call.lenders)).unwrap_or_default();
        for (instance, handle) in lenders {
            if let Some(table) = handles.get_mut(instance as usize) {
                table.take_back(handle);
            }
        }
    }

    /// Ends a call that is in no stack; what it lent is its owners' again.
    pub fn close(&mut self, scope: Scope, handles: &mut [HandleTable]) {
        self.take_back(scope, handles);
        self.free.push(scope);
    }

    /// Exchanges the stack of the thread that runs.
    pub fn exchange(&mut self, stack: Vec<Scope>) -> Vec<Scope> {
        replace(&mut self.stack, stack)
    }

    /// The number of calls that go on in the thread that runs.
    pub fn depth(&self) -> usize {
        self.stack.len()
    }

    /// Forgets all calls of the thread that runs but this many: a trap ended the others.
    pub fn abandon(&mut self, depth: usize) {
        while self.stack.len() > depth {
            let Some(scope) = self.stack.pop() else { return };
            if let Some(call) = self.call(scope) {
                *call = Call::default();
            }
            self.free.push(scope);
        }
    }

    /// Notes that the innermost call lends the resource of an own handle.
    pub fn lent(&mut self, instance: u32, handle: u32) {
        if let Some(scope) = self.innermost() {
            self.lent_to(scope, instance, handle);
        }
    }

    /// Notes that the call with this number lends the resource of an own handle.
    pub fn lent_to(&mut self, scope: Scope, instance: u32, handle: u32) {
        if let Some(call) = self.call(scope) {
            call.lenders.push((instance, handle));
        }
    }

    /// Notes that the callee of the innermost call got a handle for its time; the call's number.
    pub fn borrowed(&mut self) -> Scope {
        let scope = self.innermost().unwrap_or_default();
        if let Some(call) = self.call(scope) {
            call.borrows += 1;
        }
        scope
    }

    /// Notes that a handle which the call with this number gave was dropped.
    pub fn returned(&mut self, scope: Scope) {
        if let Some(call) = self.call(scope) {
            call.borrows = call.borrows.saturating_sub(1);
        }
    }

    fn innermost(&self) -> Option<Scope> {
        self.stack.last().copied()
    }

    fn call(&mut self, scope: Scope) -> Option<&mut Call> {
        self.calls.get_mut((scope as usize).checked_sub(1)?)
    }
}
