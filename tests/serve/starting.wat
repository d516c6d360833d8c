;; A handler whose start function asks the host for something, unless it is to trap. Handling traps if that function hasn't run in this
;; instance; otherwise it sets no response.
(component
  (import "wasi:clocks/monotonic-clock@0.2.3" (instance $clock (export "now" (func (result u64)))))
  (import "wasi:http/types@0.2.3" (instance $types
    (export "incoming-request" (type (sub resource))) (export "response-outparam" (type (sub resource)))))
  (alias export $types "incoming-request" (type $request))
  (alias export $types "response-outparam" (type $outparam))
  (core func $now (canon lower (func $clock "now")))
  (core module $m
    (import "clock" "now" (func $now (result i64)))
    (memory 1)
    (global $begun (mut i32) (i32.const 0))
    (func $start
      (if (i32.ne (i32.load (i32.const 8)) (i32.const 0)) (then unreachable))
      (i64.store (i32.const 8) (call $now))
      (global.set $begun (i32.const TRAP))
      (if (i32.eqz (global.get $begun)) (then unreachable)))
    (start $start)
    (func (export "handle") (param i32 i32)
      (if (i64.eqz (i64.load (i32.const 8))) (then unreachable))
      (i32.store (i32.const 60000) (i32.const -1))))
  (core instance $i (instantiate $m (with "clock" (instance (export "now" (func $now))))))
  (func $handle (param "request" (own $request)) (param "response-out" (own $outparam))
    (canon lift (core func $i "handle")))
  (instance $handler (export "handle" (func $handle)))
  (export "wasi:http/incoming-handler@0.2.3" (instance $handler)))
