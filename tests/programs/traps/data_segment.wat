;; A data segment that does not fit.
(module $traps
  (memory (export "memory") 1 2)
  (data (i32.const 65534) "four")
  (func (export "_start")))
