;; Legacy exceptions, of what their own tests leave out: more handlers than a call has a list for, clauses in unreachable
;; code, exceptions that are thrown again from nested clauses, values and locals of all types.
(module
  (tag $e (param i32))
  (tag $other (param i32))
  (tag $all (param i32 i64 f32 f64 f32))
  (tag $none)
  (func $throws (param i32) (if (local.get 0) (then (throw $e (local.get 0)))))
  (func $throws_all (throw $all (i32.const 1) (i64.const 2) (f32.const 3.5) (f64.const 4) (f32.const -5.5)))

  ;; Thirty handlers that don't take the exception, in front of one that does.
  (func (export "many handlers") (param i32) (result i32)
    (try (result i32)
      (do
        try try try try try try try try try try try try try try try try try try try try try try try try try try try
        try try try
        (call $throws (local.get 0))
        catch $other (drop) end catch $other (drop) end catch $other (drop) end catch $other (drop) end
        catch $other (drop) end catch $other (drop) end catch $other (drop) end catch $other (drop) end
        catch $other (drop) end catch $other (drop) end catch $other (drop) end catch $other (drop) end
        catch $other (drop) end catch $other (drop) end catch $other (drop) end catch $other (drop) end
        catch $other (drop) end catch $other (drop) end catch $other (drop) end catch $other (drop) end
        catch $other (drop) end catch $other (drop) end catch $other (drop) end catch $other (drop) end
        catch $other (drop) end catch $other (drop) end catch $other (drop) end catch $other (drop) end
        catch $other (drop) end catch $other (drop) end
        (i32.const 7))
      (catch $e)))
  (func (export "many handlers, thrown here") (result i32)
    (try (result i32)
      (do
        try try try try try try try try try try try try try try try try try try try try try try try try try try try
        try try try
        (throw $e (i32.const 6))
        catch $other (drop) end catch $other (drop) end catch $other (drop) end catch $other (drop) end
        catch $other (drop) end catch $other (drop) end catch $other (drop) end catch $other (drop) end
        catch $other (drop) end catch $other (drop) end catch $other (drop) end catch $other (drop) end
        catch $other (drop) end catch $other (drop) end catch $other (drop) end catch $other (drop) end
        catch $other (drop) end catch $other (drop) end catch $other (drop) end catch $other (drop) end
        catch $other (drop) end catch $other (drop) end catch $other (drop) end catch $other (drop) end
        catch $other (drop) end catch $other (drop) end catch $other (drop) end catch $other (drop) end
        catch $other (drop) end catch $other (drop) end
        (i32.const 7))
      (catch $e)))
  (func (export "many delegates") (param i32) (result i32)
    (try (result i32)
      (do
        try try try try try try try try try try try try try try try try try try try try try try try try try try try
        try try try
        (call $throws (local.get 0))
        delegate 0 delegate 0 delegate 0 delegate 0 delegate 0 delegate 0 delegate 0 delegate 0 delegate 0 delegate 0
        delegate 0 delegate 0 delegate 0 delegate 0 delegate 0 delegate 0 delegate 0 delegate 0 delegate 0 delegate 0
        delegate 0 delegate 0 delegate 0 delegate 0 delegate 0 delegate 0 delegate 0 delegate 0 delegate 0 delegate 0
        (i32.const 7))
      (catch $e)))
  ;; The handlers between are passed over, whatever they take.
  (func (export "delegate over many") (param i32) (result i32)
    (try $outer (result i32)
      (do
        try try try try try try try try try try try try try try try try try try try try try try try try try try try
        try try try
        (try (do (try (do (call $throws (local.get 0))) (delegate $outer))) (catch_all (unreachable)))
        catch $other (drop) end catch $other (drop) end catch $other (drop) end catch $other (drop) end
        catch $other (drop) end catch $other (drop) end catch $other (drop) end catch $other (drop) end
        catch $other (drop) end catch $other (drop) end catch $other (drop) end catch $other (drop) end
        catch $other (drop) end catch $other (drop) end catch $other (drop) end catch $other (drop) end
        catch $other (drop) end catch $other (drop) end catch $other (drop) end catch $other (drop) end
        catch $other (drop) end catch $other (drop) end catch $other (drop) end catch $other (drop) end
        catch $other (drop) end catch $other (drop) end catch $other (drop) end catch $other (drop) end
        catch $other (drop) end catch $other (drop) end
        (i32.const 7))
      (catch $e (i32.const 100) (i32.add))))
  (func (export "delegate to the caller") (param i32)
    (try
      (do (try (do (try (do (call $throws (local.get 0))) (delegate 2))) (catch_all (unreachable))))
      (catch_all (unreachable))))

  ;; An exception keeps its values, also when others have been thrown and caught since.
  (func (export "rethrow outer") (result i32)
    (try (result i32)
      (do
        (try
          (do (call $throws (i32.const 41)))
          (catch $e
            (drop)
            (try
              (do (call $throws (i32.const 42)))
              (catch $e
                (drop)
                (try (do (throw $none)) (catch_all (rethrow 2)))))))
        (unreachable))
      (catch $e)))
  (func (export "rethrow inner") (result i32)
    (try (result i32)
      (do
        (try
          (do (call $throws (i32.const 41)))
          (catch $e (drop) (try (do (call $throws (i32.const 42))) (catch_all (rethrow 0)))))
        (unreachable))
      (catch $e)))
  (func (export "rethrow to the caller") (try (do (call $throws (i32.const 5))) (catch $e (drop) (rethrow 0))))
  ;; The first clause that takes the exception is the one.
  (func (export "clauses") (param i32) (result i32)
    (try (result i32)
      (do
        (block $none (block $all (block $e (br_table $e $all $none (local.get 0))) (call $throws (i32.const 10)))
          (call $throws_all))
        (throw $none))
      (catch $e)
      (catch $e (unreachable))
      (catch $all (drop) (drop) (drop) (drop) (drop) (i32.const 11))
      (catch_all (i32.const 12))))

  (func (export "values") (result i32 i64 f32 f64 f32)
    (try (result i32 i64 f32 f64 f32)
      (do (call $throws_all) (unreachable))
      (catch $all)))
  (func (export "parameters") (param i32) (result i32)
    (local.get 0)
    (try (param i32) (result i32)
      (do (call $throws) (i32.const 1))
      (catch $e (i32.const 2) (i32.mul))))
  ;; Locals are as they were at the throw, and the values below the construct stay.
  (func (export "locals") (param i32) (result i32)
    (local $count i32)
    (i32.const 1000)
    (loop $again (result i32)
      (try (result i32)
        (do
          (local.set $count (i32.add (local.get $count) (i32.const 1)))
          (call $throws (i32.lt_u (local.get $count) (local.get 0)))
          (local.get $count))
        (catch $e (drop) (br $again))))
    (i32.add))
  (func (export "branch out of a clause") (param i32) (result i32)
    (block $out (result i32)
      (try (do (call $throws (local.get 0))) (catch $e (i32.const 1) (i32.add) (br $out)) (catch_all (unreachable)))
      (i32.const 0)))
  (func (export "throw in a clause") (result i32)
    (try (result i32)
      (do (try (result i32) (do (throw $e (i32.const 3))) (catch $e (i32.const 1) (i32.add) (throw $e))))
      (catch $e)))

  ;; Nothing reaches these.
  (func (export "unreachable") (result i32)
    (try (result i32)
      (do
        (return (i32.const 9))
        (try (do (call $throws (i32.const 1)) (try (do (nop)) (delegate 0))) (catch $e (drop) (rethrow 0)) (catch_all))
        (i32.const 1))
      (catch $e (drop) (try (result i32) (do (i32.const 1)) (catch_all (rethrow 1))))
      (catch_all (i32.const 2))))
  (func (export "nothing throws") (result i32)
    (try (result i32) (do (i32.const 4)) (catch $e (drop) (rethrow 0)) (catch_all (rethrow 0))))
  ;; More exceptions than there are slots before the first search for free ones.
  (func (export "many rethrows") (param $count i32) (result i32)
    (local $sum i32)
    (loop $again
      (try
        (do (try (do (call $throws (local.get $count))) (catch_all (rethrow 0))))
        (catch $e (local.set $sum (i32.add (local.get $sum)))))
      (br_if $again (local.tee $count (i32.sub (local.get $count) (i32.const 1)))))
    (local.get $sum)))

(assert_return (invoke "many handlers" (i32.const 5)) (i32.const 5))
(assert_return (invoke "many handlers" (i32.const 0)) (i32.const 7))
(assert_return (invoke "many handlers, thrown here") (i32.const 6))
(assert_return (invoke "many delegates" (i32.const 5)) (i32.const 5))
(assert_return (invoke "many delegates" (i32.const 0)) (i32.const 7))
(assert_return (invoke "delegate over many" (i32.const 5)) (i32.const 105))
(assert_return (invoke "delegate over many" (i32.const 0)) (i32.const 7))
(assert_exception (invoke "delegate to the caller" (i32.const 1)))
(assert_return (invoke "delegate to the caller" (i32.const 0)))
(assert_return (invoke "rethrow outer") (i32.const 41))
(assert_return (invoke "rethrow inner") (i32.const 42))
(assert_exception (invoke "rethrow to the caller"))
(assert_return (invoke "clauses" (i32.const 0)) (i32.const 10))
(assert_return (invoke "clauses" (i32.const 1)) (i32.const 11))
(assert_return (invoke "clauses" (i32.const 2)) (i32.const 12))
(assert_return (invoke "values") (i32.const 1) (i64.const 2) (f32.const 3.5) (f64.const 4) (f32.const -5.5))
(assert_return (invoke "parameters" (i32.const 0)) (i32.const 1))
(assert_return (invoke "parameters" (i32.const 21)) (i32.const 42))
(assert_return (invoke "locals" (i32.const 5)) (i32.const 1005))
(assert_return (invoke "branch out of a clause" (i32.const 8)) (i32.const 9))
(assert_return (invoke "branch out of a clause" (i32.const 0)) (i32.const 0))
(assert_return (invoke "throw in a clause") (i32.const 4))
(assert_return (invoke "unreachable") (i32.const 9))
(assert_return (invoke "nothing throws") (i32.const 4))
(assert_return (invoke "many rethrows" (i32.const 5000)) (i32.const 12502500))

;; References to exceptions, and a heap beside them.
(module
  (type $box (struct (field i32)))
  (tag $e (param (ref $box)))
  (func $throws (param i32) (throw $e (struct.new $box (local.get 0))))
  (func (export "objects") (param i32) (result i32)
    (try (result i32)
      (do
        (try (do (call $throws (local.get 0))) (catch_all (drop (struct.new $box (i32.const 0))) (rethrow 0)))
        (i32.const 0))
      (catch $e (struct.get $box 0)))))
(assert_return (invoke "objects" (i32.const 77)) (i32.const 77))

;; A catch behind a catch_all, and what isn't a clause's construct.
(assert_invalid (module binary
  "\00asm\01\00\00\00\01\04\01\60\00\00\03\02\01\00\0a\09\01\07\00\06\40\19\19\0b\0b") "catch_all")
(assert_invalid (module (tag $e) (func (block (rethrow 0)))) "invalid rethrow label")
(assert_invalid (module (func (try (do (rethrow 0)) (catch_all)))) "invalid rethrow label")
