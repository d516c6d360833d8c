;; Hands each request to the next handler.
(component
  (import "wasi:http/types@0.2.3" (instance $types
    (export "incoming-request" (type (sub resource))) (export "response-outparam" (type (sub resource)))))
  (alias export $types "incoming-request" (type $request))
  (alias export $types "response-outparam" (type $outparam))
  (import "wasi:http/incoming-handler@0.2.3" (instance $next
    (alias outer 1 $request (type $next-request)) (alias outer 1 $outparam (type $next-outparam))
    (export "handle" (func (param "request" (own $next-request)) (param "response-out" (own $next-outparam))))))
  (core func $next (canon lower (func $next "handle")))
  (core module $middleware
    (import "next" "handle" (func $next (param i32 i32)))
    (func $pass (export "handle") (param i32 i32) (call $next (local.get 0) (local.get 1))))
  (core instance $i (instantiate $middleware (with "next" (instance (export "handle" (func $next))))))
  (func $handle (param "request" (own $request)) (param "response-out" (own $outparam))
    (canon lift (core func $i "handle")))
  (instance $handler (export "handle" (func $handle)))
  (export "wasi:http/incoming-handler@0.2.3" (instance $handler)))
