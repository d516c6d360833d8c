;; table.init of more than the segment has.
(module $traps
  (memory (export "memory") 1 2)
  (table $table 3 funcref)
  (elem $elements func $init)
  (func $init (param i32) (table.init $table $elements (i32.const 0) (i32.const 0) (local.get 0)))
  (func (export "_start") (call $init (i32.const 2))))
