;; table.fill beyond the table.
(module $traps
  (memory (export "memory") 1 2)
  (table $table 3 funcref)
  (func $fill (param i32) (table.fill $table (local.get 0) (ref.null func) (i32.const 2)))
  (func (export "_start") (call $fill (i32.const 2))))
