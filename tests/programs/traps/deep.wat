;; A trap below more frames than wasmtime tells of.
;; stderr: last line
(module $traps
  (memory (export "memory") 1 2)
  (func $down (param i32)
    (if (i32.eqz (local.get 0)) (then (unreachable)))
    (call $down (i32.sub (local.get 0) (i32.const 1)))
    (i32.store (i32.const 0) (local.get 0)))
  (func (export "_start") (call $down (i32.const 20))))
