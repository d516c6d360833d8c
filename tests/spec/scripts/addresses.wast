;; Indices that are sums: a constant of one may become a part of the access's offset where the sum can't wrap, and nowhere else.
(module
  (memory 1)
  (data (i32.const 0) "\00\01\02\03\04\05\06\07\08\09\0a\0b\0c\0d\0e\0f\10\11\12\13")
  (data (i32.const 1024) "\64\65\66\67\68\69\6a\6b")

  (func (export "masked") (param i32) (result i32)
    (i32.load8_u (i32.add (i32.and (local.get 0) (i32.const 7)) (i32.const 1024))))
  ;; The sum wraps from 8 on.
  (func (export "masked-wraps") (param i32) (result i32)
    (i32.load8_u (i32.add (i32.and (local.get 0) (i32.const 15)) (i32.const -8))))
  (func (export "scaled") (param i32) (result i32)
    (i32.load8_u offset=1 (i32.add (i32.shl (i32.and (local.get 0) (i32.const 3)) (i32.const 1)) (i32.const 1024))))
  ;; The scaled index wraps for all but small numbers.
  (func (export "scaled-wraps") (param i32) (result i32)
    (i32.load8_u (i32.add (i32.shl (local.get 0) (i32.const 2)) (i32.const 1024))))
  (func (export "any") (param i32) (result i32)
    (i32.load8_u (i32.add (local.get 0) (i32.const 1024))))
  (func (export "any-offset") (param i32) (result i32)
    (i32.load8_u offset=4 (i32.add (local.get 0) (i32.const -4))))

  ;; Sums of the bytes that a counter from `start` by `step` reads, until a condition ends it.
  (func (export "up-to-zero") (result i32) (local $i i32) (local $sum i32)
    (local.set $i (i32.const -8))
    (loop $again
      (local.set $sum (i32.add (local.get $sum) (i32.load8_u (i32.add (local.get $i) (i32.const 1032)))))
      (br_if $again (local.tee $i (i32.add (local.get $i) (i32.const 1)))))
    (local.get $sum))
  (func (export "down-to-zero") (result i32) (local $i i32) (local $sum i32)
    (local.set $i (i32.const 8))
    (loop $again
      (local.set $sum (i32.add (local.get $sum) (i32.load8_u (i32.add (local.get $i) (i32.const 1023)))))
      (br_if $again (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))
    (local.get $sum))
  (func (export "less") (result i32) (local $i i32) (local $sum i32)
    (loop $again
      (local.set $sum (i32.add (local.get $sum) (i32.load8_u (i32.add (local.get $i) (i32.const 1024)))))
      (br_if $again (i32.lt_s (local.tee $i (i32.add (local.get $i) (i32.const 3))) (i32.const 8))))
    (local.get $sum))
  ;; A counter that misses its end, and wraps: it reads 0, 6, 12 and 18, then what lies outside.
  (func (export "misses") (result i32) (local $i i32) (local $sum i32)
    (loop $again
      (local.set $sum (i32.add (local.get $sum) (i32.load8_u (i32.add (local.get $i) (i32.const 4)))))
      (br_if $again (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 0x10000))) (i32.const 0x28000))))
    (local.get $sum))
  ;; Counters that pass 2³¹ and 2³².
  (func (export "past-signed") (result i32) (local $i i32) (local $sum i32)
    (local.set $i (i32.const 0x7ffffffe))
    (loop $again
      (local.set $sum (i32.add (local.get $sum)
        (i32.load8_u (i32.add (i32.add (local.get $i) (i32.const 2)) (i32.const 0x80000000)))))
      (br_if $again (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 0x80000002))))
    (local.get $sum))
  (func (export "past-unsigned") (result i32) (local $i i32) (local $sum i32)
    (local.set $i (i32.const -2))
    (loop $again
      (local.set $sum (i32.add (local.get $sum) (i32.load8_u (i32.add (local.get $i) (i32.const 2)))))
      (br_if $again (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 3))))
    (local.get $sum))
  ;; A counter beside another one: it has as many steps.
  (func (export "beside") (result i32) (local $i i32) (local $beside i32) (local $sum i32)
    (local.set $beside (i32.const 1040))
    (loop $again
      (local.set $sum (i32.add (local.get $sum) (i32.load8_u (i32.add (local.get $beside) (i32.const -16)))))
      (local.set $beside (i32.add (local.get $beside) (i32.const 2)))
      (br_if $again (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 4))))
    (local.get $sum))
  (func (export "beside-wraps") (result i32) (local $i i32) (local $beside i32) (local $sum i32)
    (local.set $beside (i32.const 3))
    (loop $again
      (local.set $sum (i32.add (local.get $sum) (i32.load8_u (i32.add (local.get $beside) (i32.const 4)))))
      (local.set $beside (i32.add (local.get $beside) (i32.const -2)))
      (br_if $again (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 4))))
    (local.get $sum)))

(assert_return (invoke "masked" (i32.const 0xfffffffb)) (i32.const 0x67))
(assert_return (invoke "masked-wraps" (i32.const 15)) (i32.const 7))
(assert_return (invoke "masked-wraps" (i32.const 8)) (i32.const 0))
(assert_trap (invoke "masked-wraps" (i32.const 7)) "out of bounds memory access")
(assert_return (invoke "scaled" (i32.const 7)) (i32.const 0x6b))
(assert_return (invoke "scaled-wraps" (i32.const 1)) (i32.const 0x68))
(assert_return (invoke "scaled-wraps" (i32.const 0x40000001)) (i32.const 0x68))
(assert_return (invoke "scaled-wraps" (i32.const -253)) (i32.const 12))
(assert_return (invoke "any" (i32.const 2)) (i32.const 0x66))
(assert_return (invoke "any" (i32.const -1019)) (i32.const 5))
(assert_trap (invoke "any" (i32.const -1025)) "out of bounds memory access")
(assert_return (invoke "any-offset" (i32.const 9)) (i32.const 9))
(assert_trap (invoke "any-offset" (i32.const 3)) "out of bounds memory access")
(assert_return (invoke "up-to-zero") (i32.const 828))
(assert_return (invoke "down-to-zero") (i32.const 828))
(assert_return (invoke "less") (i32.const 309))
(assert_trap (invoke "misses") "out of bounds memory access")
(assert_return (invoke "past-signed") (i32.const 6))
(assert_return (invoke "past-unsigned") (i32.const 10))
(assert_return (invoke "beside") (i32.const 412))
(assert_return (invoke "beside-wraps") (i32.const 16))
