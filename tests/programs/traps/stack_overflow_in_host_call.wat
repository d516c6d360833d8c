;; Recursion that calls the host at each level: the stack ends in a trampoline or in the guest, never in the host.
;; stderr: last line
;; component: as core
(module $traps
  (import "wasi_snapshot_preview1" "clock_time_get" (func $time (param i32 i64 i32) (result i32)))
  (memory (export "memory") 1 2)
  (func $down (param i32)
    (drop (call $time (i32.const 1) (i64.const 1) (i32.const 8)))
    (call $down (i32.add (local.get 0) (i32.const 1)))
    (i32.store (i32.const 0) (local.get 0)))
  (func (export "_start") (call $down (i32.const 0))))
