;; A component like process-data.wat that does what the first letter of its argument says, and gives it back if it returns.
(component
  (core module $program
    (memory (export "memory") 1)
    (func $deep (param i32) (result i32)
      (i32.add (i32.const 1) (call $deep (i32.add (local.get 0) (i32.const 1)))))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (if (i32.gt_u (local.get 3) (i32.const 60000)) (then unreachable))
      (i32.const 1024))
    (func (export "process-data") (param $at i32) (param $bytes i32) (result i32) (local $letter i32)
      (if (local.get $bytes) (then (local.set $letter (i32.load8_u (local.get $at)))))
      (if (i32.eq (local.get $letter) (i32.const 0x6c)) ;; loop
        (then (loop (br 0))))
      (if (i32.eq (local.get $letter) (i32.const 0x75)) ;; unreachable
        (then unreachable))
      (if (i32.eq (local.get $letter) (i32.const 0x64)) ;; division
        (then (drop (i32.div_s (i32.const 1) (i32.sub (local.get $letter) (i32.const 0x64))))))
      (if (i32.eq (local.get $letter) (i32.const 0x6d)) ;; memory
        (then (drop (i32.load (i32.const 0xfffffff0)))))
      (if (i32.eq (local.get $letter) (i32.const 0x72)) ;; recursion
        (then (drop (call $deep (i32.const 0)))))
      (i32.store (i32.const 0) (local.get $at))
      (i32.store (i32.const 4) (local.get $bytes))
      (i32.const 0)))
  (core instance $program (instantiate $program))
  (func (export "process-data") (param "input" string) (result string)
    (canon lift (core func $program "process-data") (memory (core memory $program "memory"))
      (realloc (core func $program "realloc")))))
