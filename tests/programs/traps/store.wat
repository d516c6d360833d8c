;; A store beyond memory.
(module $traps
  (memory (export "memory") 1 2)
  (func $store (param i32) (i32.store16 (local.get 0) (i32.const 1)))
  (func (export "_start") (call $store (i32.const 65535))))
