;; Atomic accesses: alignment is checked, bounds as for others; waiting and notifying are calls of the runtime.
(module
  (memory $shared (export "shared") 1 4 shared)
  (memory $own 1)

  (func (export "load") (param i32) (result i32) (i32.atomic.load offset=8 (local.get 0)))
  (func (export "load8") (param i32) (result i64) (i64.atomic.load8_u (local.get 0)))
  (func (export "store16") (param i32 i32) (i32.atomic.store16 (local.get 0) (local.get 1)))
  (func (export "add") (param i32 i64) (result i64) (i64.atomic.rmw.add (local.get 0) (local.get 1)))
  (func (export "exchange8") (param i32 i64) (result i64) (i64.atomic.rmw8.xchg_u (local.get 0) (local.get 1)))
  (func (export "compare") (param i32 i32 i32) (result i32)
    (i32.atomic.rmw.cmpxchg (local.get 0) (local.get 1) (local.get 2)))
  (func (export "at_constant") (result i32) (i32.atomic.load (i32.const 64)))
  (func (export "fence") (atomic.fence))
  ;; Nothing that was loaded before the fence is known behind it.
  (func (export "load_fence_load") (param i32) (result i32)
    (i32.load (local.get 0)) (atomic.fence) (i32.load (local.get 0)) (i32.add))
  (func (export "wait") (param i32 i32 i64) (result i32)
    (memory.atomic.wait32 (local.get 0) (local.get 1) (local.get 2)))
  (func (export "notify") (param i32 i32) (result i32) (memory.atomic.notify (local.get 0) (local.get 1)))
  (func (export "wait_in_own") (param i32) (result i32)
    (memory.atomic.wait64 $own (local.get 0) (i64.const 0) (i64.const 0)))
  (func (export "notify_own") (param i32) (result i32) (memory.atomic.notify $own (local.get 0) (i32.const 1))))
