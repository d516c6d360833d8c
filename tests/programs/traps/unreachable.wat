;; The instruction.
(module $traps
  (memory (export "memory") 1 2)
  (func $inner (unreachable))
  (func $outer (call $inner))
  (func (export "_start") (call $outer)))
