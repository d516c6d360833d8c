//! The proposals of WebAssembly that add operators, and which of them this version compiles.

use wasmparser::WasmFeatures;

macro_rules! proposals {
    (
        compiled { $($compiled:ident $compiled_feature:ident,)* }
        refused { $($refused:ident $refused_feature:ident,)* }
    ) => {
        /// A proposal that adds operators, by the parser's name for it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[expect(non_camel_case_types, reason = "the parser's list of operators has these names")]
        #[expect(missing_docs, reason = "the names are those of WebAssembly's proposals")]
        pub enum Proposal {
            $($compiled,)*
            $($refused,)*
        }

        impl Proposal {
            /// True if operators of the proposal are compiled. A module that uses others is refused.
            pub fn is_compiled(self) -> bool {
                match self {
                    $(Self::$compiled => true,)*
                    $(Self::$refused => false,)*
                }
            }

            /// The name in messages.
            pub fn name(self) -> String {
                let name = match self {
                    $(Self::$compiled => stringify!($compiled),)*
                    $(Self::$refused => stringify!($refused),)*
                };
                name.replace('_', "-")
            }
        }

        /// All proposals, in the order of their numbers.
        const ALL: &[Proposal] = &[$(Proposal::$compiled,)* $(Proposal::$refused,)*];

        /// The validator's names of the proposals that are compiled.
        const COMPILED: &[WasmFeatures] = &[$(WasmFeatures::$compiled_feature),*];

        /// The validator's names of the proposals that are refused.
        #[cfg(test)]
        const REFUSED: &[WasmFeatures] = &[$(WasmFeatures::$refused_feature),*];
    };
}

proposals! {
    compiled {
        mvp MVP,
        sign_extension SIGN_EXTENSION,
        saturating_float_to_int SATURATING_FLOAT_TO_INT,
        bulk_memory BULK_MEMORY,
        reference_types REFERENCE_TYPES,
        tail_call TAIL_CALL,
        function_references FUNCTION_REFERENCES,
        exceptions EXCEPTIONS,
        legacy_exceptions LEGACY_EXCEPTIONS,
        gc GC,
        simd SIMD,
        relaxed_simd RELAXED_SIMD,
        wide_arithmetic WIDE_ARITHMETIC,
        threads THREADS,
    }
    refused {
        custom_descriptors CUSTOM_DESCRIPTORS,
        memory_control MEMORY_CONTROL,
        shared_everything_threads SHARED_EVERYTHING_THREADS,
        stack_switching STACK_SWITCHING,
    }
}

/// The proposals without operators that are compiled.
const WITHOUT_OPERATORS: [WasmFeatures; 12] = [
    WasmFeatures::MUTABLE_GLOBAL,
    WasmFeatures::MULTI_VALUE,
    WasmFeatures::MULTI_MEMORY,
    WasmFeatures::EXTENDED_CONST,
    WasmFeatures::CUSTOM_PAGE_SIZES,
    WasmFeatures::MEMORY64,
    WasmFeatures::COMPONENT_MODEL,
    WasmFeatures::CM_IMPLEMENTS,
    WasmFeatures::CM64,
    WasmFeatures::CM_ASYNC,
    WasmFeatures::CM_ASYNC_STACKFUL,
    WasmFeatures::CM_MORE_ASYNC_BUILTINS,
];

/// Everything that this version compiles; the validator refuses anything else with the name of its proposal.
pub fn features() -> WasmFeatures {
    COMPILED.iter().chain(&WITHOUT_OPERATORS).copied().collect()
}

impl Proposal {
    /// True if the proposal's operators are those of fixed-width vectors.
    pub fn is_of_vectors(self) -> bool {
        matches!(self, Self::simd | Self::relaxed_simd)
    }
}

/// A set of proposals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Proposals(u32);

impl Proposals {
    /// Adds a proposal.
    pub fn insert(&mut self, proposal: Proposal) {
        self.0 |= 1 << proposal as u32;
    }

    /// Adds those of another set.
    pub fn extend(&mut self, others: Self) {
        self.0 |= others.0;
    }

    /// The proposals in their order.
    pub fn iter(self) -> impl Iterator<Item = Proposal> {
        ALL.iter().copied().filter(move |proposal| self.0 & 1 << *proposal as u32 != 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_proposal_is_off() {
        for &feature in REFUSED {
            assert!(!features().intersects(feature), "{feature:?}");
        }
    }

    #[test]
    fn a_set_has_what_was_added() {
        let mut set = Proposals::default();
        set.insert(Proposal::gc);
        set.extend(Proposals::default());
        assert_eq!(set.iter().collect::<Vec<_>>(), [Proposal::gc]);
        ALL.iter().for_each(|proposal| set.insert(*proposal));
        assert!(set.iter().eq(ALL.iter().copied()) && ALL.len() <= 32);
    }

    #[test]
    fn names_are_those_of_the_proposals() {
        assert_eq!(Proposal::relaxed_simd.name(), "relaxed-simd");
        assert!(Proposal::gc.is_compiled() && !Proposal::stack_switching.is_compiled());
    }
}
