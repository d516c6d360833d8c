//! The Rust types of a row's named types, with their layout, lifting and lowering.

/// An enum: the Rust enum, by the number of the case.
#[doc(hidden)]
#[macro_export]
macro_rules! define_enum {
    ($name:ident: $repr:ident { $($case:ident = $case_name:literal,)* }) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr($repr)]
        pub enum $name { $($case,)* }

        impl Abi for $name {
            const SIZE: u32 = <$repr as Abi>::SIZE;
            const ALIGN: u32 = <$repr as Abi>::ALIGN;
            const FLAT: usize = 1;
        }
        impl $crate::concurrency::host::Cases for $name {
            const CASES: u32 = [$($case_name),*].len() as u32;
        }
        impl $name {
            fn of_number(number: u32) -> Result<$name, Trap> {
                const CASES: &[$name] = &[$($name::$case),*];
                CASES.get(number as usize).copied().ok_or(Trap::InvalidValue)
            }
        }
        impl Lift for $name {
            type Value<'a> = $name;
            fn lift<'a>(_: &mut Lifting<'a, '_>, words: &mut Words<'_>) -> Result<$name, Trap> {
                $name::of_number(words.next() as u32)
            }
            fn load<'a>(cx: &mut Lifting<'a, '_>, address: u64) -> Result<$name, Trap> {
                $name::of_number(<$repr>::load(cx, address)?.into())
            }
        }
        impl Lower for $name {
            fn lower(self, _: &mut Lowering) -> Result<u64, Trap> {
                Ok(self as u64)
            }
            fn store(self, cx: &mut Lowering, address: u64) -> Result<(), Trap> {
                (self as $repr).store(cx, address)
            }
        }
    };
}

/// Flags: a set of bits, the first label lowest.
#[doc(hidden)]
#[macro_export]
macro_rules! define_flags {
    ($name:ident: $repr:ident { $($flag:ident = $flag_name:literal,)* }) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct $name($repr);

        const _: () = {
            #[allow(non_camel_case_types, clippy::upper_case_acronyms)]
            enum Number { $($flag),* }

            #[allow(dead_code)]
            impl $name {
                $(pub const $flag: $name = $name(1 << Number::$flag as u32);)*
            }
        };

        #[allow(dead_code)]
        impl $name {
            const ALL: $repr = 0 $(| $name::$flag.0)*;

            /// The empty set.
            pub const fn empty() -> $name {
                $name(0)
            }

            /// Returns true if all of `flags` are in the set.
            pub const fn contains(self, flags: $name) -> bool {
                self.0 & flags.0 == flags.0
            }

            /// The union of both sets.
            pub const fn union(self, flags: $name) -> $name {
                $name(self.0 | flags.0)
            }

            /// The set without `flags`.
            pub const fn without(self, flags: $name) -> $name {
                $name(self.0 & !flags.0)
            }

            /// `flags` if `condition` holds, otherwise none.
            pub const fn when(flags: $name, condition: bool) -> $name {
                if condition { flags } else { $name(0) }
            }

            /// The set of all flags.
            pub const fn all() -> $name {
                $name(Self::ALL)
            }

            fn of_bits(cx: &Lifting<'_, '_>, bits: $repr) -> Result<$name, Trap> {
                if cx.strict && bits & !Self::ALL != 0 {
                    return Err(Trap::InvalidValue);
                }
                Ok($name(bits & Self::ALL))
            }
        }
        impl Abi for $name {
            const SIZE: u32 = <$repr as Abi>::SIZE;
            const ALIGN: u32 = <$repr as Abi>::ALIGN;
            const FLAT: usize = 1;
        }
        impl Lift for $name {
            type Value<'a> = $name;
            fn lift<'a>(cx: &mut Lifting<'a, '_>, words: &mut Words<'_>) -> Result<$name, Trap> {
                $name::of_bits(cx, words.next() as $repr)
            }
            fn load<'a>(cx: &mut Lifting<'a, '_>, address: u64) -> Result<$name, Trap> {
                let bits = <$repr>::load(cx, address)?;
                $name::of_bits(cx, bits)
            }
        }
        impl Lower for $name {
            fn lower(self, _: &mut Lowering) -> Result<u64, Trap> {
                Ok(self.0 as u64)
            }
            fn store(self, cx: &mut Lowering, address: u64) -> Result<(), Trap> {
                self.0.store(cx, address)
            }
        }
    };
}

/// A record: the Rust struct.
#[doc(hidden)]
#[macro_export]
macro_rules! define_record {
    ($name:ident { $($field:ident $field_name:literal: $field_type:ty,)* }) => {
        #[allow(dead_code)]
        pub struct $name { $(pub $field: $field_type,)* }

        impl_abi! { [] $name, record_layout(&[$(layout::<$field_type>()),*]) }
        impl $crate::concurrency::host::Passed for $name {
            const ELEMENT: $crate::concurrency::host::Element = $crate::concurrency::host::Element::Record([$($field_name),*].len() as u32);
        }
        impl Lift for $name {
            type Value<'a> = $name;
            fn lift<'a>(cx: &mut Lifting<'a, '_>, words: &mut Words<'_>) -> Result<$name, Trap> {
                Ok($name { $($field: <$field_type>::lift(cx, words)?,)* })
            }
            fn load<'a>(cx: &mut Lifting<'a, '_>, address: u64) -> Result<$name, Trap> {
                let mut fields = Fields::at(address);
                Ok($name { $($field: <$field_type>::load(cx, fields.next::<$field_type>())?,)* })
            }
        }
        impl Lower for $name {
            fn lower(self, _: &mut Lowering) -> Result<u64, Trap> {
                Err(Trap::Other)
            }
            fn store(self, cx: &mut Lowering, address: u64) -> Result<(), Trap> {
                let mut fields = Fields::at(address);
                $(self.$field.store(cx, fields.next::<$field_type>())?;)*
                Ok(())
            }
        }
    };
}

/// A variant: the Rust enum, by the number of the case.
#[doc(hidden)]
#[macro_export]
macro_rules! define_variant {
    ($name:ident { $($choice:ident $(($payload:ty))? = $choice_name:literal,)* }) => {
        #[allow(dead_code)]
        pub enum $name { $($choice $(($payload))?,)* }

        impl $crate::concurrency::host::Cases for $name {
            const CASES: u32 = [$($choice_name),*].len() as u32;
        }

        #[allow(unused_parens, irrefutable_let_patterns)]
        const _: () = {
            enum Number { $($choice),* }
            const PAYLOADS: &[Layout] = &[$(layout::<($($payload)?)>()),*];

            impl_abi! { [] $name, variant_layout(PAYLOADS) }
            impl Lift for $name {
                type Value<'a> = $name;
                fn lift<'a>(_cx: &mut Lifting<'a, '_>, words: &mut Words<'_>) -> Result<$name, Trap> {
                    let mut words = words.take(Self::FLAT);
                    let number = words.next() as u32;
                    $(if number == Number::$choice as u32 {
                        return Ok($name::$choice $((<$payload>::lift(_cx, &mut words)?))?);
                    })*
                    Err(Trap::InvalidValue)
                }
                fn load<'a>(cx: &mut Lifting<'a, '_>, address: u64) -> Result<$name, Trap> {
                    let number = u32::from(u8::load(cx, address)?);
                    let _payload = address + payload_offset(PAYLOADS);
                    $(if number == Number::$choice as u32 {
                        return Ok($name::$choice $((<$payload>::load(cx, _payload)?))?);
                    })*
                    Err(Trap::InvalidValue)
                }
            }
            impl Lower for $name {
                fn lower(self, _: &mut Lowering) -> Result<u64, Trap> {
                    Err(Trap::Other)
                }
                fn store(self, cx: &mut Lowering, address: u64) -> Result<(), Trap> {
                    $(variant_case! { self, cx, address, PAYLOADS, $name::$choice, Number::$choice $(, $payload)? })*
                    Ok(())
                }
            }
        };
    };
}

/// Stores a variant, if it is this case.
#[doc(hidden)]
#[macro_export]
macro_rules! variant_case {
    ($self:ident, $cx:ident, $address:ident, $payloads:ident, $name:ident::$choice:ident, $number:expr) => {
        if let $name::$choice = $self {
            return ($number as u8).store($cx, $address);
        }
    };
    (
        $self:ident, $cx:ident, $address:ident, $payloads:ident, $name:ident::$choice:ident, $number:expr, $payload:ty
    ) => {
        if let $name::$choice(payload) = $self {
            ($number as u8).store($cx, $address)?;
            return <$payload as Lower>::store(payload, $cx, $address + payload_offset($payloads));
        }
    };
}
