;; Blocks that would catch exceptions, of which none is thrown.
(module
  (tag $odd (param i64))
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

  (func $may_throw (param $i i32) (result i64)
    (if (i32.eq (local.get $i) (i32.const -1)) (then (throw $odd (i64.const 1))))
    (i64.extend_i32_u (i32.mul (local.get $i) (i32.const 3))))

  (func (export "_start") (local $i i32) (local $sum i64)
    (loop $again
      (local.set $sum (i64.add (i64.rotl (local.get $sum) (i64.const 1))
        (block $caught (result i64)
          (try_table (result i64) (catch $odd $caught) (call $may_throw (local.get $i))))))
      (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 150_000_000))))
    (call $report (local.get $sum))))
