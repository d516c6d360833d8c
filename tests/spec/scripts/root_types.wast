;; Types at the root of components: imported, exported, used by functions of another component, and absent from the instance
;; that is imported.

;; Types that are imported alone. Nobody has to supply them.
(component
  (type $pair' (record (field "a" u32) (field "b" string)))
  (import "pair" (type $pair (eq $pair')))
  (import "other-pair" (type $other (eq $pair)))
  (core module $m
    (memory (export "memory") 1)
    (data (i32.const 16) "\07\00\00\00\20\00\00\00\03\00\00\00")
    (data (i32.const 32) "abc")
    (func (export "get") (result i32) (i32.const 16)))
  (core instance $i (instantiate $m))
  (func (export "get") (result $pair) (canon lift (core func $i "get") (memory (core memory $i "memory"))))
  (func (export "other") (result $other) (canon lift (core func $i "get") (memory (core memory $i "memory")))))
(assert_return (invoke "get") (record.const (field "a" u32.const 7) (field "b" str.const "abc")))
(assert_return (invoke "other") (record.const (field "a" u32.const 7) (field "b" str.const "abc")))

;; Instances of types only, and without anything, which nobody has to supply either.
(component
  (import "types" (instance $types
    (type $e' (enum "x" "y"))
    (export "e" (type $e (eq $e')))
    (type $l' (list $e))
    (export "l" (type (eq $l')))))
  (import "nothing" (instance))
  (import "nested" (instance
    (export "nothing" (instance))
    (export "types" (instance (type $n u32) (export "n" (type (eq $n)))))))
  (alias export $types "e" (type $e))
  (core module $m (func (export "last") (result i32) (i32.const 1)))
  (core instance $i (instantiate $m))
  (func (export "last") (result $e) (canon lift (core func $i "last"))))
(assert_return (invoke "last") (enum.const "y"))

;; Exported types of all kinds, also of components and instances.
(component
  (type $f' (flags "p" "q"))
  (export $f "f" (type $f'))
  (type (export "of-components") (component (import "g" (func)) (export "h" (func))))
  (type (export "of-instances") (instance (export "r" (type (sub resource)))))
  (core module $m (func (export "both") (result i32) (i32.const 3)))
  (core instance $i (instantiate $m))
  (func (export "both") (result $f) (canon lift (core func $i "both"))))
(assert_return (invoke "both") (flags.const "p" "q"))

;; A resource and a record, for those that follow. It is never called by itself.
(component $owner
  (type $r' (resource (rep i32)))
  (export $r "r" (type $r'))
  (type $tagged' (record (field "tag" u32) (field "value" u64)))
  (export $tagged "tagged" (type $tagged'))
  (core func $new (canon resource.new $r'))
  (core func $rep (canon resource.rep $r'))
  (core module $m
    (import "" "rep" (func $rep (param i32) (result i32)))
    (func (export "rep") (param i32) (result i32) (call $rep (local.get 0)))
    (func (export "sum") (param i32 i64) (result i64) (i64.add (local.get 1) (i64.extend_i32_u (local.get 0)))))
  (core instance $i (instantiate $m (with "" (instance (export "rep" (func $rep))))))
  (func (export "make") (param "rep" u32) (result (own $r)) (canon lift (core func $new)))
  (func (export "rep-of") (param "r" (own $r)) (result u32) (canon lift (core func $i "rep")))
  (func (export "sum") (param "t" $tagged) (result u64) (canon lift (core func $i "sum"))))

;; Beside the instance come types that are imported alone: of its resource, of a list of handles, of a record of the importer's.
(component $user
  (import "owner" (instance $owner
    (export "r" (type $r (sub resource)))
    (export "make" (func (param "rep" u32) (result (own $r))))
    (export "rep-of" (func (param "r" (own $r)) (result u32)))))
  (alias export $owner "r" (type $r))
  (import "same-r" (type $same (eq $r)))
  (type $point' (record (field "x" s32) (field "y" s32)))
  (import "point" (type $point (eq $point')))
  (type $choice' (variant (case "point" $point) (case "text" string) (case "none")))
  (import "choice" (type $choice (eq $choice')))
  (type $maybe' (option $point))
  (import "maybe" (type $maybe (eq $maybe')))
  (type $many' (list (tuple u8 $point)))
  (import "many" (type $many (eq $many')))
  (type $outcome' (result $point (error char)))
  (import "outcome" (type $outcome (eq $outcome')))
  (type $plain' bool)
  (import "plain" (type $plain (eq $plain')))
  (core func $make (canon lower (func $owner "make")))
  (core func $rep (canon lower (func $owner "rep-of")))
  (core module $m
    (import "" "make" (func $make (param i32) (result i32)))
    (import "" "rep" (func $rep (param i32) (result i32)))
    (memory (export "memory") 1)
    (func (export "through") (param i32) (result i32) (call $rep (call $make (local.get 0))))
    (func (export "take") (param i32) (result i32) (call $rep (local.get 0)))
    (func (export "make") (param i32) (result i32) (call $make (local.get 0)))
    (func (export "swap") (param i32 i32) (result i32)
      (i32.store (i32.const 8) (local.get 1))
      (i32.store (i32.const 12) (local.get 0))
      (i32.const 8))
    (func (export "chosen") (result i32)
      (i32.store8 (i32.const 16) (i32.const 0))
      (i32.store (i32.const 20) (i32.const -1))
      (i32.store (i32.const 24) (i32.const 2))
      (i32.const 16)))
  (core instance $i (instantiate $m (with "" (instance (export "make" (func $make)) (export "rep" (func $rep))))))
  (func (export "through") (param "rep" u32) (result u32) (canon lift (core func $i "through")))
  (func (export "take") (param "r" (own $same)) (result u32) (canon lift (core func $i "take")))
  (func (export "make") (param "rep" u32) (result (own $same)) (canon lift (core func $i "make")))
  (func (export "swap") (param "p" $point) (result $point)
    (canon lift (core func $i "swap") (memory (core memory $i "memory"))))
  (func (export "chosen") (result $choice) (canon lift (core func $i "chosen") (memory (core memory $i "memory"))))
  (func (export "maybe") (result $maybe) (canon lift (core func $i "chosen") (memory (core memory $i "memory"))))
  (func (export "outcome") (result $outcome) (canon lift (core func $i "chosen") (memory (core memory $i "memory"))))
  (func (export "plain") (param "p" u32) (result $plain) (canon lift (core func $i "through"))))
(assert_return (invoke "through" (u32.const 41)) (u32.const 41))
(assert_return (invoke "swap" (record.const (field "x" s32.const 1) (field "y" s32.const -2)))
  (record.const (field "x" s32.const -2) (field "y" s32.const 1)))
(assert_return (invoke "chosen")
  (variant.const "point" (record.const (field "x" s32.const -1) (field "y" s32.const 2))))
(assert_return (invoke "maybe") (option.none))
(assert_return (invoke "outcome") (result.ok (record.const (field "x" s32.const -1) (field "y" s32.const 2))))
(assert_return (invoke "plain" (u32.const 1)) (bool.const true))

;; A third one has the resource from the first by way of functions of the second.
(component
  (import "owner" (instance $owner
    (export "r" (type $r (sub resource)))
    (export "rep-of" (func (param "r" (own $r)) (result u32)))))
  (alias export $owner "r" (type $r))
  (import "user" (instance $user
    (export "make" (func (param "rep" u32) (result (own $r))))
    (export "take" (func (param "r" (own $r)) (result u32)))))
  (core func $make (canon lower (func $user "make")))
  (core func $take (canon lower (func $user "take")))
  (core func $rep (canon lower (func $owner "rep-of")))
  (core module $m
    (import "" "make" (func $make (param i32) (result i32)))
    (import "" "take" (func $take (param i32) (result i32)))
    (import "" "rep" (func $rep (param i32) (result i32)))
    (func (export "both") (param i32) (result i32)
      (i32.add (call $take (call $make (local.get 0))) (call $rep (call $make (i32.const 1000))))))
  (core instance $i (instantiate $m
    (with "" (instance (export "make" (func $make)) (export "take" (func $take)) (export "rep" (func $rep))))))
  (func (export "both") (param "rep" u32) (result u32) (canon lift (core func $i "both"))))
(assert_return (invoke "both" (u32.const 7)) (u32.const 1007))

;; The instance lacks types that are wanted besides its functions; of a resource it may be the same one under another name.
(component
  (import "owner" (instance $owner
    (export "r" (type $r (sub resource)))
    (export "r-again" (type $again (eq $r)))
    (type $tagged' (record (field "tag" u32) (field "value" u64)))
    (export "tagged" (type $tagged (eq $tagged')))
    (export "absent" (type (eq $tagged)))
    (type $absent-flags' (flags "a" "b" "c"))
    (export "absent-flags" (type (eq $absent-flags')))
    (export "make" (func (param "rep" u32) (result (own $r))))
    (export "rep-of" (func (param "r" (own $again)) (result u32)))
    (export "sum" (func (param "t" $tagged) (result u64)))))
  (core func $make (canon lower (func $owner "make")))
  (core func $rep (canon lower (func $owner "rep-of")))
  (core func $sum (canon lower (func $owner "sum")))
  (core module $m
    (import "" "make" (func $make (param i32) (result i32)))
    (import "" "rep" (func $rep (param i32) (result i32)))
    (import "" "sum" (func $sum (param i32 i64) (result i64)))
    (func (export "through") (param i32) (result i64)
      (call $sum (call $rep (call $make (local.get 0))) (i64.const 0x100000000))))
  (core instance $i (instantiate $m
    (with "" (instance (export "make" (func $make)) (export "rep" (func $rep)) (export "sum" (func $sum))))))
  (func (export "through") (param "rep" u32) (result u64) (canon lift (core func $i "through"))))
(assert_return (invoke "through" (u32.const 5)) (u64.const 0x100000005))

;; What isn't a type has to be there, and a resource has to be somebody's; equal types are compared.
(assert_unlinkable
  (component (import "owner" (instance (type $t u32) (export "t" (type (eq $t))) (export "f" (func)))))
  "was not found")
(assert_unlinkable (component (import "nobody" (type (sub resource)))) "was not found")
(assert_unlinkable
  (component (import "owner" (instance (type $t u32) (export "tagged" (type (eq $t))) (export "s" (type (sub resource))))))
  "was not found")

;; Threads of a script: one finds the instance that is shared with it, and none of the others.
(component $shared
  (core module $m (func (export "seven") (result i32) (i32.const 7)))
  (core instance $i (instantiate $m))
  (func (export "seven") (result u32) (canon lift (core func $i "seven"))))
(thread $t (shared (module $shared))
  (register "seven" $shared)
  (component
    (import "seven" (instance $seven (export "seven" (func (result u32)))))
    (core func $seven (canon lower (func $seven "seven")))
    (core module $m
      (import "" "seven" (func $seven (result i32)))
      (func (export "eight") (result i32) (i32.add (call $seven) (i32.const 1))))
    (core instance $i (instantiate $m (with "" (instance (export "seven" (func $seven))))))
    (func (export "eight") (result u32) (canon lift (core func $i "eight"))))
  (assert_return (invoke "eight") (u32.const 8))
  (assert_return (invoke $shared "seven") (u32.const 7))
  (assert_unlinkable (component (import "owner" (instance (export "rep-of" (func))))) "was not found"))
(wait $t)
(assert_return (invoke $shared "seven") (u32.const 7))
