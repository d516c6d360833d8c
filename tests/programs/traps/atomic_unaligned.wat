;; An atomic access whose offset makes it unaligned.
;; forms: core
(module $traps
  (memory (export "memory") 1 1 shared)
  (func $main (export "_start")
    (drop (i32.atomic.rmw16.add_u offset=1 (i32.const 2) (i32.const 0)))))
