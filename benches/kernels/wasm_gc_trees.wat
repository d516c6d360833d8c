;; Binary trees of structures, which live for a while and become garbage.
(module
  (type $tree (struct (field $left (ref null $tree)) (field $right (ref null $tree)) (field $value i32)))
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

  (func $make (param $depth i32) (result (ref null $tree))
    (if (result (ref null $tree)) (local.get $depth)
      (then (struct.new $tree
        (call $make (i32.sub (local.get $depth) (i32.const 1)))
        (call $make (i32.sub (local.get $depth) (i32.const 1)))
        (local.get $depth)))
      (else (ref.null $tree))))
  (func $sum (param $tree (ref null $tree)) (result i32)
    (if (result i32) (ref.is_null (local.get $tree))
      (then (i32.const 1))
      (else (i32.add (struct.get $tree $value (local.get $tree))
        (i32.add (call $sum (struct.get $tree $left (local.get $tree)))
          (i32.mul (i32.const 3) (call $sum (struct.get $tree $right (local.get $tree)))))))))

  (func (export "_start") (local $i i32) (local $sum i64) (local $kept (ref null $tree))
    (local.set $kept (call $make (i32.const 15)))
    (loop $again
      (local.set $sum (i64.add (i64.rotl (local.get $sum) (i64.const 1))
        (i64.extend_i32_u (call $sum (call $make (i32.add (i32.const 6) (i32.and (local.get $i) (i32.const 7))))))))
      (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 4_000))))
    (call $report (i64.add (local.get $sum) (i64.extend_i32_u (call $sum (local.get $kept)))))))
