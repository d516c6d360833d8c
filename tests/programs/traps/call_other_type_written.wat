;; call_indirect of a function of another type, in a table that is written.
(module $traps
  (memory (export "memory") 1 2)
  (table $table 3 funcref)
  (elem (i32.const 0) $call)
  (func $call (param i32) (call_indirect (local.get 0)))
  (func (export "_start")
    (table.set $table (i32.const 1) (table.get $table (i32.const 0)))
    (call $call (i32.const 1))))
