;; A segment goes into a table after the table's own initial value, also where start-up has to make that value.

(module
  (type $bytes (array (mut i8)))
  (table $table 5 5 (ref null $bytes) (array.new_default $bytes (i32.const 24)))
  (elem (table $table) (i32.const 1) (ref null $bytes) (ref.null none) (array.new_default $bytes (i32.const 3)))
  (func (export "length") (param i32) (result i32) (array.len (table.get $table (local.get 0))))
)
(assert_return (invoke "length" (i32.const 0)) (i32.const 24))
(assert_trap (invoke "length" (i32.const 1)) "null array reference")
(assert_return (invoke "length" (i32.const 2)) (i32.const 3))
(assert_return (invoke "length" (i32.const 3)) (i32.const 24))

;; The same with constants only, and from another module.
(module $owner
  (table (export "table") 5 5 (ref null i31) (ref.i31 (i32.const 24)))
  (elem (i32.const 1) (ref null i31) (ref.null none))
  (func (export "get") (param i32) (result i32) (i31.get_s (table.get 0 (local.get 0))))
)
(register "owner" $owner)
(module
  (table (import "owner" "table") 5 (ref null i31))
  (elem (i32.const 2) (ref null i31) (ref.null none) (ref.i31 (i32.const 7)))
)
(assert_return (invoke $owner "get" (i32.const 0)) (i32.const 24))
(assert_trap (invoke $owner "get" (i32.const 1)) "null i31 reference")
(assert_trap (invoke $owner "get" (i32.const 2)) "null i31 reference")
(assert_return (invoke $owner "get" (i32.const 3)) (i32.const 7))
(assert_return (invoke $owner "get" (i32.const 4)) (i32.const 24))

;; A table that never has elements shares its address with what comes behind it.
(module
  (table $empty 0 0 funcref)
  (table $full 1 1 funcref)
  (tag $tag)
  (func (export "empty") (param i32) (result i32) (ref.is_null (table.get $empty (local.get 0))))
  (func (export "full") (param i32) (result i32) (ref.is_null (table.get $full (local.get 0))))
  (func (export "set") (param i32) (table.set $empty (local.get 0) (ref.null func)))
  (func (export "grow") (result i32) (table.grow $full (ref.null func) (i32.const 0)))
  (func (export "throw") (result i32)
    (block $caught (try_table (catch $tag $caught) (throw $tag)) unreachable)
    (i32.const 1))
)
(assert_trap (invoke "empty" (i32.const 0)) "out of bounds table access")
(assert_trap (invoke "set" (i32.const 0)) "out of bounds table access")
(assert_return (invoke "full" (i32.const 0)) (i32.const 1))
(assert_return (invoke "throw") (i32.const 1))
