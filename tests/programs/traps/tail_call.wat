;; A trap after a tail call: the caller is not in the backtrace.
(module $traps
  (memory (export "memory") 1 2)
  (func $last (unreachable))
  (func $middle (return_call $last))
  (func (export "_start") (call $middle)))
