;; Calls by typed function references from a table.
(module
  (type $f (func (param i64) (result i64)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (table $fs 4 4 (ref null $f))
  (elem (table $fs) (i32.const 0) (ref null $f) (ref.func $a) (ref.func $b) (ref.func $c) (ref.func $d))

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

  (func $a (type $f) (i64.add (local.get 0) (i64.const 3)))
  (func $b (type $f) (i64.xor (local.get 0) (i64.const 0x5555)))
  (func $c (type $f) (i64.mul (local.get 0) (i64.const 7)))
  (func $d (type $f) (i64.rotl (local.get 0) (i64.const 9)))

  (func (export "_start") (local $i i32) (local $sum i64) (local $f (ref null $f))
    (loop $again
      (local.set $f (table.get $fs (i32.and (local.get $i) (i32.const 3))))
      (local.set $sum (call_ref $f (local.get $sum) (local.get $f)))
      (local.set $sum (call_ref $f (local.get $sum) (local.get $f)))
      (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 60_000_000))))
    (call $report (local.get $sum))))
