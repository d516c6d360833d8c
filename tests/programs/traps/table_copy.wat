;; table.copy beyond the table.
(module $traps
  (memory (export "memory") 1 2)
  (table $table 3 funcref)
  (func $copy (param i32) (table.copy $table $table (i32.const 0) (local.get 0) (i32.const 2)))
  (func (export "_start") (call $copy (i32.const 2))))
