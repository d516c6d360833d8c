;; i64.div_u by zero.
(module $traps
  (memory (export "memory") 1 2)
  (func $divide (param i64) (result i64) (i64.div_u (i64.const 7) (local.get 0)))
  (func (export "_start") (drop (call $divide (i64.const 0)))))
