;; The least i64 divided by minus one.
(module $traps
  (memory (export "memory") 1 2)
  (func $divide (param i64 i64) (result i64) (i64.div_s (local.get 0) (local.get 1)))
  (func (export "_start") (drop (call $divide (i64.const 0x8000000000000000) (i64.const -1)))))
