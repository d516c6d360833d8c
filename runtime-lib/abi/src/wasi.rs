//! The descriptions of the WASI interfaces: one table each, expanded by both sides.
//!
//! A table is a macro that passes its rows to the macro named by its caller. This crate makes the constant data below
//! from it ([`INTERFACES`], [`PREVIEW1`]); the runtime makes Rust types, their lifting and lowering, and the exported
//! symbols. Types in rows have Rust's syntax, and each side resolves their names for itself:
//!
//! ```text
//! module streams: "wasi:io/streams", "0.2" {
//!     use super::error::Error;                                  types of another interface
//!     resource InputStream = 3 "input-stream";                  its number among all resources
//!     enum Advice: u8 { Normal = "normal", … }                  the discriminant's type
//!     flags OpenFlags: u8 { CREATE = "create", … }
//!     record Datetime { seconds "seconds": u64, … }
//!     variant StreamError { LastOperationFailed(Own<Error>) = "last-operation-failed", Closed = "closed", }
//!     "[method]input-stream.read" => input_stream_read(self_: Borrow<InputStream>, len: u64)
//!         -> Result<List<u8>, StreamError>;
//! }
//! ```
//!
//! A function whose type is asynchronous has `async` behind its name, which gives it a second symbol: for callers that go on.
//!
//! A draft is satisfied by no other version; an interface with several versions of the same types has the further ones
//! after `or`, where `""` is no version at all.
//!
//! The host copies `List<T>` and `String`. `Bytes` (a `list<u8>`), `Slice<T>` (a `list<T>`) and `Text` (a `string`) are
//! the same types as parameters that the host only reads. Items come in the order above.

mod cli;
mod clocks;
mod config;
mod filesystem;
mod http;
mod io;
mod keyvalue;
mod logging;
mod p3;
mod preview1;
mod random;
mod sockets;

/// A type of the component model, structurally: only resources have names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// `bool`.
    Bool,
    /// `s8`.
    S8,
    /// `u8`.
    U8,
    /// `s16`.
    S16,
    /// `u16`.
    U16,
    /// `s32`.
    S32,
    /// `u32`.
    U32,
    /// `s64`.
    S64,
    /// `u64`.
    U64,
    /// `f32`.
    F32,
    /// `f64`.
    F64,
    /// `char`.
    Char,
    /// `string`.
    String,
    /// `list<T>`.
    List(&'static Type),
    /// `record`: the fields.
    Record(&'static [(&'static str, Type)]),
    /// `tuple<…>`.
    Tuple(&'static [Type]),
    /// `variant`: the cases with their payloads.
    Variant(&'static [(&'static str, Option<Type>)]),
    /// `enum`: the cases.
    Enum(&'static [&'static str]),
    /// `flags`: the labels.
    Flags(&'static [&'static str]),
    /// `option<T>`.
    Option(&'static Type),
    /// `result<T, E>`, where either payload can be absent.
    Result(Option<&'static Type>, Option<&'static Type>),
    /// `own<R>`.
    Own(Resource),
    /// `borrow<R>`.
    Borrow(Resource),
    /// `stream<T>`.
    Stream(&'static Type),
    /// `future<T>`.
    Future(&'static Type),
}

/// A resource type that the host implements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resource {
    /// The package and the interface that define it: `wasi:io/streams`.
    pub interface: &'static str,
    /// Name of the resource in its interface: `input-stream`.
    pub name: &'static str,
    /// Number among all resources of the host, from 1 and below [`RESOURCE_NUMBER_END`].
    pub number: u32,
}

/// End of the numbers of the host's resources; those of components are numbered from here on.
pub const RESOURCE_NUMBER_END: u32 = 0x1_0000;

/// A function that components import.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Function {
    /// Name in the interface: `[method]input-stream.read`, `[resource-drop]input-stream`, `poll`.
    pub name: &'static str,
    /// Symbol of the runtime's function: `wasi:io/streams@0.2#[method]input-stream.read`.
    pub symbol: &'static str,
    /// Symbol for callers that go on, if the function's type is asynchronous.
    pub async_symbol: Option<&'static str>,
    /// Parameters: a name for messages, and the type.
    pub params: &'static [(&'static str, Type)],
    /// Result, if there is one.
    pub result: Option<Type>,
}

/// An interface that the runtime implements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interface {
    /// Package and interface: `wasi:io/streams`.
    pub name: &'static str,
    /// Version digits that semver compares: `0.2`; or a whole version with a suffix, such as a draft's.
    pub version: &'static str,
    /// Further versions with the same types; an empty one stands for imports without a version.
    pub further_versions: &'static [&'static str],
    /// Resources that the interface defines.
    pub resources: &'static [Resource],
    /// Functions of the interface, with the drops of its resources first.
    pub functions: &'static [Function],
}

/// A type of core WebAssembly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CoreType {
    /// `i32`.
    I32,
    /// `i64`.
    I64,
}

/// A function of [`crate::symbols::PREVIEW1`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CoreFunction {
    /// Name of the function in the module: `fd_write`.
    pub name: &'static str,
    /// Symbol of the runtime's function: `wasi_snapshot_preview1#fd_write`.
    pub symbol: &'static str,
    /// Parameters of the core function.
    pub params: &'static [CoreType],
    /// Result of the core function, if there is one.
    pub result: Option<CoreType>,
}

/// All interfaces for components.
pub const INTERFACES: &[&Interface] = &[
    &interfaces::io::error::INTERFACE,
    &interfaces::io::poll::INTERFACE,
    &interfaces::io::streams::INTERFACE,
    &interfaces::clocks::wall_clock::INTERFACE,
    &interfaces::clocks::timezone::INTERFACE,
    &interfaces::clocks::monotonic_clock::INTERFACE,
    &interfaces::random::random::INTERFACE,
    &interfaces::random::insecure::INTERFACE,
    &interfaces::random::insecure_seed::INTERFACE,
    &interfaces::cli::environment::INTERFACE,
    &interfaces::cli::exit::INTERFACE,
    &interfaces::cli::stdin::INTERFACE,
    &interfaces::cli::stdout::INTERFACE,
    &interfaces::cli::stderr::INTERFACE,
    &interfaces::cli::terminal_input::INTERFACE,
    &interfaces::cli::terminal_output::INTERFACE,
    &interfaces::cli::terminal_stdin::INTERFACE,
    &interfaces::cli::terminal_stdout::INTERFACE,
    &interfaces::cli::terminal_stderr::INTERFACE,
    &interfaces::filesystem::types::INTERFACE,
    &interfaces::filesystem::preopens::INTERFACE,
    &interfaces::sockets::network::INTERFACE,
    &interfaces::sockets::instance_network::INTERFACE,
    &interfaces::sockets::ip_name_lookup::INTERFACE,
    &interfaces::sockets::tcp::INTERFACE,
    &interfaces::sockets::tcp_create_socket::INTERFACE,
    &interfaces::sockets::udp::INTERFACE,
    &interfaces::sockets::udp_create_socket::INTERFACE,
    &interfaces::config::store::INTERFACE,
    &interfaces::keyvalue::store::INTERFACE,
    &interfaces::keyvalue::atomics::INTERFACE,
    &interfaces::keyvalue::batch::INTERFACE,
    &interfaces::keyvalue_draft::store::INTERFACE,
    &interfaces::keyvalue_draft::atomics::INTERFACE,
    &interfaces::keyvalue_draft::batch::INTERFACE,
    &interfaces::logging::logging::INTERFACE,
    &interfaces::http::types::INTERFACE,
    &interfaces::http::outgoing_handler::INTERFACE,
    &interfaces_of_p3::clocks::monotonic_clock::INTERFACE,
    &interfaces_of_p3::clocks::system_clock::INTERFACE,
    &interfaces_of_p3::clocks::timezone::INTERFACE,
    &interfaces_of_p3::random::insecure_seed::INTERFACE,
    &interfaces_of_p3::cli::environment::INTERFACE,
    &interfaces_of_p3::cli::stdin::INTERFACE,
    &interfaces_of_p3::cli::stdout::INTERFACE,
    &interfaces_of_p3::cli::stderr::INTERFACE,
    &interfaces_of_p3::filesystem::types::INTERFACE,
    &interfaces_of_p3::filesystem::preopens::INTERFACE,
    &interfaces_of_p3::sockets::types::INTERFACE,
    &interfaces_of_p3::sockets::ip_name_lookup::INTERFACE,
    &interfaces_of_p3::http::types::INTERFACE,
    &interfaces_of_p3::http::client::INTERFACE,
];

/// All functions of preview1.
pub const PREVIEW1: &[CoreFunction] = core_functions::FUNCTIONS;

/// Names of preview1's error numbers, from 0, which is success.
pub const ERRNO: &[&str] = core_functions::Errno::CASES;

/// Expands the macro `$callback` once with each table of `wasi:http`, in a module of the package's name. Only the runtime
/// with HTTP implements the package.
#[macro_export]
macro_rules! wasi_http_interfaces {
    ($callback:ident) => {
        pub mod http {
            $crate::wasi_http_types! { $callback }
            $crate::wasi_http_outgoing_handler! { $callback }
        }
    };
}

/// Expands the macro `$callback` once with each table of the other packages, each in a module of its package's name.
#[macro_export]
macro_rules! wasi_interfaces {
    ($callback:ident) => {
        pub mod io {
            $crate::wasi_io_error! { $callback }
            $crate::wasi_io_poll! { $callback }
            $crate::wasi_io_streams! { $callback }
        }
        pub mod clocks {
            $crate::wasi_clocks_wall_clock! { $callback }
            $crate::wasi_clocks_timezone! { $callback }
            $crate::wasi_clocks_monotonic_clock! { $callback }
        }
        pub mod random {
            $crate::wasi_random_random! { $callback }
            $crate::wasi_random_insecure! { $callback }
            $crate::wasi_random_insecure_seed! { $callback }
        }
        pub mod cli {
            $crate::wasi_cli_environment! { $callback }
            $crate::wasi_cli_exit! { $callback }
            $crate::wasi_cli_stdin! { $callback }
            $crate::wasi_cli_stdout! { $callback }
            $crate::wasi_cli_stderr! { $callback }
            $crate::wasi_cli_terminal_input! { $callback }
            $crate::wasi_cli_terminal_output! { $callback }
            $crate::wasi_cli_terminal_stdin! { $callback }
            $crate::wasi_cli_terminal_stdout! { $callback }
            $crate::wasi_cli_terminal_stderr! { $callback }
        }
        pub mod filesystem {
            $crate::wasi_filesystem_types! { $callback }
            $crate::wasi_filesystem_preopens! { $callback }
        }
        pub mod sockets {
            $crate::wasi_sockets_network! { $callback }
            $crate::wasi_sockets_instance_network! { $callback }
            $crate::wasi_sockets_ip_name_lookup! { $callback }
            $crate::wasi_sockets_tcp! { $callback }
            $crate::wasi_sockets_tcp_create_socket! { $callback }
            $crate::wasi_sockets_udp! { $callback }
            $crate::wasi_sockets_udp_create_socket! { $callback }
        }
        pub mod config {
            $crate::wasi_config_store! { $callback }
        }
        pub mod keyvalue {
            $crate::wasi_keyvalue_store! { $callback }
            $crate::wasi_keyvalue_atomics! { $callback }
            $crate::wasi_keyvalue_batch! { $callback }
        }
        pub mod keyvalue_draft {
            $crate::wasi_keyvalue_draft_store! { $callback }
            $crate::wasi_keyvalue_draft_atomics! { $callback }
            $crate::wasi_keyvalue_draft_batch! { $callback }
        }
        pub mod logging {
            $crate::wasi_logging_logging! { $callback }
        }
    };
}

/// Expands the macro `$callback` once with each table of the interfaces that are other in 0.3 than in 0.2, each in a module of its
/// package's name. `sockets_of_p2` is the expansion of `wasi:sockets/network` of 0.2 beside it.
#[macro_export]
macro_rules! wasi_p3_interfaces {
    ($callback:ident) => {
        pub mod clocks {
            $crate::wasi_p3_clocks_monotonic_clock! { $callback }
            $crate::wasi_p3_clocks_system_clock! { $callback }
            $crate::wasi_p3_clocks_timezone! { $callback }
        }
        pub mod random {
            $crate::wasi_p3_random_insecure_seed! { $callback }
        }
        pub mod cli {
            $crate::wasi_p3_cli_types! { $callback }
            $crate::wasi_p3_cli_environment! { $callback }
            $crate::wasi_p3_cli_stdin! { $callback }
            $crate::wasi_p3_cli_stdout! { $callback }
            $crate::wasi_p3_cli_stderr! { $callback }
        }
        pub mod filesystem {
            $crate::wasi_p3_filesystem_types! { $callback }
            $crate::wasi_p3_filesystem_preopens! { $callback }
        }
        pub mod sockets {
            $crate::wasi_p3_sockets_types! { $callback }
            $crate::wasi_p3_sockets_ip_name_lookup! { $callback }
        }
    };
}

/// Expands the macro `$callback` once with each table of `wasi:http` of 0.3, in a module of the package's name. Only the runtime with HTTP
/// implements the package. `http_of_p2` is the expansion of the types of 0.2 beside it.
#[macro_export]
macro_rules! wasi_p3_http_interfaces {
    ($callback:ident) => {
        pub mod http {
            $crate::wasi_p3_http_types! { $callback }
            $crate::wasi_p3_http_client! { $callback }
        }
    };
}

/// Conversion of a row's type to constant data.
trait Describe {
    /// Type as constant data; never read for `()`.
    const TYPE: Type;
    /// Type as a payload or result; `None` for `()`.
    const PAYLOAD: Option<&'static Type> = Some(&Self::TYPE);
}

/// Conversion of a row's resource to constant data.
trait DescribeResource {
    /// Resource as constant data.
    const RESOURCE: Resource;
}

/// Names that rows use for types besides Rust's own.
#[allow(dead_code)]
mod names {
    use core::marker::PhantomData;
    pub struct Own<T>(PhantomData<T>);
    pub struct Borrow<T>(PhantomData<T>);
    pub struct List<T>(PhantomData<T>);
    pub struct Stream<T>(PhantomData<T>);
    pub struct Future<T>(PhantomData<T>);
    pub struct Slice<T>(PhantomData<T>);
    pub struct Bytes;
    pub struct String;
    pub struct Text;
    pub struct Pointer;
}

macro_rules! describe_types {
    ($($name:ty = $type:expr;)*) => { $(impl Describe for $name { const TYPE: Type = $type; })* };
}

describe_types! {
    bool = Type::Bool;
    i8 = Type::S8;
    u8 = Type::U8;
    i16 = Type::S16;
    u16 = Type::U16;
    i32 = Type::S32;
    u32 = Type::U32;
    i64 = Type::S64;
    u64 = Type::U64;
    f32 = Type::F32;
    f64 = Type::F64;
    char = Type::Char;
    names::String = Type::String;
    names::Text = Type::String;
    names::Bytes = Type::List(&Type::U8);
}

impl Describe for () {
    const TYPE: Type = Type::Tuple(&[]);
    const PAYLOAD: Option<&'static Type> = None;
}
macro_rules! describe_tuples {
    ($($($part:ident)*;)*) => { $(
        impl<$($part: Describe),*> Describe for ($($part),*) {
            const TYPE: Type = Type::Tuple(&[$($part::TYPE),*]);
        }
    )* };
}

describe_tuples! {
    A B;
    A B C;
    A B C D;
    A B C D E F G H;
}

impl<T: Describe> Describe for names::List<T> {
    const TYPE: Type = Type::List(&T::TYPE);
}
impl<T: Describe> Describe for names::Slice<T> {
    const TYPE: Type = Type::List(&T::TYPE);
}
impl<T: Describe> Describe for names::Stream<T> {
    const TYPE: Type = Type::Stream(&T::TYPE);
}
impl<T: Describe> Describe for names::Future<T> {
    const TYPE: Type = Type::Future(&T::TYPE);
}
impl<T: Describe> Describe for Option<T> {
    const TYPE: Type = Type::Option(&T::TYPE);
}
impl<T: Describe, E: Describe> Describe for Result<T, E> {
    const TYPE: Type = Type::Result(T::PAYLOAD, E::PAYLOAD);
}
impl<T: DescribeResource> Describe for names::Own<T> {
    const TYPE: Type = Type::Own(T::RESOURCE);
}
impl<T: DescribeResource> Describe for names::Borrow<T> {
    const TYPE: Type = Type::Borrow(T::RESOURCE);
}

/// Makes the constant data of one interface.
macro_rules! describe_interface {
    (
        module $package:ident::$module:ident: $interface:literal, $version:literal $(or $further:literal)* {
            $(use $($path:ident)::+;)*
            $(resource $resource:ident = $number:literal $resource_name:literal;)*
            $(enum $enum:ident: $enum_repr:ident { $($case:ident = $case_name:literal,)* })*
            $(flags $flags:ident: $flags_repr:ident { $($flag:ident = $flag_name:literal,)* })*
            $(record $record:ident { $($field:ident $field_name:literal: $field_type:ty,)* })*
            $(variant $variant:ident { $($choice:ident $(($payload:ty))? = $choice_name:literal,)* })*
            $($name:literal $($mode:ident)? => $function:ident($($param:ident: $param_type:ty),*) $(-> $result:ty)?;)*
        }
    ) => {
        #[allow(dead_code, unused_imports, unused_parens)]
        pub mod $module {
            use crate::wasi::names::*;
            use crate::wasi::{Describe, DescribeResource, Function, Interface, Resource, Type};
            $(use super::super::$($path)::+;)*

            $(
                pub enum $resource {}
                impl DescribeResource for $resource {
                    const RESOURCE: Resource =
                        Resource { interface: $interface, name: $resource_name, number: $number };
                }
            )*
            $(
                pub enum $enum {}
                impl Describe for $enum { const TYPE: Type = Type::Enum(&[$($case_name),*]); }
            )*
            $(
                pub enum $flags {}
                impl Describe for $flags { const TYPE: Type = Type::Flags(&[$($flag_name),*]); }
            )*
            $(
                pub enum $record {}
                impl Describe for $record {
                    const TYPE: Type = Type::Record(&[$(($field_name, <$field_type as Describe>::TYPE)),*]);
                }
            )*
            $(
                pub enum $variant {}
                impl Describe for $variant {
                    const TYPE: Type = Type::Variant(&[
                        $(($choice_name, crate::wasi::owned(<($($payload)?) as Describe>::PAYLOAD))),*
                    ]);
                }
            )*

            pub const INTERFACE: Interface = Interface {
                name: $interface,
                version: $version,
                further_versions: &[$($further),*],
                resources: &[$(<$resource as DescribeResource>::RESOURCE),*],
                functions: &[
                    $(Function {
                        name: concat!("[resource-drop]", $resource_name),
                        symbol: concat!($interface, "@", $version, "#[resource-drop]", $resource_name),
                        async_symbol: None,
                        params: &[("self", Type::Own(<$resource as DescribeResource>::RESOURCE))],
                        result: None,
                    },)*
                    $(Function {
                        name: $name,
                        symbol: concat!($interface, "@", $version, "#", $name),
                        async_symbol: crate::wasi::of_mode(
                            concat!($(stringify!($mode))?),
                            concat!($interface, "@", $version, "#[async-lower]", $name),
                        ),
                        params: &[$((stringify!($param), <$param_type as Describe>::TYPE)),*],
                        result: crate::wasi::owned(<($($result)?) as Describe>::PAYLOAD),
                    },)*
                ],
            };
        }
    };
}

/// Returns a payload by value.
const fn owned(payload: Option<&'static Type>) -> Option<Type> {
    match payload {
        Some(payload) => Some(*payload),
        None => None,
    }
}

/// Returns the symbol of an asynchronous function.
const fn of_mode(mode: &str, symbol: &'static str) -> Option<&'static str> {
    if mode.is_empty() { None } else { Some(symbol) }
}

mod interfaces {
    crate::wasi_interfaces! { describe_interface }
    crate::wasi_http_interfaces! { describe_interface }
}

/// The interfaces of [`p3`].
mod interfaces_of_p3 {
    use super::interfaces::http::types as http_of_p2;
    use super::interfaces::sockets::network as sockets_of_p2;

    crate::wasi_p3_interfaces! { describe_interface }
    crate::wasi_p3_http_interfaces! { describe_interface }
}

/// Conversion of a preview1 type to a core signature.
trait DescribeCore {
    /// Core parameters for a parameter of this type.
    const PARAMS: &'static [CoreType];
    /// Number of out-pointers for a successful result of this type.
    const POINTERS: usize = 1;
}

macro_rules! describe_core_types {
    ($($name:ty = $($core:ident)*;)*) => {
        $(impl DescribeCore for $name { const PARAMS: &'static [CoreType] = &[$(CoreType::$core),*]; })*
    };
}

describe_core_types! {
    u8 = I32;
    u16 = I32;
    u32 = I32;
    u64 = I64;
    i64 = I64;
    names::Pointer = I32;
    names::Text = I32 I32;
    names::Bytes = I32 I32;
}
impl<T> DescribeCore for names::Slice<T> {
    const PARAMS: &'static [CoreType] = &[CoreType::I32, CoreType::I32];
}
impl DescribeCore for () {
    const PARAMS: &'static [CoreType] = &[];
    const POINTERS: usize = 0;
}
impl<A, B> DescribeCore for (A, B) {
    const PARAMS: &'static [CoreType] = &[];
    const POINTERS: usize = 2;
}
impl<T: DescribeCore> DescribeCore for Result<T, core_functions::Errno> {
    const PARAMS: &'static [CoreType] = &[];
    const POINTERS: usize = T::POINTERS;
}

/// Makes the constant data of preview1.
macro_rules! describe_preview1 {
    (
        $(enum $enum:ident: $enum_repr:ident { $($case:ident = $case_name:literal,)* })*
        $(flags $flags:ident: $flags_repr:ident { $($flag:ident = $flag_name:literal,)* })*
        $(record $record:ident { $($field:ident $field_name:literal: $field_type:ty,)* })*
        $(variant $variant:ident { $($choice:ident $(($payload:ty))? = $choice_name:literal,)* })*
        $(fn $function:ident($($param:ident: $param_type:ty),*) $(-> $result:ty)?;)*
    ) => {
        #[allow(dead_code, unused_parens)]
        mod core_functions {
            use super::{CoreFunction, CoreType, DescribeCore, names::*};

            $(
                pub enum $enum {}
                impl $enum {
                    pub const CASES: &'static [&'static str] = &[$($case_name),*];
                }
                impl DescribeCore for $enum {
                    const PARAMS: &'static [CoreType] = <$enum_repr as DescribeCore>::PARAMS;
                }
            )*
            $(
                pub enum $flags {}
                impl DescribeCore for $flags {
                    const PARAMS: &'static [CoreType] = <$flags_repr as DescribeCore>::PARAMS;
                }
            )*
            $(pub enum $record {} impl DescribeCore for $record { const PARAMS: &'static [CoreType] = &[]; })*
            $(pub enum $variant {} impl DescribeCore for $variant { const PARAMS: &'static [CoreType] = &[]; })*

            pub const FUNCTIONS: &[CoreFunction] = &[$(CoreFunction {
                name: stringify!($function),
                symbol: concat!("wasi_snapshot_preview1#", stringify!($function)),
                params: {
                    const PARTS: &[&[CoreType]] = &[$(<$param_type as DescribeCore>::PARAMS),*];
                    const POINTERS: usize = <($($result)?) as DescribeCore>::POINTERS;
                    const COUNT: usize = super::count(PARTS) + POINTERS;
                    &super::concatenate::<COUNT>(PARTS)
                },
                result: super::core_result(stringify!($($result)?)),
            }),*];
        }
    };
}

/// Returns the total length of several lists.
const fn count(parts: &[&[CoreType]]) -> usize {
    let (mut part, mut count) = (0, 0);
    while part < parts.len() {
        count += parts[part].len();
        part += 1;
    }
    count
}

/// Concatenates lists of core types, and pads the result with pointers to length `N`.
const fn concatenate<const N: usize>(parts: &[&[CoreType]]) -> [CoreType; N] {
    let mut all = [CoreType::I32; N];
    let (mut part, mut next) = (0, 0);
    while part < parts.len() {
        let mut index = 0;
        while index < parts[part].len() {
            all[next] = parts[part][index];
            next += 1;
            index += 1;
        }
        part += 1;
    }
    all
}

/// Returns the core result of a row: an error number, or `None`.
const fn core_result(result: &str) -> Option<CoreType> {
    if result.is_empty() { None } else { Some(CoreType::I32) }
}

crate::wasi_preview1! { describe_preview1 }

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn resource_numbers_are_unique() {
        let resources: std::vec::Vec<_> = INTERFACES.iter().flat_map(|interface| interface.resources).collect();
        let numbers: BTreeSet<u32> = resources.iter().map(|resource| resource.number).collect();
        assert_eq!(numbers.len(), resources.len());
        assert!(numbers.iter().all(|number| (1..RESOURCE_NUMBER_END).contains(number)));
    }

    #[test]
    fn symbols_are_unique() {
        let functions = INTERFACES.iter().flat_map(|interface| interface.functions).map(|function| function.symbol);
        let symbols: std::vec::Vec<_> = functions.chain(PREVIEW1.iter().map(|function| function.symbol)).collect();
        assert_eq!(symbols.iter().collect::<BTreeSet<_>>().len(), symbols.len());
    }

    #[test]
    fn core_signatures() {
        let signature = |name| {
            let function = PREVIEW1.iter().find(|function| function.name == name).unwrap();
            (function.params, function.result)
        };
        use CoreType::{I32, I64};
        assert_eq!(signature("fd_write"), (&[I32, I32, I32, I32][..], Some(I32)));
        assert_eq!(signature("path_open"), (&[I32, I32, I32, I32, I32, I64, I64, I32, I32][..], Some(I32)));
        assert_eq!(signature("args_sizes_get"), (&[I32, I32][..], Some(I32)));
        assert_eq!(signature("proc_exit"), (&[I32][..], None));
        assert_eq!(signature("sched_yield"), (&[][..], Some(I32)));
    }
}
