;; A sum that is there already isn't computed again.
(module
  (memory 1)
  (func (export "_start") (local i32)
    (local.set 0 (i32.load (i32.const 0)))
    (i32.store (i32.const 4)
      (i32.mul
        (i32.add (local.get 0) (i32.const 3))
        (i32.add (local.get 0) (i32.const 3))))))
