;; Trampolines: to host functions with and without results, to a missing import, into the main export.
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (import "env" "unknown" (func $unknown (param f32 f64) (result f64)))
  (memory (export "memory") 1)
  (func (export "_start")
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
    (drop (call $unknown (f32.const 0) (f64.const 0)))
    (call $proc_exit (i32.const 3))))
