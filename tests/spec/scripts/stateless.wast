;; Functions that use nothing but their parameters and call only such functions, beside others that do: the former are compiled
;; without the context that the latter get.
(module
  (memory 1)
  (global $depth (mut i32) (i32.const 0))
  (table funcref (elem $referenced))
  (type $number (func (param i32) (result i32)))

  (func $fib (export "fib") (param $n i32) (result i32)
    (if (result i32) (i32.lt_u (local.get $n) (i32.const 2))
      (then (local.get $n))
      (else (i32.add (call $fib (i32.sub (local.get $n) (i32.const 1))) (call $fib (i32.sub (local.get $n) (i32.const 2)))))))

  ;; A cycle of two, by tail calls.
  (func $even (export "even") (param $n i32) (result i32)
    (if (i32.eqz (local.get $n)) (then (return (i32.const 1))))
    (return_call $odd (i32.sub (local.get $n) (i32.const 1))))
  (func $odd (param $n i32) (result i32)
    (if (i32.eqz (local.get $n)) (then (return (i32.const 0))))
    (return_call $even (i32.sub (local.get $n) (i32.const 1))))

  ;; A cycle of two, one of which counts in a global.
  (func $down (export "down") (param $n i32) (result i32)
    (if (result i32) (i32.eqz (local.get $n)) (then (global.get $depth)) (else (call $counted (local.get $n)))))
  (func $counted (param $n i32) (result i32)
    (global.set $depth (i32.add (global.get $depth) (call $fib (i32.const 10))))
    (call $down (i32.sub (local.get $n) (i32.const 1))))

  ;; Many parameters and results, of all kinds.
  (func $turn (export "turn") (param i32 i64 f32 f64 i32 i64 f32 f64 i32 i64) (result i64 i32 f64 f32 i64 i32 f64 f32 i64 i32)
    (local.get 9) (local.get 8) (local.get 7) (local.get 6) (local.get 5) (local.get 4) (local.get 3) (local.get 2)
    (local.get 1) (local.get 0))
  (func (export "turned") (param $n i32) (result i64 i32 f64 f32 i64 i32 f64 f32 i64 i32)
    (i32.store (i32.const 0) (local.get $n))
    (call $turn (i32.load (i32.const 0)) (i64.const 2) (f32.const 3) (f64.const 4) (i32.const 5) (i64.const 6) (f32.const 7)
      (f64.const 8) (i32.const 9) (i64.const 10)))

  ;; One that is called by a table as well, and one that calls by it.
  (func $referenced (param $n i32) (result i32) (i32.mul (local.get $n) (call $fib (local.get $n))))
  (func (export "by table") (param $n i32) (param $at i32) (result i32)
    (i32.add (call_indirect (type $number) (local.get $n) (local.get $at)) (call $referenced (local.get $n))))

  ;; Traps, and rounding.
  (func $divide (export "divide") (param $a i32) (param $b i32) (result i32) (i32.div_s (local.get $a) (local.get $b)))
  (func (export "divide in memory") (param $a i32) (result i32) (call $divide (local.get $a) (i32.load (i32.const 64))))
  (func $endless (export "endless") (param $n i32) (result i32)
    (i32.add (call $endless (i32.add (local.get $n) (i32.const 1))) (i32.const 1)))
  (func (export "unreachable") (unreachable))
  (func (export "whole") (param $x f64) (result i32) (i32.trunc_f64_s (f64.nearest (f64.ceil (local.get $x))))))

(assert_return (invoke "fib" (i32.const 20)) (i32.const 6765))
(assert_return (invoke "even" (i32.const 1000001)) (i32.const 0))
(assert_return (invoke "down" (i32.const 3)) (i32.const 165))
(assert_return (invoke "turned" (i32.const 1)) (i64.const 10) (i32.const 9) (f64.const 8) (f32.const 7) (i64.const 6)
  (i32.const 5) (f64.const 4) (f32.const 3) (i64.const 2) (i32.const 1))
(assert_return (invoke "by table" (i32.const 7) (i32.const 0)) (i32.const 182))
(assert_trap (invoke "by table" (i32.const 7) (i32.const 1)) "undefined element")
(assert_return (invoke "divide" (i32.const -7) (i32.const 2)) (i32.const -3))
(assert_trap (invoke "divide" (i32.const 1) (i32.const 0)) "integer divide by zero")
(assert_trap (invoke "divide in memory" (i32.const 1)) "integer divide by zero")
(assert_exhaustion (invoke "endless" (i32.const 0)) "call stack exhausted")
(assert_trap (invoke "unreachable") "unreachable")
(assert_return (invoke "whole" (f64.const 2.25)) (i32.const 3))
(assert_trap (invoke "whole" (f64.const nan)) "invalid conversion to integer")

;; Functions of one module that another calls, with and without state of its own.
(module $library
  (func (export "twice") (param i32) (result i32) (i32.shl (local.get 0) (i32.const 1))))
(register "library" $library)
(module
  (import "library" "twice" (func $twice (param i32) (result i32)))
  (memory 1 1)
  (func $four (param i32) (result i32) (call $twice (call $twice (local.get 0))))
  (func (export "four") (param i32) (result i32) (call $four (local.get 0)))
  (func (export "kept") (param i32) (result i32)
    (i32.store (i32.const 8) (call $four (local.get 0)))
    (i32.load (i32.const 8))))
(assert_return (invoke "four" (i32.const 3)) (i32.const 12))
(assert_return (invoke "kept" (i32.const 5)) (i32.const 20))
