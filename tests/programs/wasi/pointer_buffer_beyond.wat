;; A buffer that lies beyond memory, in a list that doesn't.
;; forms: core
;; oracle: file
;; stderr: last line
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $call (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 8) "\f0\ff\00\00\11\00\00\00")
  (func (export "_start")
    (drop (call $call (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 0)))))
