;; A path whose end lies beyond memory.
;; forms: core
;; oracle: file
;; stderr: last line
(module
  (import "wasi_snapshot_preview1" "path_create_directory" (func $call (param i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_start")
    (drop (call $call (i32.const 3) (i32.const 65535) (i32.const -1)))))
