;; Bytes in reverse, as compilers write it, and what is almost that.
(module
  (func (export "of 32 bits") (param $x i32) (result i32)
    (i32.or
      (i32.rotr (i32.and (local.get $x) (i32.const 0x00ff00ff)) (i32.const 8))
      (i32.and (i32.rotr (local.get $x) (i32.const 24)) (i32.const 0x00ff00ff))))
  (func (export "of 16 bits") (param $x i32) (result i32)
    (i32.or
      (i32.and (i32.shl (local.get $x) (i32.const 8)) (i32.const 0xff00))
      (i32.and (i32.shr_u (local.get $x) (i32.const 8)) (i32.const 0xff))))
  (memory 1)
  (func (export "of a load") (param $at i32) (result i32) (local $x i32)
    (local.set $x (i32.load16_u (local.get $at)))
    (i32.and (i32.or (i32.shl (local.get $x) (i32.const 8)) (i32.shr_u (local.get $x) (i32.const 8))) (i32.const 0xffff)))
  ;; The lower half of a value of 64 bits.
  (func (export "of a half") (param $x i64) (result i64)
    (i64.or
      (i64.or (i64.shl (i64.and (local.get $x) (i64.const 0xff)) (i64.const 24)) (i64.shl (i64.and (local.get $x) (i64.const 0xff00)) (i64.const 8)))
      (i64.or (i64.and (i64.shr_u (local.get $x) (i64.const 8)) (i64.const 0xff00)) (i64.and (i64.shr_u (local.get $x) (i64.const 24)) (i64.const 0xff)))))
  ;; The two inner bytes stay where they are.
  (func (export "almost") (param $x i32) (result i32)
    (i32.or
      (i32.or (i32.shl (local.get $x) (i32.const 24)) (i32.and (local.get $x) (i32.const 0xffff00)))
      (i32.shr_u (local.get $x) (i32.const 24)))))
