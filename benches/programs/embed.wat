;; A plugin: functions whose work is the passing of their values.
(component
  (core module $module
    (memory (export "memory") 64)
    (global $next (mut i32) (i32.const 1024))
    ;; Room behind the last, from the beginning for each call.
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (local $place i32)
      (local.set $place (i32.and (i32.add (global.get $next) (i32.const 7)) (i32.const -8)))
      (global.set $next (i32.add (local.get $place) (local.get 3)))
      (local.get $place))
    (func (export "begin-anew") (param i32) (global.set $next (i32.const 1024)))
    (func (export "next") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
    ;; What came, as it is.
    (func (export "echo") (param i32 i32) (result i32)
      (i32.store (i32.const 16) (local.get 0))
      (i32.store (i32.const 20) (local.get 1))
      (i32.const 16)))
  (core instance $core (instantiate $module))
  (alias core export $core "memory" (core memory $memory))
  (alias core export $core "realloc" (core func $realloc))
  (alias core export $core "echo" (core func $echo))
  (alias core export $core "begin-anew" (core func $begin_anew))
  (type $a-point (record (field "x" u32) (field "y" u32)))
  (export $point "point" (type $a-point))
  (func (export "next") (param "number" u32) (result u32) (canon lift (core func $core "next")))
  (func (export "echo-text") (param "text" string) (result string)
    (canon lift (core func $echo) (memory $memory) (realloc $realloc) (post-return $begin_anew)))
  (func (export "echo-points") (param "points" (list $point)) (result (list $point))
    (canon lift (core func $echo) (memory $memory) (realloc $realloc) (post-return $begin_anew))))
