;; i64.rem_s by zero.
(module $traps
  (memory (export "memory") 1 2)
  (func $remainder (param i64) (result i64) (i64.rem_s (i64.const 7) (local.get 0)))
  (func (export "_start") (drop (call $remainder (i64.const 0)))))
