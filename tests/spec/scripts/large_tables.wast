;; Tables that are too large to be written out: start-up gives them their elements, in the order of instantiation.

(module $a
  (global (export "g") funcref (ref.func $one))
  (table $t (export "t") 10000 funcref (ref.func $one))
  (func $one (result i32) (i32.const 1))
  (func $two (result i32) (i32.const 2))
  (elem (table $t) (i32.const 9999) func $two)
  (elem (table $t) (i32.const 3) func $two)
  (func (export "call") (param i32) (result i32) (call_indirect $t (result i32) (local.get 0))))
(register "a" $a)
(assert_return (invoke "call" (i32.const 0)) (i32.const 1))
(assert_return (invoke "call" (i32.const 3)) (i32.const 2))
(assert_return (invoke "call" (i32.const 9998)) (i32.const 1))
(assert_return (invoke "call" (i32.const 9999)) (i32.const 2))
(assert_trap (invoke "call" (i32.const 10000)) "undefined element")
(module
  (import "a" "g" (global $g funcref))
  (table $u 10000 funcref (global.get $g))
  (func (export "u") (param i32) (result i32) (call_indirect $u (result i32) (local.get 0))))
(assert_return (invoke "u" (i32.const 9999)) (i32.const 1))

;; Another module writes to it, and one that fails has written what came before.
(module
  (import "a" "t" (table 10000 funcref))
  (func $three (result i32) (i32.const 3))
  (elem (i32.const 5000) func $three))
(assert_return (invoke $a "call" (i32.const 5000)) (i32.const 3))
(assert_return (invoke $a "call" (i32.const 5001)) (i32.const 1))
(assert_trap
  (module
    (import "a" "t" (table 10000 funcref))
    (func $four (result i32) (i32.const 4))
    (elem (i32.const 7000) func $four)
    (elem (i32.const 10000) func $four))
  "out of bounds table access")
(assert_return (invoke $a "call" (i32.const 7000)) (i32.const 4))

;; Few elements in a large table of nulls, which nothing writes later.
(module
  (table $t 100000 funcref)
  (func $five (result i32) (i32.const 5))
  (elem (i32.const 99999) func $five)
  (elem (i32.const 1) func $five)
  (func (export "call") (param i32) (result i32) (call_indirect $t (result i32) (local.get 0)))
  (func (export "is_null") (param i32) (result i32) (ref.is_null (table.get $t (local.get 0)))))
(assert_return (invoke "call" (i32.const 1)) (i32.const 5))
(assert_return (invoke "call" (i32.const 99999)) (i32.const 5))
(assert_trap (invoke "call" (i32.const 50000)) "uninitialized element")
(assert_return (invoke "is_null" (i32.const 99998)) (i32.const 1))
(assert_return (invoke "is_null" (i32.const 99999)) (i32.const 0))

;; Start-up's own code sees all elements.
(module
  (table $t 5000 funcref (ref.func $six))
  (global $seen (mut i32) (i32.const 0))
  (func $six (result i32) (i32.const 6))
  (func $start (global.set $seen (call_indirect $t (result i32) (i32.const 4999))))
  (start $start)
  (func (export "seen") (result i32) (global.get $seen)))
(assert_return (invoke "seen") (i32.const 6))

;; A large table of numbers.
(module
  (table $t 20000 i31ref (ref.i31 (i32.const 7)))
  (func (export "get") (param i32) (result i32) (i31.get_u (table.get $t (local.get 0)))))
(assert_return (invoke "get" (i32.const 0)) (i32.const 7))
(assert_return (invoke "get" (i32.const 19999)) (i32.const 7))
