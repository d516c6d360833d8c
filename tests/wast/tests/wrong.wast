;; Every directive that has to fail says so at its end; the test beside this file compares.
(module
  (func (export "one") (result i32) (i32.const 1))
  (func (export "trap") unreachable)
  (func (export "nan") (result f32) (f32.div (f32.const 0) (f32.const 0)))
  (func $deep (export "deep") (call $deep))
  (func (export "extern") (param externref) (result externref) (local.get 0))
  (global (export "five") (mut i32) (i32.const 5)))
(assert_return (invoke "one") (i32.const 1))
(assert_return (invoke "one") (i32.const 2)) ;; fails
(assert_return (invoke "one") (i64.const 1)) ;; fails
(assert_return (invoke "one")) ;; fails
(assert_return (invoke "one" (i32.const 1)) (i32.const 1)) ;; fails
(assert_return (invoke "two") (i32.const 1)) ;; fails
(assert_return (invoke "trap")) ;; fails
(invoke "trap") ;; fails
(assert_trap (invoke "trap") "unreachable")
(assert_trap (invoke "trap") "integer overflow") ;; fails
(assert_trap (invoke "one") "unreachable") ;; fails
(assert_exhaustion (invoke "deep") "call stack exhausted")
(assert_exhaustion (invoke "one") "call stack exhausted") ;; fails
(assert_return (invoke "nan") (f32.const nan:canonical))
(assert_return (invoke "nan") (f32.const nan:0x200001)) ;; fails
(assert_return (invoke "extern" (ref.extern 0)) (ref.extern 0))
(assert_return (invoke "extern" (ref.extern 0)) (ref.extern 1)) ;; fails
(assert_return (invoke "extern" (ref.extern 0)) (ref.null extern)) ;; fails
(assert_return (get "five") (i32.const 5))
(assert_return (get "five") (i32.const 6)) ;; fails
(assert_return (get "six") (i32.const 6)) ;; fails
(assert_unlinkable (module (import "no" "where" (func))) "unknown import")
(assert_unlinkable (module) "unknown import") ;; fails
(assert_invalid (module (func (result i32))) "type mismatch")
(assert_invalid (module) "type mismatch") ;; fails
(assert_malformed (module quote "(func") "unexpected end")
(assert_malformed (module quote "(func)") "unexpected end") ;; fails
(assert_trap (module (func $trap unreachable) (start $trap)) "unreachable")
(assert_trap (module (func $fine) (start $fine)) "unreachable") ;; fails
(module $gone (import "no" "where" (func))) ;; fails
(assert_return (invoke $gone "one") (i32.const 1)) ;; fails
(module (func (result i32))) ;; fails
(module (func $f (type $t)) (type $t (func)) (type $c (cont $t)) (func (drop (cont.new $c (ref.func $f)))) (elem declare func $f) (func (export "v")))
(assert_return (invoke "v"))

(module $small (memory (export "memory") 1 3) (func (export "grow") (drop (memory.grow (i32.const 1)))))
(register "small" $small)
(assert_unlinkable (module (import "small" "memory" (memory 2))) "incompatible import type")
(invoke "grow")
(assert_unlinkable (module (import "small" "memory" (memory 2))) "incompatible import type") ;; fails
(module (import "small" "memory" (memory 2)))
(module (import "small" "memory" (memory 3))) ;; fails
