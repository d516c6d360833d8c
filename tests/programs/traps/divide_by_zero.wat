;; i32.div_s of something by zero, in a function without a name.
(module $traps
  (memory (export "memory") 1 2)
  (func (param i32) (result i32) (i32.div_s (i32.const 7) (local.get 0)))
  (func (export "_start") (drop (call 0 (i32.const 0)))))
