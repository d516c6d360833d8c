;; Traps aren't exceptions: no handler takes them.
(module $traps
  (memory (export "memory") 1 2)
  (tag $tag)
  (func $divide (param i32) (result i32) (i32.div_u (i32.const 1) (local.get 0)))
  (func $tries (param i32) (result i32)
    (block $caught
      (try_table (catch $tag $caught) (catch_all $caught)
        (return (call $divide (local.get 0)))))
    (i32.const 0))
  (func (export "_start") (drop (call $tries (i32.const 0)))))
