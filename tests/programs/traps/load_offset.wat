;; A load whose static offset leads beyond memory.
(module $traps
  (memory (export "memory") 1 2)
  (func $load (param i32) (result i32) (i32.load8_u offset=0xfffffff0 (local.get 0)))
  (func (export "_start") (drop (call $load (i32.const 0xffffffff)))))
