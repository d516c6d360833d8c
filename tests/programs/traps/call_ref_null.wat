;; A call through a null reference.
(module $traps
  (memory (export "memory") 1 2)
  (type $nothing (func))
  (global $none (mut (ref null $nothing)) (ref.null $nothing))
  (func $call (call_ref $nothing (global.get $none)))
  (func (export "_start") (call $call)))
