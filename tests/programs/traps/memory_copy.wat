;; memory.copy from beyond memory.
(module $traps
  (memory (export "memory") 1 2)
  (func $copy (param i32) (memory.copy (i32.const 0) (local.get 0) (i32.const 10)))
  (func (export "_start") (call $copy (i32.const 65530))))
