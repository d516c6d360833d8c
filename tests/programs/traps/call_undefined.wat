;; call_indirect beyond the table.
(module $traps
  (memory (export "memory") 1 2)
  (table 3 funcref)
  (elem (i32.const 0) $call)
  (func $call (param i32) (call_indirect (local.get 0)))
  (func (export "_start") (call $call (i32.const 3))))
