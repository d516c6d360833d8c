;; What was hardly ever executed goes behind its function: also where no hint says which way a branch takes. `cold.profile` is what
;; `aot cold.wat --profile-generate` writes when it runs.
(module
  (memory 1)
  (func $step (param $n i32) (result i32)
    (block $rare
      (br_if $rare (i32.eqz (i32.rem_u (local.get $n) (i32.const 100))))
      (return (i32.add (local.get $n) (i32.const 1))))
    (block $never
      (block $other
        (br_table $other $never (i32.ge_u (local.get $n) (i32.const 100000))))
      (i32.store (i32.const 0) (local.get $n))
      (return (i32.const 1)))
    (i32.store (i32.const 4) (local.get $n))
    (i32.const 2))
  (func (export "_start") (local $n i32)
    (loop $again
      (i32.store (i32.const 8) (call $step (local.get $n)))
      (br_if $again (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 1000))))))
