;; A tail call through a null reference: the caller is still there.
(module $traps
  (memory (export "memory") 1 2)
  (type $nothing (func))
  (global $none (mut (ref null $nothing)) (ref.null $nothing))
  (func $call (return_call_ref $nothing (global.get $none)))
  (func (export "_start") (call $call)))
