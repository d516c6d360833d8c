;; A list that isn't aligned.
;; forms: core
;; oracle: file
;; stderr: last line
(module
  (import "wasi_snapshot_preview1" "fd_read" (func $call (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_start")
    (drop (call $call (i32.const 0) (i32.const 2) (i32.const 1) (i32.const 0)))))
