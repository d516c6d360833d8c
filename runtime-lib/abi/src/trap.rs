//! Trap codes: one table for the compiler's trap sites, the signal handler and messages.

macro_rules! traps {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $message:literal;)*) => {
        /// Reason for which a guest stopped. Codes fit a byte; 0 is no trap.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        pub enum Trap { $($(#[$doc])* $name = $code,)* }

        impl Trap {
            /// All traps, sorted by code.
            pub const ALL: &'static [Trap] = &[$(Trap::$name),*];

            /// Messages of all traps in the order of [`Trap::ALL`], with a line feed behind each. It is one string, because a table
            /// would need a relocation for each.
            pub const MESSAGES: &'static str = concat!($($message, "\n"),*);

            /// Returns the trap with this code.
            pub const fn from_code(code: u8) -> Option<Trap> {
                match code { $($code => Some(Trap::$name),)* _ => None }
            }

            /// Returns the message for users; if the specification's tests name the trap, it is their text.
            pub const fn message(self) -> &'static str {
                match self { $(Trap::$name => $message,)* }
            }
        }
    };
}

traps! {
    /// The guest's stack is used up.
    StackOverflow = 1, "call stack exhausted";
    /// A load, store or bulk operation past the end of a linear memory.
    MemoryOutOfBounds = 2, "out of bounds memory access";
    /// An atomic access that is not aligned.
    HeapMisaligned = 3, "unaligned atomic";
    /// A table access or bulk operation past the end of a table.
    TableOutOfBounds = 4, "undefined element: out of bounds table access";
    /// `call_indirect` past the end of a table.
    UndefinedElement = 5, "undefined element: out of bounds table access";
    /// `call_indirect` through a null element.
    UninitializedElement = 6, "uninitialized element";
    /// `call_indirect` to a function of another type.
    BadSignature = 7, "indirect call type mismatch";
    /// A signed division whose quotient is not representable, or a conversion out of range.
    IntegerOverflow = 8, "integer overflow";
    /// A division or remainder by zero.
    IntegerDivideByZero = 9, "integer divide by zero";
    /// A conversion of NaN to an integer.
    BadConversionToInteger = 10, "invalid conversion to integer";
    /// `unreachable`.
    Unreachable = 11, "wasm `unreachable` instruction executed";
    /// A null reference was used as an object, function or exception.
    NullReference = 12, "null reference";
    /// `array` access past its end.
    ArrayOutOfBounds = 13, "out of bounds array access";
    /// A failed cast.
    CastFailure = 14, "cast failure";
    /// An exception that no handler in its component caught.
    UncaughtException = 15, "uncaught exception propagated out of component";
    /// A component instance was entered while its state forbids it.
    CannotEnterComponent = 16, "cannot enter component instance";
    /// A component instance was left while its state forbids it.
    CannotLeaveComponent = 17, "cannot leave component instance";
    /// An import of a `wasi:` package that this version lacks.
    MissingImport = 18, "unimplemented import called";
    /// An import that `--stub-unknown-imports` replaced.
    UnknownImport = 19, "unknown import called";
    /// A pointer or length that a guest passed lies outside its memory.
    PointerOutOfBounds = 20, "pointer out of bounds of memory";
    /// A pointer that a guest passed is not aligned.
    PointerUnaligned = 21, "pointer not aligned";
    /// A string that is not in its encoding.
    InvalidString = 22, "invalid string encoding";
    /// A char, enum, variant or flags value that its type doesn't have.
    InvalidValue = 23, "invalid value for its type";
    /// A handle that isn't in the table, or was dropped.
    UnknownHandle = 24, "unknown handle index";
    /// A resource was dropped or transferred while it was lent out.
    HandleLent = 25, "cannot remove owned resource while borrowed";
    /// A limit of the policy was exceeded: handles, host bytes of one call, and so on.
    LimitExceeded = 26, "limit exceeded";
    /// An allocation by the guest's `realloc` that lies outside its memory.
    ReallocFailed = 27, "realloc returned a pointer out of bounds of memory";
    /// The guest ended the program; no message is shown. [`crate::slab::SlabHeader::exit_status`] has the status.
    Exit = 28, "exit";
    /// A char that is no Unicode scalar value, passed between components.
    InvalidChar = 30, "invalid `char` bit pattern";
    /// A string that a component passes to another lies outside its memory.
    StringOutOfBounds = 31, "string content out-of-bounds";
    /// A list that a component passes to another lies outside its memory.
    ListOutOfBounds = 32, "list content out-of-bounds";
    /// A variant with a case that its type doesn't have, passed between components.
    InvalidDiscriminant = 33, "invalid variant discriminant";
    /// A call between components returned while its callee still had resources that were lent to it.
    BorrowKept = 34, "borrow handles still remain at the end of the call";
    /// A handle of another resource type than the required one.
    HandleOfOtherType = 35, "handle index used with the wrong type";
    /// A component passed ownership of a resource that it had only borrowed.
    HandleBorrowed = 36, "cannot lift own resource from a borrow";
    /// The guest didn't end within its time.
    TimeExceeded = 37, "time limit exceeded";
    /// A structure or array with more bytes than references can reach.
    AllocationTooLarge = 40, "allocation size too large";
    /// A wait in a memory that isn't shared.
    ExpectedShared = 41, "expected shared memory";
    /// A use of a task, stream or future that the component model forbids; the message says which.
    Concurrency = 42, "invalid use of a task, stream or future";
    /// A task whose function isn't asynchronous had to wait before it returned.
    CannotBlock = 43, "cannot block a synchronous task before returning";
    /// A trap instruction of a fused adapter or of generated code with no better name.
    Other = 29, "unreachable adapter code executed";
}
