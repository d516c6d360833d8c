;; What moves from an index into the offset of an access, and what doesn't.
(module
  (memory 1)
  ;; A table at a constant address: the index has ten bits.
  (func (export "table") (param $byte i32) (result i32)
    (i32.load (i32.add (i32.shl (i32.and (local.get $byte) (i32.const 255)) (i32.const 2)) (i32.const 1024))))
  ;; The sum may wrap.
  (func (export "any") (param $index i32) (result i32)
    (i32.load (i32.add (local.get $index) (i32.const 1024))))
  ;; A counter from -8 to -1, and one beside it.
  (func (export "counter") (result i32)
    (local $counter i32) (local $beside i32) (local $sum i32)
    (local.set $counter (i32.const -8))
    (local.set $beside (i32.const 100))
    (loop $again
      (local.set $sum (i32.add (local.get $sum)
        (i32.add (i32.load8_u (i32.add (local.get $counter) (i32.const 16)))
                 (i32.load8_u (i32.add (local.get $beside) (i32.const -16))))))
      (local.set $beside (i32.add (local.get $beside) (i32.const 3)))
      (br_if $again (local.tee $counter (i32.add (local.get $counter) (i32.const 1)))))
    (local.get $sum)))
