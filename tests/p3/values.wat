;; Calls functions of 0.3 whose results can be known.
(component
  (import "wasi:clocks/monotonic-clock@0.3.0" (instance $clock
    (export "get-resolution" (func (result u64)))
    (export "wait-until" (func async (param "when" u64)))))
  (import "wasi:clocks/system-clock@0.3.0" (instance $system
    (type $i (record (field "seconds" s64) (field "nanoseconds" u32)))
    (export "instant" (type $instant (eq $i)))
    (export "now" (func (result $instant)))
    (export "get-resolution" (func (result u64)))))
  (import "wasi:cli/environment@0.3.0" (instance $environment
    (export "get-initial-cwd" (func (result (option string))))))
  (import "wasi:random/insecure-seed@0.3.0" (instance $seed
    (export "get-insecure-seed" (func (result (tuple u64 u64))))))
  (core module $libc
    (memory (export "memory") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024)))
  (core instance $libc (instantiate $libc))
  (alias core export $libc "memory" (core memory $memory))
  (alias core export $libc "realloc" (core func $realloc))
  (core func $get-resolution (canon lower (func $clock "get-resolution")))
  (core func $wait-until (canon lower (func $clock "wait-until") async))
  (core func $now (canon lower (func $system "now") (memory $memory)))
  (core func $system-resolution (canon lower (func $system "get-resolution")))
  (core func $initial-cwd (canon lower (func $environment "get-initial-cwd") (memory $memory) (realloc $realloc)))
  (core func $get-seed (canon lower (func $seed "get-insecure-seed") (memory $memory)))
  (core module $main
    (import "" "memory" (memory 1))
    (import "" "get-resolution" (func $get-resolution (result i64)))
    (import "" "wait-until" (func $wait-until (param i64) (result i32)))
    (import "" "now" (func $now (param i32)))
    (import "" "system-resolution" (func $system-resolution (result i64)))
    (import "" "initial-cwd" (func $initial-cwd (param i32)))
    (import "" "get-seed" (func $get-seed (param i32)))
    (func (export "run") (result i32)
      (if (i64.ne (call $get-resolution) (i64.const 1)) (then (unreachable)))
      (if (i64.ne (call $system-resolution) (i64.const 1)) (then (unreachable)))
      ;; A moment that is past needs no wait.
      (if (i32.ne (call $wait-until (i64.const 0)) (i32.const 2)) (then (unreachable)))
      ;; It is after 2020.
      (call $now (i32.const 16))
      (if (i64.lt_s (i64.load (i32.const 16)) (i64.const 1577836800)) (then (unreachable)))
      (i32.store8 (i32.const 32) (i32.const 7))
      (call $initial-cwd (i32.const 32))
      (if (i32.load8_u (i32.const 32)) (then (unreachable)))
      ;; The seed stays the same.
      (call $get-seed (i32.const 64))
      (call $get-seed (i32.const 80))
      (i64.ne (i64.load (i32.const 64)) (i64.load (i32.const 80)))))
  (core instance $main (instantiate $main (with "" (instance
    (export "memory" (memory $memory))
    (export "get-resolution" (func $get-resolution))
    (export "wait-until" (func $wait-until))
    (export "now" (func $now))
    (export "system-resolution" (func $system-resolution))
    (export "initial-cwd" (func $initial-cwd))
    (export "get-seed" (func $get-seed))))))
  (func $run async (result (result)) (canon lift (core func $main "run")))
  (instance $exported (export "run" (func $run)))
  (export "wasi:cli/run@0.3.0" (instance $exported)))
