;; A loop around a jump table: the cases jump from where they end.
(module
  (memory 1)
  ;; One case comes back by a condition, and one ends the loop.
  (func (export "interpret") (param $place i32) (result i32)
    (local $sum i32)
    (block $out
      (loop $again
        (block $double (block $add (block $skip (block $end
          (br_table $end $skip $add $double (i32.load8_u (local.get $place))))
          (br $out))
          (local.set $place (i32.add (local.get $place) (i32.const 2)))
          (br $again))
          (local.set $sum (i32.add (local.get $sum) (local.get $place)))
          (local.set $place (i32.add (local.get $place) (i32.const 1)))
          (br $again))
        (local.set $sum (i32.shl (local.get $sum) (i32.const 1)))
        (local.set $place (i32.add (local.get $place) (i32.const 1)))
        (br $again)))
    (local.get $sum))
  ;; The jump table isn't in a loop.
  (func (export "choose") (param i32) (result i32)
    (block (block (block (block (br_table 0 1 2 3 (local.get 0)))
      (return (i32.const 10))) (return (i32.const 20))) (return (i32.const 30)))
    (i32.const 40)))
