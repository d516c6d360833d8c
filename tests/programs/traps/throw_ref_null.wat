;; A null reference is no exception to throw.
(module $traps
  (memory (export "memory") 1 2)
  (global $none (mut exnref) (ref.null exn))
  (func $throws (throw_ref (global.get $none)))
  (func (export "_start") (call $throws)))
