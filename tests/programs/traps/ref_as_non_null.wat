;; A null reference where none may be.
(module $traps
  (memory (export "memory") 1 2)
  (global $none (mut funcref) (ref.null func))
  (func $check (result (ref func)) (ref.as_non_null (global.get $none)))
  (func (export "_start") (drop (call $check))))
