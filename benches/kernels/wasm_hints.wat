;; A loop through eight branches that are hinted to be unlikely, and are: what they lead to is to lie out of the way. The
;; bench measures it without the hints, too.
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

  ;; 4 KiB of positive numbers, but for each 251st.
  (func $fill (local $i i32) (local $state i32)
    (loop $next
      (local.set $state (i32.add (i32.mul (local.get $state) (i32.const 1664525)) (i32.const 1013904223)))
      (i32.store offset=1024 (i32.shl (local.get $i) (i32.const 2))
        (i32.or (i32.shr_u (local.get $state) (i32.const 1))
          (i32.shl (i32.eqz (i32.rem_u (local.get $i) (i32.const 251))) (i32.const 31))))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 1024)))))

  (func (export "_start") (local $i i32) (local $at i32) (local $value i32) (local $sum i32) (local $rare i32)
    (call $fill)
    (loop $again
      (local.set $at (i32.and (i32.shl (local.get $i) (i32.const 5)) (i32.const 0xfff)))
      (local.set $value (i32.load offset=1024 (local.get $at)))
      (local.set $sum (i32.add (local.get $sum) (local.get $value)))
      (@metadata.code.branch_hint "\00")
      (if (i32.lt_s (local.get $value) (i32.const 0))
        (then
          (local.set $rare (i32.add (i32.mul (local.get $rare) (i32.const 3)) (i32.rotl (local.get $value) (i32.const 3))))
          (i32.store offset=8192 (local.get $at) (i32.xor (local.get $rare) (i32.load offset=8192 (local.get $at))))
          (i32.store offset=16384 (local.get $at) (i32.add (local.get $rare) (i32.load offset=16384 (local.get $at))))))
      (local.set $value (i32.load offset=1028 (local.get $at)))
      (local.set $sum (i32.add (local.get $sum) (local.get $value)))
      (@metadata.code.branch_hint "\00")
      (if (i32.lt_s (local.get $value) (i32.const 0))
        (then
          (local.set $rare (i32.add (i32.mul (local.get $rare) (i32.const 5)) (i32.rotl (local.get $value) (i32.const 4))))
          (i32.store offset=8196 (local.get $at) (i32.xor (local.get $rare) (i32.load offset=8196 (local.get $at))))
          (i32.store offset=16388 (local.get $at) (i32.add (local.get $rare) (i32.load offset=16388 (local.get $at))))))
      (local.set $value (i32.load offset=1032 (local.get $at)))
      (local.set $sum (i32.add (local.get $sum) (local.get $value)))
      (@metadata.code.branch_hint "\00")
      (if (i32.lt_s (local.get $value) (i32.const 0))
        (then
          (local.set $rare (i32.add (i32.mul (local.get $rare) (i32.const 7)) (i32.rotl (local.get $value) (i32.const 5))))
          (i32.store offset=8200 (local.get $at) (i32.xor (local.get $rare) (i32.load offset=8200 (local.get $at))))
          (i32.store offset=16392 (local.get $at) (i32.add (local.get $rare) (i32.load offset=16392 (local.get $at))))))
      (local.set $value (i32.load offset=1036 (local.get $at)))
      (local.set $sum (i32.add (local.get $sum) (local.get $value)))
      (@metadata.code.branch_hint "\00")
      (if (i32.lt_s (local.get $value) (i32.const 0))
        (then
          (local.set $rare (i32.add (i32.mul (local.get $rare) (i32.const 9)) (i32.rotl (local.get $value) (i32.const 6))))
          (i32.store offset=8204 (local.get $at) (i32.xor (local.get $rare) (i32.load offset=8204 (local.get $at))))
          (i32.store offset=16396 (local.get $at) (i32.add (local.get $rare) (i32.load offset=16396 (local.get $at))))))
      (local.set $value (i32.load offset=1040 (local.get $at)))
      (local.set $sum (i32.add (local.get $sum) (local.get $value)))
      (@metadata.code.branch_hint "\00")
      (if (i32.lt_s (local.get $value) (i32.const 0))
        (then
          (local.set $rare (i32.add (i32.mul (local.get $rare) (i32.const 11)) (i32.rotl (local.get $value) (i32.const 7))))
          (i32.store offset=8208 (local.get $at) (i32.xor (local.get $rare) (i32.load offset=8208 (local.get $at))))
          (i32.store offset=16400 (local.get $at) (i32.add (local.get $rare) (i32.load offset=16400 (local.get $at))))))
      (local.set $value (i32.load offset=1044 (local.get $at)))
      (local.set $sum (i32.add (local.get $sum) (local.get $value)))
      (@metadata.code.branch_hint "\00")
      (if (i32.lt_s (local.get $value) (i32.const 0))
        (then
          (local.set $rare (i32.add (i32.mul (local.get $rare) (i32.const 13)) (i32.rotl (local.get $value) (i32.const 8))))
          (i32.store offset=8212 (local.get $at) (i32.xor (local.get $rare) (i32.load offset=8212 (local.get $at))))
          (i32.store offset=16404 (local.get $at) (i32.add (local.get $rare) (i32.load offset=16404 (local.get $at))))))
      (local.set $value (i32.load offset=1048 (local.get $at)))
      (local.set $sum (i32.add (local.get $sum) (local.get $value)))
      (@metadata.code.branch_hint "\00")
      (if (i32.lt_s (local.get $value) (i32.const 0))
        (then
          (local.set $rare (i32.add (i32.mul (local.get $rare) (i32.const 15)) (i32.rotl (local.get $value) (i32.const 9))))
          (i32.store offset=8216 (local.get $at) (i32.xor (local.get $rare) (i32.load offset=8216 (local.get $at))))
          (i32.store offset=16408 (local.get $at) (i32.add (local.get $rare) (i32.load offset=16408 (local.get $at))))))
      (local.set $value (i32.load offset=1052 (local.get $at)))
      (local.set $sum (i32.add (local.get $sum) (local.get $value)))
      (@metadata.code.branch_hint "\00")
      (if (i32.lt_s (local.get $value) (i32.const 0))
        (then
          (local.set $rare (i32.add (i32.mul (local.get $rare) (i32.const 17)) (i32.rotl (local.get $value) (i32.const 10))))
          (i32.store offset=8220 (local.get $at) (i32.xor (local.get $rare) (i32.load offset=8220 (local.get $at))))
          (i32.store offset=16412 (local.get $at) (i32.add (local.get $rare) (i32.load offset=16412 (local.get $at))))))
      (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 150_000_000))))
    (call $report (i64.add (i64.extend_i32_u (local.get $sum)) (i64.shl (i64.extend_i32_u (local.get $rare)) (i64.const 32))))))
