;; A trap in the start function.
(module $traps
  (memory (export "memory") 1 2)
  (func $begin (unreachable))
  (start $begin)
  (func (export "_start")))
