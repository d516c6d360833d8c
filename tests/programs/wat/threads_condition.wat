;; A bounded queue of four places between three producers and two consumers: a mutex, and two condition variables that are
;; sequence numbers. What is consumed is summed up, and printed.
;; forms: core
;; oracle: file
(module
  (import "env" "memory" (memory 1 4 shared))
  (import "wasi" "thread-spawn" (func $spawn (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (export "memory" (memory 0))
  ;; 0: mutex; 4: sequence of "not full"; 8: of "not empty"; 12: first; 16: count; 20: items left to consume;
  ;; 24: sum, 8 bytes; 32: threads that have ended; 64: the queue
  (func $lock
    (loop $again
      (if (i32.atomic.rmw.xchg (i32.const 0) (i32.const 1))
        (then
          (drop (memory.atomic.wait32 (i32.const 0) (i32.const 1) (i64.const 1000000)))
          (br $again)))))
  (func $unlock
    (i32.atomic.store (i32.const 0) (i32.const 0))
    (drop (memory.atomic.notify (i32.const 0) (i32.const 1))))
  (func $wait (param $condition i32) (local $seen i32)
    (local.set $seen (i32.atomic.load (local.get $condition)))
    (call $unlock)
    (drop (memory.atomic.wait32 (local.get $condition) (local.get $seen) (i64.const -1)))
    (call $lock))
  (func $signal (param $condition i32)
    (drop (i32.atomic.rmw.add (local.get $condition) (i32.const 1)))
    (drop (memory.atomic.notify (local.get $condition) (i32.const -1))))
  (func $place (param $at i32) (result i32)
    (i32.add (i32.const 64) (i32.shl (i32.and (local.get $at) (i32.const 3)) (i32.const 2))))
  (func $produce (local $value i32)
    (local.set $value (i32.const 1000))
    (loop $next
      (call $lock)
      (loop $full
        (if (i32.eq (i32.load (i32.const 16)) (i32.const 4)) (then (call $wait (i32.const 4)) (br $full))))
      (i32.store (call $place (i32.add (i32.load (i32.const 12)) (i32.load (i32.const 16)))) (local.get $value))
      (i32.store (i32.const 16) (i32.add (i32.load (i32.const 16)) (i32.const 1)))
      (call $signal (i32.const 8))
      (call $unlock)
      (br_if $next (local.tee $value (i32.sub (local.get $value) (i32.const 1))))))
  (func $consume
    (loop $next
      (call $lock)
      (block $end
        (loop $empty
          (br_if $end (i32.eqz (i32.load (i32.const 20))))
          (if (i32.eqz (i32.load (i32.const 16))) (then (call $wait (i32.const 8)) (br $empty))))
        (i64.store (i32.const 24)
          (i64.add (i64.load (i32.const 24)) (i64.load32_u (call $place (i32.load (i32.const 12))))))
        (i32.store (i32.const 12) (i32.add (i32.load (i32.const 12)) (i32.const 1)))
        (i32.store (i32.const 16) (i32.sub (i32.load (i32.const 16)) (i32.const 1)))
        (i32.store (i32.const 20) (i32.sub (i32.load (i32.const 20)) (i32.const 1)))
        (call $signal (i32.const 4))
        (call $signal (i32.const 8))
        (call $unlock)
        (br $next))
      (call $unlock)))
  (func (export "wasi_thread_start") (param i32) (param $consumes i32)
    (if (local.get $consumes) (then (call $consume)) (else (call $produce)))
    (call $signal (i32.const 32)))
  (func $print (param $number i64) (local $at i32)
    (local.set $at (i32.const 1023))
    (i32.store8 (local.get $at) (i32.const 10))
    (loop $digit
      (local.set $at (i32.sub (local.get $at) (i32.const 1)))
      (i32.store8 (local.get $at) (i32.add (i32.const 48) (i32.wrap_i64 (i64.rem_u (local.get $number) (i64.const 10)))))
      (local.set $number (i64.div_u (local.get $number) (i64.const 10)))
      (br_if $digit (i32.wrap_i64 (local.get $number))))
    (i32.store (i32.const 1024) (local.get $at))
    (i32.store (i32.const 1028) (i32.sub (i32.const 1024) (local.get $at)))
    (drop (call $fd_write (i32.const 1) (i32.const 1024) (i32.const 1) (i32.const 1032))))
  (func $spawned (param $consumes i32)
    (if (i32.le_s (call $spawn (local.get $consumes)) (i32.const 0)) (then unreachable)))
  (func (export "_start") (local $seen i32)
    (i32.store (i32.const 20) (i32.const 3000))
    (call $spawned (i32.const 0))
    (call $spawned (i32.const 1))
    (call $spawned (i32.const 0))
    (call $spawned (i32.const 1))
    (call $spawned (i32.const 0))
    (loop $again
      (if (i32.ne (local.tee $seen (i32.atomic.load (i32.const 32))) (i32.const 5))
        (then
          (drop (memory.atomic.wait32 (i32.const 32) (local.get $seen) (i64.const -1)))
          (br $again))))
    (call $print (i64.load (i32.const 24)))))
