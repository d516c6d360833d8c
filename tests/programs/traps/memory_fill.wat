;; memory.fill beyond memory.
(module $traps
  (memory (export "memory") 1 2)
  (func $fill (param i32) (memory.fill (local.get 0) (i32.const 1) (i32.const 10)))
  (func (export "_start") (call $fill (i32.const 65530))))
