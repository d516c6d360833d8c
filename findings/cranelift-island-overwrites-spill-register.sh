#!/bin/bash
# cranelift-codegen 0.135.8, riscv64 with Zca: a jump around an island can overwrite a register between two instructions that use it.
#
# Where branches would get beyond their range, `VCode::emit` puts an island of longer jumps after the instruction that it has just
# emitted, in the middle of a block too, with a jump around it. On riscv64 with compressed instructions that jump is `c.j`, which
# reaches 2 KiB. If the island can become longer than that (8 bytes for each pending branch, so from some 256 on), `emit_island` gives
# the jump a longer one too: `auipc t6, …; jalr zero, …(t6)`. t6 is the back end's spill register: it is never allocated, because
# sequences of instructions compute in it. One of them consists of several `MachInst`s, between which an island may come: the addition
# to the stack pointer at the end of a frame above 2,047 bytes (`lui t6; addi t6, t6; add sp, sp, t6`). Then the stack pointer is
# wrong, and the function returns to anywhere.
#
# Seen with both allocators at all levels of optimisation, in functions with large frames and hundreds of cases. On aarch64 the jump
# around reaches as far as any other branch; on x86_64 no branch gets a longer one. A remedy would be an uncompressed `jal` around
# islands, whose range is no less than that of any other branch with an island, or a single `MachInst` for that addition.
#
# This script runs none of it: it looks for the four places in the published source, and fails if they change.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/src"
touch "$folder/src/lib.rs"
cat > "$folder/Cargo.toml" <<'TOML'
[package]
name = "finding"
edition = "2021"
[dependencies]
cranelift-codegen = { version = "=0.135.8", default-features = false, features = ["std", "unwind", "riscv64"] }
TOML
cargo fetch --quiet --manifest-path "$folder/Cargo.toml"
source=$(cargo metadata --format-version 1 --manifest-path "$folder/Cargo.toml" |
    grep -o '"manifest_path":"[^"]*/cranelift-codegen-0.135.8/Cargo.toml"' | head -1 | cut -d'"' -f4)
source=${source%/Cargo.toml}/src

# Prints a passage of a file, up to the first line that ends it, without the spaces at line starts.
passage() {
    sed -n "/$2/,/$3/p" "$source/$1" | sed 's/^ *//'
}

# Compares a passage with what was seen.
check() {
    echo "$1"
    echo "$2" | sed 's/^/    /'
    [ "$2" = "$3" ]
}

check "An island comes after any instruction:" "$(passage machinst/vcode.rs 'let jump_around = ' 'buffer.bind_label')" \
"let jump_around = buffer.get_label();
I::gen_jump(jump_around).emit(buffer, &self.emit_info, state);
buffer.emit_island(0, state.ctrl_plane_mut());
buffer.bind_label(jump_around, state.ctrl_plane_mut());"
check "The jump around it is a short one:" "$(passage isa/riscv64/inst/emit.rs '^            Inst::Jal { label } => {' '}$' | grep RVCJump)" \
"sink.use_label_at_offset(*start_off, label, LabelUse::RVCJump);"
check "A longer jump takes the spill register:" "$(passage isa/riscv64/inst/mod.rs 'fn generate_veneer' '^    }' | grep 'let base')" \
"let base = writable_spilltmp_reg();"
check "Large frames end in several instructions with it:" "$(passage isa/riscv64/abi.rs 'fn gen_sp_reg_adjust' '^    }' | grep 'tmp')" \
"let tmp = writable_spilltmp_reg();
insts.extend(Inst::load_constant_u64(tmp, amount as i64 as u64));
rs2: tmp.to_reg(),"
