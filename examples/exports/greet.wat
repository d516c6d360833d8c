;; A component that exports a function with a string as its parameter and another as its result.
(component
  (core module $greet
    (memory (export "memory") 1)
    (global $free (mut i32) (i32.const 1024))
    (data (i32.const 0) "Hello, ")
    ;; Places what the caller hands in one behind the other.
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (global.get $free)
      (global.set $free (i32.add (global.get $free) (local.get 3))))
    ;; Returns the address of a pointer and a length: those of the greeting.
    (func (export "greet") (param $name i32) (param $length i32) (result i32)
      (local $greeting i32)
      (local.set $greeting (global.get $free))
      (memory.copy (local.get $greeting) (i32.const 0) (i32.const 7))
      (memory.copy (i32.add (local.get $greeting) (i32.const 7)) (local.get $name) (local.get $length))
      (i32.store (i32.const 16) (local.get $greeting))
      (i32.store (i32.const 20) (i32.add (local.get $length) (i32.const 7)))
      (i32.const 16)))
  (core instance $i (instantiate $greet))
  (func (export "greet") (param "name" string) (result string)
    (canon lift (core func $i "greet") (memory (core memory $i "memory")) (realloc (core func $i "realloc")))))
