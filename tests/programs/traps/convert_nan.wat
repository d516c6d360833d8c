;; NaN to an integer.
(module $traps
  (memory (export "memory") 1 2)
  (func $convert (param f32) (result i32) (i32.trunc_f32_s (local.get 0)))
  (func (export "_start") (drop (call $convert (f32.const nan)))))
