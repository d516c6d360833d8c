;; A load that begins within memory and ends beyond it.
(module $traps
  (memory (export "memory") 1 2)
  (func $load (param i32) (result i64) (i64.load (local.get 0)))
  (func (export "_start") (drop (call $load (i32.const 65529)))))
