;; Calls that wait in the middle: with frames, registers, objects and handlers that have to be there afterwards, and with
;; traps of others meanwhile. Where calls have stacks of their own, each function of `spectest` waits for all others.

(module
  (import "spectest" "print" (func $wait))
  (import "spectest" "print_i32" (func $wait_with (param i32)))
  (memory 1)
  (type $cell (struct (field i32) (field (ref null $cell))))
  (tag $tag (param i32))

  ;; The sum of 1 to n, with a wait on the way down and one on the way up.
  (func $sum (export "sum") (param $n i32) (result i32)
    (if (i32.eqz (local.get $n)) (then (return (i32.const 0))))
    (call $wait_with (local.get $n))
    (local.set $n (i32.add (local.get $n) (call $sum (i32.sub (local.get $n) (i32.const 1)))))
    (call $wait)
    (local.get $n))

  ;; More values than a machine keeps in registers, across a wait.
  (func (export "values") (param $a i64) (param $x f64) (result f64)
    (local $b i64) (local $c i64) (local $d i64) (local $e i64) (local $f i64)
    (local $y f64) (local $z f64) (local $u f64) (local $v f64) (local $w f64)
    (local.set $b (i64.add (local.get $a) (i64.const 1)))
    (local.set $c (i64.mul (local.get $b) (i64.const 3)))
    (local.set $d (i64.xor (local.get $c) (local.get $a)))
    (local.set $e (i64.sub (local.get $d) (local.get $b)))
    (local.set $f (i64.add (local.get $e) (local.get $c)))
    (local.set $y (f64.add (local.get $x) (f64.const 0.5)))
    (local.set $z (f64.mul (local.get $y) (local.get $x)))
    (local.set $u (f64.sub (local.get $z) (local.get $y)))
    (local.set $v (f64.div (local.get $u) (local.get $x)))
    (local.set $w (f64.add (local.get $v) (local.get $z)))
    (call $wait)
    (f64.add
      (f64.convert_i64_s
        (i64.add (i64.add (local.get $a) (local.get $b))
          (i64.add (i64.add (local.get $c) (local.get $d)) (i64.add (local.get $e) (local.get $f)))))
      (f64.add (f64.add (local.get $x) (local.get $y))
        (f64.add (f64.add (local.get $z) (local.get $u)) (f64.add (local.get $v) (local.get $w))))))

  (func (export "wait and trap") (call $wait) (call $wait) (unreachable))
  (func (export "wait and divide") (param i32) (result i32)
    (call $wait)
    (i32.div_u (i32.const 1) (local.get 0)))
  (func (export "wait and load") (param i32) (result i32)
    (call $wait)
    (i32.load (local.get 0)))
  (func $deep (param i32) (result i32)
    (i32.add (call $deep (i32.add (local.get 0) (i32.const 1))) (i32.load (local.get 0))))
  (func (export "wait and overflow") (result i32)
    (call $wait)
    (call $deep (i32.const 0)))

  ;; An object that is only on the stack, while others fill the heap.
  (func (export "object") (param $value i32) (result i32) (local $cell (ref null $cell)) (local $more i32)
    (local.set $cell (struct.new $cell (local.get $value) (ref.null $cell)))
    (call $wait)
    (local.set $more (i32.const 100000))
    (loop $again
      (drop (struct.new $cell (i32.const -1) (ref.null $cell)))
      (br_if $again (local.tee $more (i32.sub (local.get $more) (i32.const 1)))))
    (call $wait)
    (struct.get $cell 0 (local.get $cell)))

  ;; A handler that waits below others of its kind.
  (func $throws (param i32) (call $wait) (throw $tag (local.get 0)))
  (func (export "catch") (param i32) (result i32)
    (block $caught (result i32)
      (try_table (catch $tag $caught) (call $wait) (call $throws (local.get 0)))
      (i32.const -1))
    (call $wait)))

(assert_return (invoke "sum" (i32.const 20)) (i32.const 210))
(assert_return (invoke "values" (i64.const 10) (f64.const 2)) (f64.const 213.5))
(assert_trap (invoke "wait and trap") "unreachable")
(assert_return (invoke "sum" (i32.const 3)) (i32.const 6))
(assert_trap (invoke "wait and divide" (i32.const 0)) "integer divide by zero")
(assert_return (invoke "wait and divide" (i32.const 1)) (i32.const 1))
(assert_trap (invoke "wait and load" (i32.const -4)) "out of bounds memory access")
(assert_trap (invoke "wait and overflow") "call stack exhausted")
(assert_return (invoke "sum" (i32.const 100)) (i32.const 5050))
(assert_return (invoke "object" (i32.const 41)) (i32.const 41))
(assert_return (invoke "object" (i32.const 42)) (i32.const 42))
(assert_return (invoke "catch" (i32.const 7)) (i32.const 7))
(assert_trap (invoke "wait and overflow") "call stack exhausted")
(assert_return (invoke "sum" (i32.const 2)) (i32.const 3))
