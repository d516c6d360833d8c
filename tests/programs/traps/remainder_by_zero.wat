;; i32.rem_u by zero.
(module $traps
  (memory (export "memory") 1 2)
  (func $remainder (param i32) (result i32) (i32.rem_u (i32.const 7) (local.get 0)))
  (func (export "_start") (drop (call $remainder (i32.const 0)))))
