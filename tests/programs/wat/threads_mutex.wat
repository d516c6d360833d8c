;; Eight threads add to a counter under a mutex, and to another by atomic addition; each has its own globals.
;; forms: core
;; oracle: file
(module
  (import "env" "memory" (memory 1 4 shared))
  (import "wasi" "thread-spawn" (func $spawn (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (export "memory" (memory 0))
  (global $own (mut i32) (i32.const 7))
  (data (i32.const 1024) "counted\n")
  (data (i32.const 1040) "\00\04\00\00\08\00\00\00")
  (func $lock
    (loop $again
      (if (i32.atomic.rmw.cmpxchg (i32.const 0) (i32.const 0) (i32.const 1))
        (then
          (drop (memory.atomic.wait32 (i32.const 0) (i32.const 1) (i64.const -1)))
          (br $again)))))
  (func $unlock
    (i32.atomic.store (i32.const 0) (i32.const 0))
    (drop (memory.atomic.notify (i32.const 0) (i32.const 1))))
  (func (export "wasi_thread_start") (param $number i32) (param $rounds i32)
    (if (i32.ne (global.get $own) (i32.const 7)) (then unreachable))
    (global.set $own (local.get $number))
    (loop $again
      (call $lock)
      (i32.store (i32.const 8) (i32.add (i32.load (i32.const 8)) (i32.const 1)))
      (call $unlock)
      (drop (i32.atomic.rmw.add (i32.const 16) (i32.const 1)))
      (br_if $again (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
    (if (i32.ne (global.get $own) (local.get $number)) (then unreachable))
    (drop (i32.atomic.rmw.add (i32.const 24) (i32.const 1)))
    (drop (memory.atomic.notify (i32.const 24) (i32.const -1))))
  (func (export "_start") (local $left i32) (local $seen i32)
    (local.set $left (i32.const 8))
    (loop $again
      (if (i32.le_s (call $spawn (i32.const 5000)) (i32.const 0)) (then unreachable))
      (br_if $again (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
    (loop $again
      (if (i32.ne (local.tee $seen (i32.atomic.load (i32.const 24))) (i32.const 8))
        (then
          (drop (memory.atomic.wait32 (i32.const 24) (local.get $seen) (i64.const -1)))
          (br $again))))
    (if (i32.ne (i32.load (i32.const 8)) (i32.const 40000)) (then unreachable))
    (if (i32.ne (i32.load (i32.const 16)) (i32.const 40000)) (then unreachable))
    (if (i32.ne (global.get $own) (i32.const 7)) (then unreachable))
    (drop (call $write (i32.const 1) (i32.const 1040) (i32.const 1) (i32.const 1048)))))
