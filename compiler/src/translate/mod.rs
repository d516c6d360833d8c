//! Stage 3 of 5: translate. Wasm becomes CLIF, one function per function of the plan.

pub mod names;
