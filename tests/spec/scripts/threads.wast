;; Threads, which share an instance by name and nothing else.
(module $shared (memory (export "memory") 1 1 shared))
(register "outside" $shared)

(thread $first (shared (module $shared))
  (register "inside" $shared)
  (module $own
    (import "inside" "memory" (memory 1 1 shared))
    (func (export "add") (param i32) (result i32) (i32.atomic.rmw.add (i32.const 0) (local.get 0))))
  (assert_return (invoke $own "add" (i32.const 5)) (i32.const 0))
  (assert_return (invoke "add" (i32.const 0)) (i32.const 5))
  (assert_unlinkable (module (import "outside" "memory" (memory 1 1 shared))) "unknown import"))
(wait $first)

(thread $second (shared (module $shared))
  (register "inside" $shared)
  (module
    (import "inside" "memory" (memory 1 1 shared))
    (func (export "wake") (result i32) (memory.atomic.notify (i32.const 0) (i32.const 1)))
    (func (export "load") (result i32) (i32.atomic.load (i32.const 0))))
  (assert_return (invoke "load") (i32.const 5))
  (assert_return (invoke "wake") (i32.const 0)))
(wait $second)

(module $own
  (import "outside" "memory" (memory 1 1 shared))
  (func (export "load") (result i32) (i32.load (i32.const 0))))
(assert_return (invoke $own "load") (i32.const 5))
(assert_unlinkable (module (import "inside" "memory" (memory 1 1 shared))) "unknown import")
