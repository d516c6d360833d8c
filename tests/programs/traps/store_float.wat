;; A store of a float beyond memory.
(module $traps
  (memory (export "memory") 1 2)
  (func $store (param i32) (f64.store offset=8 (local.get 0) (f64.const 1)))
  (func (export "_start") (call $store (i32.const 65528))))
