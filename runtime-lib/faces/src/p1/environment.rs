//! `args_*` and `environ_*`.

use super::Outcome;
use super::interface::Errno;
use aot_host::canonical::Pointer;
use aot_host::canonical::memory::{Memory, check_alignment};
use aot_host::host::Host;

/// The arguments: pointers to strings that end with zero, at the one address, and the strings at the other.
pub fn args_get(host: &mut Host, memory: Memory<'_>, argv: Pointer, argv_buf: Pointer) -> Outcome<()> {
    write_strings(memory, &mut host.arguments.iter(), argv, argv_buf)
}

/// The number of arguments, and the bytes of all.
pub fn args_sizes_get(host: &mut Host, _: Memory<'_>) -> Outcome<(u32, u32)> {
    sizes(&mut host.arguments.iter())
}

/// The environment variables, like the arguments.
pub fn environ_get(host: &mut Host, memory: Memory<'_>, environ: Pointer, environ_buf: Pointer) -> Outcome<()> {
    write_strings(memory, &mut host.environment.variables(host.grantee).into_iter(), environ, environ_buf)
}

/// The number of variables, and the bytes of all.
pub fn environ_sizes_get(host: &mut Host, _: Memory<'_>) -> Outcome<(u32, u32)> {
    sizes(&mut host.environment.variables(host.grantee).into_iter())
}

fn write_strings(
    memory: Memory<'_>,
    strings: &mut dyn Iterator<Item = &'static [u8]>,
    pointers: Pointer,
    buffer: Pointer,
) -> Outcome<()> {
    check_alignment(pointers.address(), 4)?;
    let (mut pointer, mut next) = (pointers.address(), buffer.address());
    for string in strings {
        memory.write(pointer, &(next as u32).to_le_bytes())?;
        memory.write(next, string)?;
        memory.write(next + string.len() as u64, &[0])?;
        pointer += 4;
        next += string.len() as u64 + 1;
    }
    Ok(())
}

fn sizes(strings: &mut dyn Iterator<Item = &'static [u8]>) -> Outcome<(u32, u32)> {
    let (mut count, mut bytes) = (0u32, 0u32);
    for string in strings {
        count = count.checked_add(1).ok_or(Errno::Overflow)?;
        let length = u32::try_from(string.len() + 1).map_err(|_| Errno::Overflow)?;
        bytes = bytes.checked_add(length).ok_or(Errno::Overflow)?;
    }
    Ok((count, bytes))
}
