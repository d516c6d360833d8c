;; A dense `br_table` in a loop, with targets that a processor can't foresee.
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)

  ;; Prints the checksum in sixteen digits.
  (func $report (param $sum i64) (local $at i32) (local $digit i32)
    (local.set $at (i32.const 48))
    (loop $next
      (local.set $at (i32.sub (local.get $at) (i32.const 1)))
      (local.set $digit (i32.and (i32.wrap_i64 (local.get $sum)) (i32.const 15)))
      (i32.store8 (local.get $at)
        (i32.add (local.get $digit) (select (i32.const 87) (i32.const 48) (i32.gt_u (local.get $digit) (i32.const 9)))))
      (local.set $sum (i64.shr_u (local.get $sum) (i64.const 4)))
      (br_if $next (i32.gt_u (local.get $at) (i32.const 32))))
    (i32.store8 (i32.const 48) (i32.const 10))
    (i64.store (i32.const 0) (i64.const 0x11_0000_0020))
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))))

  (func $step (param $state i64) (param $sum i64) (result i64)
    (block $c15
    (block $c14
    (block $c13
    (block $c12
    (block $c11
    (block $c10
    (block $c9
    (block $c8
    (block $c7
    (block $c6
    (block $c5
    (block $c4
    (block $c3
    (block $c2
    (block $c1
    (block $c0
      (br_table $c0 $c1 $c2 $c3 $c4 $c5 $c6 $c7 $c8 $c9 $c10 $c11 $c12 $c13 $c14 $c15 (i32.and (i32.wrap_i64 (i64.shr_u (local.get $state) (i64.const 33))) (i32.const 15))))
      (return (i64.add (local.get $sum) (i64.const 3))))
      (return (i64.xor (local.get $sum) (i64.const 85))))
      (return (i64.mul (local.get $sum) (i64.const 5))))
      (return (i64.sub (local.get $sum) (i64.const 7))))
      (return (i64.rotl (local.get $sum) (i64.const 3))))
      (return (i64.add (local.get $sum) (i64.const 11))))
      (return (i64.xor (local.get $sum) (i64.const 4660))))
      (return (i64.mul (local.get $sum) (i64.const 9))))
      (return (i64.sub (local.get $sum) (i64.const 13))))
      (return (i64.rotl (local.get $sum) (i64.const 7))))
      (return (i64.add (local.get $sum) (i64.const 17))))
      (return (i64.xor (local.get $sum) (i64.const 65280))))
      (return (i64.mul (local.get $sum) (i64.const 13))))
      (return (i64.sub (local.get $sum) (i64.const 19))))
      (return (i64.rotl (local.get $sum) (i64.const 11))))
    (i64.add (local.get $sum) (local.get $state)))

  (func (export "_start") (local $i i32) (local $state i64) (local $sum i64)
    (local.set $state (i64.const 88172645463325252))
    (loop $again
      (local.set $state (i64.add (i64.mul (local.get $state) (i64.const 6364136223846793005)) (i64.const 1442695040888963407)))
      (local.set $sum (call $step (local.get $state) (local.get $sum)))
      (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 30_000_000))))
    (call $report (local.get $sum))))
