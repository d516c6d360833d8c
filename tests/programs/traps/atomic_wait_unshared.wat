;; Waiting in a memory that nobody shares.
;; forms: core
;; oracle: file
(module $traps
  (memory (export "memory") 1)
  (func $main (export "_start")
    (drop (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const 0)))))
