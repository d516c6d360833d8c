;; Calls between a component's own core code and the components in it: a parent calls its child, a child calls what its
;; parent lifted, and both call the relatives of each other farther away. Only a function that the caller's own component
;; instance lifted can't be called. Text and lists are in nested_text.wast.

;; A child that is given its parent's function, and a parent that calls the child.
(component definition $Both
  (core module $outer (func (export "twice") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2))))
  (core instance $outer (instantiate $outer))
  (func $twice (param "x" u32) (result u32) (canon lift (core func $outer "twice")))
  (component $child
    (import "twice" (func $twice (param "x" u32) (result u32)))
    (core func $twice (canon lower (func $twice)))
    (core module $m
      (import "" "twice" (func $twice (param i32) (result i32)))
      (func (export "twice-more-one") (param i32) (result i32) (i32.add (call $twice (local.get 0)) (i32.const 1))))
    (core instance $i (instantiate $m (with "" (instance (export "twice" (func $twice))))))
    (func (export "up") (param "x" u32) (result u32) (canon lift (core func $i "twice-more-one")))
    ;; The parent's function as it came, lifted again without any code of the child's.
    (func (export "lifted-again") (param "x" u32) (result u32) (canon lift (core func $twice))))
  (instance $child (instantiate $child (with "twice" (func $twice))))
  (core func $up (canon lower (func $child "up")))
  (core func $lifted-again (canon lower (func $child "lifted-again")))
  (core module $inner
    (import "" "up" (func $up (param i32) (result i32)))
    (import "" "lifted-again" (func $lifted-again (param i32) (result i32)))
    (func (export "down-and-up") (param i32) (result i32) (call $up (i32.add (local.get 0) (i32.const 100))))
    (func (export "lifted-again") (param i32) (result i32) (call $lifted-again (local.get 0))))
  (core instance $inner (instantiate $inner (with "" (instance
    (export "up" (func $up))
    (export "lifted-again" (func $lifted-again))))))
  (export "up" (func $child "up"))
  (func (export "down-and-up") (param "x" u32) (result u32) (canon lift (core func $inner "down-and-up")))
  (func (export "lifted-again") (param "x" u32) (result u32) (canon lift (core func $inner "lifted-again"))))
(component instance $both $Both)
(assert_return (invoke "up" (u32.const 4)) (u32.const 9))
(assert_return (invoke "down-and-up" (u32.const 4)) (u32.const 209))
(assert_return (invoke "lifted-again" (u32.const 4)) (u32.const 8))

;; The other pairs of relatives: a grandparent's code, the middle's and a grandchild's, through imports and exports that
;; the middle only passes on; two instances of one definition; components that are given to a component, or found around
;; it. Each function says whose it is with a digit behind what it was given.
(component definition $Family
  (core module $digit
    (import "" "next" (func $next (param i32) (result i32)))
    (import "" "digit" (global $digit i32))
    (func (export "last") (param i32) (result i32)
      (i32.add (i32.mul (local.get 0) (i32.const 10)) (global.get $digit)))
    (func (export "on") (param i32) (result i32)
      (call $next (i32.add (i32.mul (local.get 0) (i32.const 10)) (global.get $digit)))))
  (core module $digits
    (global (export "1") i32 (i32.const 1))
    (global (export "2") i32 (i32.const 2))
    (global (export "3") i32 (i32.const 3))
    (global (export "4") i32 (i32.const 4)))
  (core module $nothing (func (export "next") (param i32) (result i32) (unreachable)))
  (core instance $digits (instantiate $digits))
  (core instance $nothing (instantiate $nothing))
  (core instance $end (instantiate $digit (with "" (instance
    (export "next" (func $nothing "next"))
    (export "digit" (global $digits "1"))))))
  (func $first (param "x" u32) (result u32) (canon lift (core func $end "last")))

  ;; The youngest: calls what it is given.
  (component $youngest
    (import "first" (func $first (param "x" u32) (result u32)))
    (core func $next (canon lower (func $first)))
    (alias outer $Family $digits (core module $digits))
    (alias outer $Family $digit (core module $digit))
    (core instance $digits (instantiate $digits))
    (core instance $i (instantiate $digit (with "" (instance
      (export "next" (func $next))
      (export "digit" (global $digits "3"))))))
    (func (export "last") (param "x" u32) (result u32) (canon lift (core func $i "last")))
    (func (export "on") (param "x" u32) (result u32) (canon lift (core func $i "on"))))

  ;; The middle: its youngest calls the eldest; its own code calls the youngest and is called by it.
  (component $middle
    (import "first" (func $first (param "x" u32) (result u32)))
    (import "youngest" (component $youngest
      (import "first" (func (param "x" u32) (result u32)))
      (export "last" (func (param "x" u32) (result u32)))
      (export "on" (func (param "x" u32) (result u32)))))
    (alias outer $Family $digits (core module $digits))
    (alias outer $Family $digit (core module $digit))
    (instance $far (instantiate $youngest (with "first" (func $first))))
    (core instance $digits (instantiate $digits))
    (core func $far (canon lower (func $far "on")))
    (core instance $i (instantiate $digit (with "" (instance
      (export "next" (func $far))
      (export "digit" (global $digits "2"))))))
    (func $last (param "x" u32) (result u32) (canon lift (core func $i "last")))
    (func $on (param "x" u32) (result u32) (canon lift (core func $i "on")))
    (instance $near (instantiate $youngest (with "first" (func $on))))
    (instance $names (export "far" (func $far "on")) (export "near" (func $near "on")))
    (export "far" (func $names "far"))
    (export "near" (func $names "near"))
    (export "last" (func $last))
    (export "on" (func $on)))
  (instance $middle (instantiate $middle (with "first" (func $first)) (with "youngest" (component $youngest))))
  (instance $second (instantiate $middle (with "first" (func $middle "near")) (with "youngest" (component $youngest))))

  (core func $far (canon lower (func $middle "far")))
  (core func $near (canon lower (func $middle "near")))
  (core func $on (canon lower (func $second "on")))
  (core instance $to-far (instantiate $digit (with "" (instance
    (export "next" (func $far)) (export "digit" (global $digits "4"))))))
  (core instance $to-near (instantiate $digit (with "" (instance
    (export "next" (func $near)) (export "digit" (global $digits "4"))))))
  (core instance $to-on (instantiate $digit (with "" (instance
    (export "next" (func $on)) (export "digit" (global $digits "4"))))))
  (func (export "far") (param "x" u32) (result u32) (canon lift (core func $to-far "on")))
  (func (export "near") (param "x" u32) (result u32) (canon lift (core func $to-near "on")))
  (func (export "second") (param "x" u32) (result u32) (canon lift (core func $to-on "on"))))
(component instance $family $Family)
(assert_return (invoke "far" (u32.const 0)) (u32.const 431))
(assert_return (invoke "near" (u32.const 0)) (u32.const 43231))
(assert_return (invoke "second" (u32.const 0)) (u32.const 4233231))

;; A parent and its child call each other in turns, as deep as they like.
(component definition $Turns
  (core module $outer
    (type $f (func (param i32) (result i32)))
    (table (export "table") 1 funcref)
    (func (export "down") (param i32) (result i32)
      (if (result i32) (local.get 0)
        (then (i32.add (i32.const 1)
          (call_indirect (type $f) (i32.sub (local.get 0) (i32.const 1)) (i32.const 0))))
        (else (i32.const 0)))))
  (core instance $outer (instantiate $outer))
  (func $down (export "down") (param "x" u32) (result u32) (canon lift (core func $outer "down")))
  (component $child
    (import "down" (func $down (param "x" u32) (result u32)))
    (core func $down (canon lower (func $down)))
    (core module $m
      (import "" "down" (func $down (param i32) (result i32)))
      (func (export "up") (param i32) (result i32) (i32.add (i32.const 1) (call $down (local.get 0)))))
    (core instance $i (instantiate $m (with "" (instance (export "down" (func $down))))))
    (func (export "up") (param "x" u32) (result u32) (canon lift (core func $i "up"))))
  (instance $child (instantiate $child (with "down" (func $down))))
  (core func $up (canon lower (func $child "up")))
  (core module $fix
    (import "" "table" (table 1 funcref))
    (import "" "up" (func $up (param i32) (result i32)))
    (elem (i32.const 0) func $up))
  (core instance (instantiate $fix (with "" (instance
    (export "table" (table $outer "table"))
    (export "up" (func $up)))))))
(component instance $turns $Turns)
(assert_return (invoke "down" (u32.const 0)) (u32.const 0))
(assert_return (invoke "down" (u32.const 1)) (u32.const 2))
(assert_return (invoke "down" (u32.const 100)) (u32.const 200))

;; A function that the caller's own component instance lifted: as it is, through a child that only passes it on, and
;; through a child that calls it, which may. Another instance of the same definition isn't the caller's.
(component definition $Own
  (component $own
    (import "next" (func $next (result u32)))
    (core func $next (canon lower (func $next)))
    (core module $m (import "" "next" (func $next (result i32))) (func (export "run") (result i32) (call $next)))
    (core instance $i (instantiate $m (with "" (instance (export "next" (func $next))))))
    (func (export "next") (result u32) (canon lift (core func $i "run"))))
  (component $pass
    (import "next" (func $next (result u32)))
    (export "next" (func $next)))
  (core module $five (func (export "five") (result i32) (i32.const 5)))
  (core instance $five (instantiate $five))
  (func $five (result u32) (canon lift (core func $five "five")))
  (instance $passed (instantiate $pass (with "next" (func $five))))
  (instance $called (instantiate $own (with "next" (func $passed "next"))))
  (instance $again (instantiate $own (with "next" (func $called "next"))))
  (core func $direct (canon lower (func $five)))
  (core func $passed (canon lower (func $passed "next")))
  (core func $called (canon lower (func $again "next")))
  (core module $m
    (import "" "direct" (func $direct (result i32)))
    (import "" "passed" (func $passed (result i32)))
    (import "" "called" (func $called (result i32)))
    (func (export "direct") (result i32) (call $direct))
    (func (export "passed") (result i32) (call $passed))
    (func (export "called") (result i32) (call $called)))
  (core instance $i (instantiate $m (with "" (instance
    (export "direct" (func $direct))
    (export "passed" (func $passed))
    (export "called" (func $called))))))
  (func (export "direct") (result u32) (canon lift (core func $i "direct")))
  (func (export "passed") (result u32) (canon lift (core func $i "passed")))
  (func (export "called") (result u32) (canon lift (core func $i "called"))))
(component instance $own $Own)
(assert_return (invoke "called") (u32.const 5))
(assert_trap (invoke "direct") "cannot enter component instance")
(component instance $own $Own)
(assert_trap (invoke "passed") "cannot enter component instance")

;; While a parent is allocating for a child's result, it may not be left for the child either.
(component definition $Leaving
  (component $child
    (core module $m
      (memory (export "memory") 1)
      (func (export "text") (result i32)
        (i32.store (i32.const 0) (i32.const 16))
        (i32.store (i32.const 4) (i32.const 1))
        (i32.const 0))
      (func (export "nothing")))
    (core instance $i (instantiate $m))
    (func (export "text") (result string) (canon lift (core func $i "text") (memory (core memory $i "memory"))))
    (func (export "nothing") (canon lift (core func $i "nothing"))))
  (instance $child (instantiate $child))
  (core func $nothing (canon lower (func $child "nothing")))
  (core module $libc
    (import "" "nothing" (func $nothing))
    (memory (export "memory") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (call $nothing) (i32.const 64)))
  (core instance $libc (instantiate $libc (with "" (instance (export "nothing" (func $nothing))))))
  (core func $text (canon lower (func $child "text")
    (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))
  (core module $m
    (import "" "text" (func $text (param i32)))
    (import "" "nothing" (func $nothing))
    (func (export "text") (call $text (i32.const 0)))
    (func (export "nothing") (call $nothing)))
  (core instance $i (instantiate $m (with "" (instance
    (export "text" (func $text))
    (export "nothing" (func $nothing))))))
  (func (export "text") (canon lift (core func $i "text")))
  (func (export "nothing") (canon lift (core func $i "nothing"))))
(component instance $leaving $Leaving)
(assert_return (invoke "nothing"))
(assert_trap (invoke "text") "cannot leave component instance")

;; More parameters than fit into registers, and a result that has several values: both go through memory.
(component definition $Wide
  (type $row (tuple u8 s16 u32 s64 f32 f64 char bool u8 s16 u32 s64 f32 f64 char bool u64))
  (core module $m
    (memory (export "memory") 1)
    (global $next (mut i32) (i32.const 256))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (global.set $next (i32.and (i32.add (global.get $next) (i32.const 15)) (i32.const -8)))
      (global.get $next)
      (global.set $next (i32.add (global.get $next) (local.get 3))))
    (func (export "same") (param i32) (result i32) (local.get 0)))
  (core instance $i (instantiate $m))
  (func $same (param "x" $row) (result $row)
    (canon lift (core func $i "same") (memory (core memory $i "memory")) (realloc (core func $i "realloc"))))
  (component $child
    (type $row (tuple u8 s16 u32 s64 f32 f64 char bool u8 s16 u32 s64 f32 f64 char bool u64))
    (import "same" (func $same (param "x" $row) (result $row)))
    (alias outer $Wide $m (core module $m))
    (core instance $libc (instantiate $m))
    (core func $same (canon lower (func $same) (memory (core memory $libc "memory"))))
    (core module $pass
      (import "" "same" (func $same (param i32 i32)))
      (func (export "same") (param i32) (result i32) (call $same (local.get 0) (i32.const 128)) (i32.const 128)))
    (core instance $pass (instantiate $pass (with "" (instance (export "same" (func $same))))))
    (func (export "same") (param "x" $row) (result $row)
      (canon lift (core func $pass "same") (memory (core memory $libc "memory")) (realloc (core func $libc "realloc")))))
  (instance $child (instantiate $child (with "same" (func $same))))
  (export "same" (func $child "same")))
(component instance $wide $Wide)
(assert_return
  (invoke "same" (tuple.const (u8.const 1) (s16.const -2) (u32.const 3) (s64.const -4) (f32.const 5.5) (f64.const 6.5)
    (char.const "7") (bool.const true) (u8.const 9) (s16.const -10) (u32.const 11) (s64.const -12) (f32.const 13.5)
    (f64.const 14.5) (char.const "€") (bool.const false) (u64.const 17)))
  (tuple.const (u8.const 1) (s16.const -2) (u32.const 3) (s64.const -4) (f32.const 5.5) (f64.const 6.5)
    (char.const "7") (bool.const true) (u8.const 9) (s16.const -10) (u32.const 11) (s64.const -12) (f32.const 13.5)
    (f64.const 14.5) (char.const "€") (bool.const false) (u64.const 17)))
