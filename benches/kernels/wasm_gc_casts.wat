;; Casts of objects to one of several types of a hierarchy.
(module
  (type $shape (sub (struct (field $size i32))))
  (type $square (sub $shape (struct (field $size i32))))
  (type $oblong (sub $shape (struct (field $size i32) (field $other i32))))
  (type $cube (sub $square (struct (field $size i32) (field $depth i32))))
  (type $shapes (array (mut (ref null $shape))))
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

  (func $measure (param $s (ref null $shape)) (result i32)
    (if (ref.test (ref $cube) (local.get $s))
      (then (return (i32.mul (struct.get $cube $depth (ref.cast (ref $cube) (local.get $s)))
        (struct.get $shape $size (local.get $s))))))
    (if (ref.test (ref $oblong) (local.get $s))
      (then (return (i32.add (struct.get $oblong $other (ref.cast (ref $oblong) (local.get $s)))
        (struct.get $shape $size (local.get $s))))))
    (struct.get $shape $size (local.get $s)))

  (func (export "_start") (local $i i32) (local $sum i64) (local $all (ref $shapes))
    (local.set $all (array.new_fixed $shapes 4
      (struct.new $shape (i32.const 3)) (struct.new $square (i32.const 5))
      (struct.new $oblong (i32.const 7) (i32.const 11)) (struct.new $cube (i32.const 13) (i32.const 17))))
    (loop $again
      (local.set $sum (i64.add (i64.rotl (local.get $sum) (i64.const 1))
        (i64.extend_i32_u (call $measure (array.get $shapes (local.get $all) (i32.and (local.get $i) (i32.const 3)))))))
      (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 50_000_000))))
    (call $report (local.get $sum))))
