;; Recursion without end: the guard page ends it, and the backtrace shows the innermost frames.
;; stderr: last line
(module $traps
  (memory (export "memory") 1 2)
  (func $down (param i32)
    (call $down (i32.add (local.get 0) (i32.const 1)))
    (i32.store (i32.const 0) (local.get 0)))
  (func (export "_start") (call $down (i32.const 0))))
