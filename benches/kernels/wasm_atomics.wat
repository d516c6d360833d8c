;; Atomic operators on a memory.
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

  (func (export "_start") (local $i i32) (local $at i32) (local $before i64)
    (loop $again
      (local.set $at (i32.add (i32.const 1024) (i32.and (i32.mul (local.get $i) (i32.const 40)) (i32.const 0xff8))))
      (drop (i64.atomic.rmw.add (local.get $at) (i64.extend_i32_u (local.get $i))))
      (drop (i32.atomic.rmw8.xor_u (i32.add (local.get $at) (i32.const 5)) (local.get $i)))
      (local.set $before (i64.atomic.load (local.get $at)))
      (drop (i64.atomic.rmw.cmpxchg (local.get $at) (local.get $before) (i64.rotl (local.get $before) (i64.const 1))))
      (i32.atomic.store (i32.const 512) (local.get $i))
      (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 10_000_000))))
    (local.set $before (i64.const 0))
    (local.set $at (i32.const 1024))
    (loop $next
      (local.set $before (i64.add (i64.rotl (local.get $before) (i64.const 1)) (i64.load (local.get $at))))
      (br_if $next (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 8))) (i32.const 5120))))
    (call $report (local.get $before))))
