;; More values are alive than there are registers: products follow their factors as soon as both are there.
(module
  (memory 1)
  (func (export "integers") (param $p i32) (result i64)
    (local $v0 i64) (local $v1 i64) (local $v2 i64) (local $v3 i64) (local $v4 i64) (local $v5 i64) (local $v6 i64) (local $v7 i64) (local $v8 i64) (local $v9 i64) (local $v10 i64) (local $v11 i64) (local $v12 i64) (local $v13 i64) (local $v14 i64) (local $v15 i64) (local $v16 i64) (local $v17 i64)
    (local.set $v0 (i64.load offset=0 (local.get $p)))
    (local.set $v1 (i64.load offset=8 (local.get $p)))
    (local.set $v2 (i64.load offset=16 (local.get $p)))
    (local.set $v3 (i64.load offset=24 (local.get $p)))
    (local.set $v4 (i64.load offset=32 (local.get $p)))
    (local.set $v5 (i64.load offset=40 (local.get $p)))
    (local.set $v6 (i64.load offset=48 (local.get $p)))
    (local.set $v7 (i64.load offset=56 (local.get $p)))
    (local.set $v8 (i64.load offset=64 (local.get $p)))
    (local.set $v9 (i64.load offset=72 (local.get $p)))
    (local.set $v10 (i64.load offset=80 (local.get $p)))
    (local.set $v11 (i64.load offset=88 (local.get $p)))
    (local.set $v12 (i64.load offset=96 (local.get $p)))
    (local.set $v13 (i64.load offset=104 (local.get $p)))
    (local.set $v14 (i64.load offset=112 (local.get $p)))
    (local.set $v15 (i64.load offset=120 (local.get $p)))
    (local.set $v16 (i64.load offset=128 (local.get $p)))
    (local.set $v17 (i64.load offset=136 (local.get $p)))
    (i64.mul (local.get $v0) (local.get $v1))
    (i64.mul (local.get $v2) (local.get $v3)) i64.add
    (i64.mul (local.get $v4) (local.get $v5)) i64.add
    (i64.mul (local.get $v6) (local.get $v7)) i64.add
    (i64.mul (local.get $v8) (local.get $v9)) i64.add
    (i64.mul (local.get $v10) (local.get $v11)) i64.add
    (i64.mul (local.get $v12) (local.get $v13)) i64.add
    (i64.mul (local.get $v14) (local.get $v15)) i64.add
    (i64.mul (local.get $v16) (local.get $v17)) i64.add)
  ;; A store is crossed by arithmetic only.
  (func (export "across_a_store") (param $p i32) (result f64)
    (local $v0 f64) (local $v1 f64) (local $v2 f64) (local $v3 f64) (local $v4 f64) (local $v5 f64) (local $v6 f64) (local $v7 f64) (local $v8 f64) (local $v9 f64) (local $v10 f64) (local $v11 f64) (local $v12 f64) (local $v13 f64) (local $v14 f64) (local $v15 f64) (local $v16 f64) (local $v17 f64) (local $v18 f64) (local $v19 f64)
    (local.set $v0 (f64.load offset=0 (local.get $p)))
    (local.set $v1 (f64.load offset=8 (local.get $p)))
    (local.set $v2 (f64.load offset=16 (local.get $p)))
    (local.set $v3 (f64.load offset=24 (local.get $p)))
    (local.set $v4 (f64.load offset=32 (local.get $p)))
    (local.set $v5 (f64.load offset=40 (local.get $p)))
    (local.set $v6 (f64.load offset=48 (local.get $p)))
    (local.set $v7 (f64.load offset=56 (local.get $p)))
    (local.set $v8 (f64.load offset=64 (local.get $p)))
    (local.set $v9 (f64.load offset=72 (local.get $p)))
    (local.set $v10 (f64.load offset=80 (local.get $p)))
    (f64.store offset=64 (local.get $p) (local.get $v1))
    (local.set $v11 (f64.load offset=88 (local.get $p)))
    (local.set $v12 (f64.load offset=96 (local.get $p)))
    (local.set $v13 (f64.load offset=104 (local.get $p)))
    (local.set $v14 (f64.load offset=112 (local.get $p)))
    (local.set $v15 (f64.load offset=120 (local.get $p)))
    (local.set $v16 (f64.load offset=128 (local.get $p)))
    (local.set $v17 (f64.load offset=136 (local.get $p)))
    (local.set $v18 (f64.load offset=144 (local.get $p)))
    (local.set $v19 (f64.load offset=152 (local.get $p)))
    (f64.mul (local.get $v0) (local.get $v1))
    (f64.mul (local.get $v2) (local.get $v3)) f64.add
    (f64.mul (local.get $v4) (local.get $v5)) f64.add
    (f64.mul (local.get $v6) (local.get $v7)) f64.add
    (f64.mul (local.get $v8) (local.get $v9)) f64.add
    (f64.mul (local.get $v10) (local.get $v11)) f64.add
    (f64.mul (local.get $v12) (local.get $v13)) f64.add
    (f64.mul (local.get $v14) (local.get $v15)) f64.add
    (f64.mul (local.get $v16) (local.get $v17)) f64.add
    (f64.mul (local.get $v18) (local.get $v19)) f64.add)
  ;; There are enough registers.
  (func (export "few") (param $p i32) (result i64)
    (local $v0 i64) (local $v1 i64) (local $v2 i64) (local $v3 i64) (local $v4 i64) (local $v5 i64) (local $v6 i64) (local $v7 i64)
    (local.set $v0 (i64.load offset=0 (local.get $p)))
    (local.set $v1 (i64.load offset=8 (local.get $p)))
    (local.set $v2 (i64.load offset=16 (local.get $p)))
    (local.set $v3 (i64.load offset=24 (local.get $p)))
    (local.set $v4 (i64.load offset=32 (local.get $p)))
    (local.set $v5 (i64.load offset=40 (local.get $p)))
    (local.set $v6 (i64.load offset=48 (local.get $p)))
    (local.set $v7 (i64.load offset=56 (local.get $p)))
    (i64.mul (local.get $v0) (local.get $v1))
    (i64.mul (local.get $v2) (local.get $v3)) i64.add
    (i64.mul (local.get $v4) (local.get $v5)) i64.add
    (i64.mul (local.get $v6) (local.get $v7)) i64.add))
