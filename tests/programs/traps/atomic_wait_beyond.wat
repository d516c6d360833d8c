;; Waiting beyond the memory.
;; forms: core
;; stderr: last line
(module $traps
  (memory (export "memory") 1 1 shared)
  (func $main (export "_start")
    (drop (memory.atomic.wait64 (i32.const -8) (i64.const 0) (i64.const 0)))))
