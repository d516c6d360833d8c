;; A list of 2^32 - 1 buffers.
;; forms: core
;; oracle: file
;; stderr: last line
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $call (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_start")
    (drop (call $call (i32.const 1) (i32.const 8) (i32.const -1) (i32.const 0)))))
