;; Arithmetic of 128 bits by halves: products of a run-time library's function and of code that was inlined, sums and differences
;; whose carry a comparison computes, and some that are almost such.
(module
  (memory 1)
  (global $stack (mut i32) (i32.const 1024))

  ;; A run-time library's product of two numbers of 128 bits, whose result goes to memory.
  (func $multiply (param $to i32) (param $a i64) (param $ah i64) (param $b i64) (param $bh i64)
    (local $low i64) (local $middle i64) (local $other i64)
    (local.set $low (i64.mul (i64.and (local.get $a) (i64.const 0xffffffff)) (i64.and (local.get $b) (i64.const 0xffffffff))))
    (local.set $middle (i64.add
      (i64.shr_u (local.get $low) (i64.const 32))
      (i64.mul (i64.shr_u (local.get $a) (i64.const 32)) (i64.and (local.get $b) (i64.const 0xffffffff)))))
    (local.set $other (i64.add
      (i64.mul (i64.and (local.get $a) (i64.const 0xffffffff)) (i64.shr_u (local.get $b) (i64.const 32)))
      (i64.and (local.get $middle) (i64.const 0xffffffff))))
    (i64.store offset=8 (local.get $to)
      (i64.add
        (i64.add (i64.mul (local.get $ah) (local.get $b)) (i64.mul (local.get $bh) (local.get $a)))
        (i64.add
          (i64.add (i64.shr_u (local.get $middle) (i64.const 32)) (i64.shr_u (local.get $other) (i64.const 32)))
          (i64.mul (i64.shr_u (local.get $a) (i64.const 32)) (i64.shr_u (local.get $b) (i64.const 32))))))
    (i64.store (local.get $to)
      (i64.or (i64.shl (local.get $other) (i64.const 32)) (i64.and (local.get $low) (i64.const 0xffffffff)))))

  ;; Its callers: the upper half of an unsigned product and of a signed one.
  (func (export "unsigned") (param $a i64) (param $b i64) (result i64) (local $frame i32)
    (global.set $stack (local.tee $frame (i32.sub (global.get $stack) (i32.const 16))))
    (call $multiply (local.get $frame) (local.get $a) (i64.const 0) (local.get $b) (i64.const 0))
    (global.set $stack (i32.add (local.get $frame) (i32.const 16)))
    (i64.load offset=8 (local.get $frame)))
  (func (export "signed") (param $a i64) (param $b i64) (result i64) (local $frame i32)
    (global.set $stack (local.tee $frame (i32.sub (global.get $stack) (i32.const 32))))
    (call $multiply (i32.add (local.get $frame) (i32.const 8))
      (local.get $a) (i64.shr_s (local.get $a) (i64.const 63)) (local.get $b) (i64.shr_s (local.get $b) (i64.const 63)))
    (global.set $stack (i32.add (local.get $frame) (i32.const 32)))
    (i64.xor (i64.load offset=8 (local.get $frame)) (i64.load offset=16 (local.get $frame))))

  ;; A sum and a difference of 128 bits.
  (func (export "sum") (param $a i64) (param $ah i64) (param $b i64) (param $bh i64) (result i64) (local $low i64)
    (i64.xor
      (local.tee $low (i64.add (local.get $a) (local.get $b)))
      (i64.add (i64.add (local.get $ah) (local.get $bh))
        (i64.extend_i32_u (i64.lt_u (local.get $low) (local.get $b))))))
  (func (export "difference") (param $a i64) (param $ah i64) (param $b i64) (param $bh i64) (result i64)
    (i64.xor
      (i64.sub (local.get $a) (local.get $b))
      (i64.sub (i64.sub (local.get $ah) (local.get $bh))
        (i64.extend_i32_u (i64.lt_u (local.get $a) (local.get $b))))))

  ;; Not a product: the carry of the middle products is lost.
  (func (export "almost") (param $a i64) (param $b i64) (result i64) (local $middle i64)
    (local.set $middle (i64.add
      (i64.mul (i64.shr_u (local.get $a) (i64.const 32)) (i64.and (local.get $b) (i64.const 0xffffffff)))
      (i64.add
        (i64.mul (i64.and (local.get $a) (i64.const 0xffffffff)) (i64.shr_u (local.get $b) (i64.const 32)))
        (i64.shr_u
          (i64.mul (i64.and (local.get $a) (i64.const 0xffffffff)) (i64.and (local.get $b) (i64.const 0xffffffff)))
          (i64.const 32)))))
    (i64.add
      (i64.mul (i64.shr_u (local.get $a) (i64.const 32)) (i64.shr_u (local.get $b) (i64.const 32)))
      (i64.shr_u (local.get $middle) (i64.const 32)))))
