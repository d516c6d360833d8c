;; memory.init of a dropped segment.
(module $traps
  (memory (export "memory") 1 2)
  (data $bytes "abc")
  (func $init (param i32) (memory.init $bytes (i32.const 0) (i32.const 0) (local.get 0)))
  (func (export "_start") (data.drop $bytes) (call $init (i32.const 1))))
