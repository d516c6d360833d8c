;; Functions that need no vmctx, and calls of them.
(module
  (memory 1)
  (table funcref (elem $referenced))
  (func $fib (export "fib") (param $n i64) (result i64)
    (if (result i64) (i64.lt_u (local.get $n) (i64.const 2))
      (then (local.get $n))
      (else (i64.add (call $fib (i64.sub (local.get $n) (i64.const 1))) (call $fib (i64.sub (local.get $n) (i64.const 2)))))))
  (func (export "stored") (param $n i64)
    (i64.store (i32.const 0) (call $fib (local.get $n))))
  ;; What has a record is called with vmctx.
  (func $referenced (param $n i64) (result i64) (call $fib (local.get $n)))
  (func (export "by table") (param $n i64) (param $at i32) (result i64)
    (call_indirect (param i64) (result i64) (local.get $n) (local.get $at))))
