;; Start-up: a start function, and segments that can't be resolved because it may see them.
(module
  (import "wasi_snapshot_preview1" "sched_yield" (func $yield (result i32)))
  (memory (export "memory") 1)
  (table 4 funcref)
  (elem (i32.const 1) func $start)
  (data (i32.const 65530) "beyond the end")
  (func $start (drop (call $yield)))
  (start $start)
  (func (export "_start") (call_indirect (i32.load (i32.const 0)))))
