;; A float that is too large for an integer.
(module $traps
  (memory (export "memory") 1 2)
  (func $convert (param f64) (result i64) (i64.trunc_f64_u (local.get 0)))
  (func (export "_start") (drop (call $convert (f64.const 1e30)))))
