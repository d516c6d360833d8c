;; An atomic store beyond the memory.
;; forms: core
(module $traps
  (memory (export "memory") 1 1 shared)
  (func $main (export "_start")
    (i64.atomic.store (i32.const 0x1_0000) (i64.const 0))))
