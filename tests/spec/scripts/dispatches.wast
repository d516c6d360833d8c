;; Interpreters of the bytes in memory, whose dispatch the optimiser copies: what a case leaves has to reach the next one.
(module
  (memory (export "memory") 1)
  ;; 0 ends; 1 adds the place; 2 doubles; 3 skips a byte; 4 adds 1 and comes back by a condition; 5 swaps the two sums.
  (data (i32.const 0) "\01\02\03\00\01\05\04\04\02\05\01\00")
  (data (i32.const 32) "\06\00")
  (data (i32.const 48) "\03\00\03\00\01\00")

  (func (export "direct") (param $place i32) (result i32)
    (local $sum i32) (local $other i32) (local $byte i32)
    (block $out
      (loop $again
        (local.set $byte (i32.load8_u (local.get $place)))
        (local.set $place (i32.add (local.get $place) (i32.const 1)))
        (block $swap (block $one (block $skip (block $double (block $add (block $end
          (br_table $end $add $double $skip $one $swap $out (local.get $byte)))
          (br $out))
          (local.set $sum (i32.add (local.get $sum) (local.get $place)))
          (br $again))
          (local.set $sum (i32.shl (local.get $sum) (i32.const 1)))
          (br $again))
          (local.set $place (i32.add (local.get $place) (i32.const 1)))
          (br $again))
          (local.set $sum (i32.add (local.get $sum) (i32.const 1)))
          (br_if $again (local.get $sum)))
        (local.get $sum) (local.set $sum (local.get $other)) (local.set $other)
        (br $again)))
    (i32.add (i32.add (local.get $sum) (i32.mul (local.get $other) (i32.const 1000))) (i32.mul (local.get $byte) (i32.const 1000000))))

  ;; Each round counts, and may end the loop, before the jump table; cases come back by a common end.
  (func (export "counted") (param $place i32) (param $rounds i32) (result i32)
    (local $sum i32)
    (block $out
      (loop $again
        (local.set $rounds (i32.sub (local.get $rounds) (i32.const 1)))
        (br_if $out (i32.eqz (local.get $rounds)))
        (block $next (block $skip (block $double (block $add (block $end
          (br_table $end $add $double $skip (i32.load8_u (local.get $place))))
          (br $out))
          (local.set $sum (i32.add (local.get $sum) (local.get $place)))
          (br $next))
          (local.set $sum (i32.shl (local.get $sum) (i32.const 1)))
          (br $next))
          (local.set $place (i32.add (local.get $place) (i32.const 1))))
        (local.set $place (i32.add (local.get $place) (i32.const 1)))
        (br $again)))
    (i32.add (local.get $sum) (i32.mul (local.get $rounds) (i32.const 1000)))))

(assert_return (invoke "direct" (i32.const 0)) (i32.const 4018))
(assert_return (invoke "direct" (i32.const 32)) (i32.const 6000000))
(assert_return (invoke "direct" (i32.const 48)) (i32.const 53))
(assert_return (invoke "direct" (i32.const 3)) (i32.const 0))
(assert_trap (invoke "direct" (i32.const 0x10000)) "out of bounds memory access")
(assert_return (invoke "counted" (i32.const 0) (i32.const 100)) (i32.const 92004))
(assert_return (invoke "counted" (i32.const 48) (i32.const 100)) (i32.const 96052))
(assert_return (invoke "counted" (i32.const 48) (i32.const 3)) (i32.const 0))
(assert_trap (invoke "counted" (i32.const -1) (i32.const 3)) "out of bounds memory access")
