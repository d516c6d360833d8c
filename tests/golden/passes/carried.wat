;; The outermost loop's counter is no parameter of the loops inside, which don't change it.
(module
  (func (export "count") (param $n i32) (result i32)
    (local $i i32) (local $j i32) (local $k i32) (local $sum i32)
    (loop $outer
      (local.set $sum (i32.mul (local.get $i) (local.get $sum)))
      (local.set $j (i32.const 0))
      (loop $middle
        (local.set $k (local.get $n))
        (loop $inner
          (local.set $sum (i32.add (local.get $sum) (local.get $k)))
          (br_if $inner (local.tee $k (i32.sub (local.get $k) (i32.const 1)))))
        (br_if $middle (i32.lt_u (local.tee $j (i32.add (local.get $j) (i32.const 1))) (local.get $n))))
      (br_if $outer (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (local.get $sum)))
