;; An element segment that does not fit.
(module $traps
  (memory (export "memory") 1 2)
  (table 1 funcref)
  (elem (i32.const 1) $f)
  (func $f)
  (func (export "_start")))
