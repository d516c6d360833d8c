;; table.get beyond the table.
(module $traps
  (memory (export "memory") 1 2)
  (table $table 3 funcref)
  (func $get (param i32) (result funcref) (table.get $table (local.get 0)))
  (func (export "_start") (drop (call $get (i32.const 3)))))
