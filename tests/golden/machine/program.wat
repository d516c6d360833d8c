;; A whole program: a host function, memory with data, a loop, a table with an indirect call, a trap, a global.
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "\01\02\03\04")
  (global $calls (mut i32) (i32.const 0))
  (table 2 2 funcref)
  (elem (i32.const 0) func $sum $fail)
  (type $of_count (func (param i32) (result i32)))
  (func $sum (type $of_count) (local $total i32)
    (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
    (loop $next
      (local.set $total (i32.add (local.get $total) (i32.load8_u offset=15 (local.get 0))))
      (br_if $next (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
    (local.get $total))
  (func $fail (type $of_count) unreachable)
  (func (export "_start")
    (call $proc_exit (call_indirect (type $of_count) (i32.const 4) (global.get $calls)))))
