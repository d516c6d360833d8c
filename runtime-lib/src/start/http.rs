//! The start of a command that sends HTTP requests: its grants, and what it needs to look names up.

use core::ffi::{c_char, c_uint, c_void};

use aot_abi::limits::Limit;
use aot_abi::symbols;

use super::{CStrings, Extras, StartError, main, network, run_guest};
use crate::policy::Policy;
use crate::policy::http::Grants;
use crate::program;
use crate::settings::Settings;
use crate::wasi::{Host, Resolver, open_embedded, set_http};

const _: () = assert!(crate::same_name("aot_main_http", symbols::MAIN_HTTP));
const _: () = assert!(crate::same_name("aot_main_http_embedded", symbols::MAIN_HTTP_EMBEDDED));

unsafe extern "C" {
    fn getrandom(buffer: *mut c_void, bytes: usize, flags: c_uint) -> isize;
}

/// The main function of a command with `wasi:http`.
///
/// # Safety
///
/// The C library's arguments of `main`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aot_main_http(_argc: i32, argv: *const *const c_char, envp: *const *const c_char) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { main(argv, envp, Extras { open_embedded: None, prepare: Some(prepare), run: run_guest }) }
}

/// The main function of a command with `wasi:http` and with files inside its executable.
///
/// # Safety
///
/// The C library's arguments of `main`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aot_main_http_embedded(
    _argc: i32,
    argv: *const *const c_char,
    envp: *const *const c_char,
) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { main(argv, envp, Extras { open_embedded: Some(open_embedded), prepare: Some(prepare), run: run_guest }) }
}

/// Gives the program its network, and what it may ask for.
pub fn prepare(host: &mut Host, policy: &Policy, settings: &Settings, environment: CStrings) -> Result<(), StartError> {
    // std refers to it weakly, for its hash tables, which alone takes nothing out of the C library; and the linker makes the
    // address of what isn't there one that isn't null.
    core::hint::black_box(getrandom as *const () as usize);
    let grants = Grants::read(program::policy(), environment)?;
    let ports: Vec<(u16, u16)> = grants.ports().collect();
    let resolver = if ports.is_empty() { Resolver::empty() } else { Resolver::read() };
    set_http(grants, resolver, policy.limits.get(Limit::HttpFields));
    network::give(host, policy, settings, environment, &ports)
}
