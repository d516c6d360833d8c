;; table.set beyond the table.
(module $traps
  (memory (export "memory") 1 2)
  (table $table 3 externref)
  (func $set (param i32) (table.set $table (local.get 0) (ref.null extern)))
  (func (export "_start") (call $set (i32.const -1))))
