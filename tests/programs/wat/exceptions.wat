;; Exceptions in a program: each check prints a line of two numbers, what came out and what should.
(module $exceptions
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1 3)
  (type $unary (func (param i32) (result i32)))
  (tag $number (param i32))
  (tag $nothing)
  (tag $many (param i32 i64 f32 f64 funcref exnref))
  (global $kept (mut exnref) (ref.null exn))
  (global $depth (mut i32) (i32.const 0))
  (table $exceptions 4 10000 exnref)
  (table $functions 3 3 funcref)
  (elem (table $functions) (i32.const 0) func $throws_odd $passes $throws_nothing)

  ;; Prints a number in decimal, and a newline or a blank. The text is written backwards from 4096.
  (func $print (param $number i32) (param $end i32) (local $at i32)
    (local.set $at (i32.const 4095))
    (i32.store8 (local.get $at) (local.get $end))
    (loop $digit
      (local.set $at (i32.sub (local.get $at) (i32.const 1)))
      (i32.store8 (local.get $at) (i32.add (i32.const 48) (i32.rem_u (local.get $number) (i32.const 10))))
      (local.set $number (i32.div_u (local.get $number) (i32.const 10)))
      (br_if $digit (local.get $number)))
    (i32.store (i32.const 0) (local.get $at))
    (i32.store (i32.const 4) (i32.sub (i32.const 4096) (local.get $at)))
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))))

  (func $show (param $got i32) (param $wanted i32)
    (call $print (local.get $got) (i32.const 32))
    (call $print (local.get $wanted) (i32.const 10)))

  (func $throws_odd (type $unary)
    (if (i32.and (local.get 0) (i32.const 1)) (then (throw $number (local.get 0))))
    (local.get 0))
  (func $passes (type $unary) (return_call_indirect $functions (type $unary) (local.get 0) (i32.const 0)))
  (func $throws_nothing (type $unary) (throw $nothing))

  ;; Handlers by tag, in order, and what they leave alone.
  (func $by_tag (param $function i32) (param $value i32) (result i32)
    (block $nothing
      (block $number (result i32)
        (try_table (catch $number $number) (catch $nothing $nothing)
          (return (i32.add (i32.const 100)
            (call_indirect $functions (type $unary) (local.get $value) (local.get $function)))))
        (unreachable))
      (return (i32.add (i32.const 200))))
    (i32.const 300))

  ;; The inner one takes only what it names.
  (func $nested (param $function i32) (result i32)
    (block $all
      (try_table (catch_all $all)
        (block $number (result i32)
          (try_table (catch $number $number)
            (drop (call_indirect $functions (type $unary) (i32.const 5) (local.get $function))))
          (return (i32.const 1)))
        (drop)
        (return (i32.const 2))))
    (i32.const 3))

  ;; Locals have the values that they had when the call was made.
  (func $locals (result i32) (local $a i32) (local $b i64)
    (local.set $a (i32.const 1))
    (block $caught
      (try_table (catch_all $caught)
        (local.set $a (i32.const 20))
        (local.set $b (i64.const 300))
        (drop (call $throws_odd (i32.const 2)))
        (local.set $a (i32.const 4000))
        (drop (call $throws_odd (i32.const 3)))
        (local.set $a (i32.const 50000))))
    (i32.add (local.get $a) (i32.wrap_i64 (local.get $b))))

  ;; All types of values; arguments and results that registers have no room for.
  (func $throw_many (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i64 f64)
    (result i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32)
    (throw $many (local.get 11) (local.get 12) (f32.const 3.5) (local.get 13) (ref.func $throws_odd)
      (global.get $kept)))
  (elem declare func $throws_odd)
  (func $catch_many (local $e exnref) (local $f funcref) (local $d f64) (local $s f32) (local $l i64)
    (local $i i32) (local $before i32)
    (local.set $before (i32.const 77))
    (block $caught (result i32 i64 f32 f64 funcref exnref)
      (try_table (catch $many $caught)
        (call $throw_many (i32.const 1) (i32.const 2) (i32.const 3) (i32.const 4) (i32.const 5) (i32.const 6)
          (i32.const 7) (i32.const 8) (i32.const 9) (i32.const 10) (i32.const 11) (i32.const 12) (i64.const 13)
          (f64.const 14))
        (drop) (drop) (drop) (drop) (drop) (drop) (drop) (drop) (drop) (drop) (drop) (drop))
      (unreachable))
    (local.set $e) (local.set $f) (local.set $d) (local.set $s) (local.set $l) (local.set $i)
    (call $show (local.get $i) (i32.const 12))
    (call $show (i32.wrap_i64 (local.get $l)) (i32.const 13))
    (call $show (i32.trunc_f32_s (f32.mul (local.get $s) (f32.const 2))) (i32.const 7))
    (call $show (i32.trunc_f64_s (local.get $d)) (i32.const 14))
    (call $show (ref.is_null (local.get $f)) (i32.const 0))
    (call $show (ref.is_null (local.get $e)) (i32.const 1))
    (call $show (local.get $before) (i32.const 77)))

  ;; Through many frames, in the middle of a recursion that goes on.
  (func $down (param $n i32) (result i32) (local $r i32)
    (if (i32.eqz (local.get $n)) (then (throw $number (i32.const 9))))
    (block $caught (result i32)
      (if (i32.rem_u (local.get $n) (i32.const 100))
        (then (return (i32.add (call $down (i32.sub (local.get $n) (i32.const 1))) (i32.const 1)))))
      (try_table (catch $number $caught)
        (return (i32.add (call $down (i32.sub (local.get $n) (i32.const 1))) (i32.const 1))))
      (unreachable))
    (throw $number (i32.add (i32.const 1))))

  ;; References: kept, thrown again, in other exceptions.
  (func $reference (param $value i32) (result exnref)
    (block $caught (result i32 exnref)
      (try_table (catch_ref $number $caught) (drop (call $throws_odd (local.get $value))))
      (return (ref.null exn)))
    (return))
  (func $value_of (param $e exnref) (result i32)
    (block $caught (result i32)
      (try_table (catch $number $caught) (throw_ref (local.get $e)))
      (unreachable)))
  (func $inside (param $e exnref) (result exnref)
    (block $caught (result i32 i64 f32 f64 funcref exnref exnref)
      (try_table (catch_ref $many $caught)
        (throw $many (i32.const 0) (i64.const 0) (f32.const 0) (f64.const 0) (ref.null func)
          (local.get $e)))
      (unreachable))
    (return))
  (func $inner_of (param $e exnref) (result exnref)
    (block $caught (result i32 i64 f32 f64 funcref exnref)
      (try_table (catch $many $caught) (throw_ref (local.get $e)))
      (unreachable))
    (return))
  (func $references (local $i i32) (local $sum i32) (local $e exnref)
    (global.set $kept (call $reference (i32.const 41)))
    (table.set $exceptions (i32.const 2) (call $inside (call $reference (i32.const 43))))
    (local.set $e (call $reference (i32.const 45)))
    ;; Far more than there is room for: all but those above are garbage.
    (loop $next
      (local.set $sum (i32.add (local.get $sum) (call $value_of
        (call $inner_of (call $inside (call $reference (i32.or (local.get $i) (i32.const 1))))))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $i) (i32.const 20000))))
    (call $show (local.get $sum) (i32.const 200000000))
    (call $show (call $value_of (global.get $kept)) (i32.const 41))
    (call $show (call $value_of (call $inner_of (table.get $exceptions (i32.const 2)))) (i32.const 43))
    (call $show (call $value_of (local.get $e)) (i32.const 45))
    ;; And as many as a table holds at a time.
    (drop (table.grow $exceptions (ref.null exn) (i32.const 5000)))
    (local.set $i (i32.const 0))
    (loop $next
      (table.set $exceptions (local.get $i) (call $reference (i32.or (local.get $i) (i32.const 1))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $i) (i32.const 5000))))
    (call $show (call $value_of (table.get $exceptions (i32.const 100))) (i32.const 101))
    (call $show (call $value_of (table.get $exceptions (i32.const 4999))) (i32.const 4999))
    (table.fill $exceptions (i32.const 0) (ref.null exn) (i32.const 5004)))

  ;; Throws through frames that clean up.
  (func $clean_up (param $n i32)
    (block $caught (result exnref)
      (try_table (catch_all_ref $caught) (drop (call $throws_odd (i32.or (local.get $n) (i32.const 1)))))
      (return))
    (global.set $depth (i32.add (global.get $depth) (i32.const 1)))
    (throw_ref))
  (func $often (local $i i32)
    (loop $next
      (block $caught (result i32)
        (try_table (catch $number $caught) (call $clean_up (local.get $i)))
        (unreachable))
      (drop)
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $i) (i32.const 20000))))
    (call $show (global.get $depth) (i32.const 20000)))

  ;; To a handler in the same function, with and without a reference.
  (func $near (param $n i32) (result i32) (local $e exnref)
    (block $all (result exnref)
      (block $number (result i32)
        (try_table (catch $number $number) (catch_all_ref $all)
          (if (local.get $n) (then (throw $number (local.get $n))))
          (throw $nothing))
        (unreachable))
      (return))
    (local.set $e)
    (block $caught
      (try_table (catch $nothing $caught) (throw_ref (local.get $e))))
    (i32.const 17))

  ;; More handlers than the tables list with a call: in one construct, and around it.
  (tag $t0 (param i32)) (tag $t1 (param i32)) (tag $t2 (param i32)) (tag $t3 (param i32)) (tag $t4 (param i32)) (tag
  $t5 (param i32)) (tag $t6 (param i32)) (tag $t7 (param i32)) (tag $t8 (param i32)) (tag $t9 (param i32)) (tag $t10
  (param i32)) (tag $t11 (param i32)) (tag $t12 (param i32)) (tag $t13 (param i32)) (tag $t14 (param i32)) (tag $t15
  (param i32)) (tag $t16 (param i32)) (tag $t17 (param i32)) (tag $t18 (param i32)) (tag $t19 (param i32)) (tag $t20
  (param i32)) (tag $t21 (param i32)) (tag $t22 (param i32)) (tag $t23 (param i32)) (tag $t24 (param i32)) (tag $t25
  (param i32)) (tag $t26 (param i32)) (tag $t27 (param i32)) (tag $t28 (param i32)) (tag $t29 (param i32)) (tag $t30
  (param i32)) (tag $t31 (param i32)) (tag $t32 (param i32)) (tag $t33 (param i32)) (tag $t34 (param i32)) (tag $t35
  (param i32)) (tag $t36 (param i32)) (tag $t37 (param i32)) (tag $t38 (param i32)) (tag $t39 (param i32)) (tag $t40
  (param i32)) (tag $t41 (param i32)) (tag $t42 (param i32)) (tag $t43 (param i32)) (tag $t44 (param i32)) (tag $t45
  (param i32)) (tag $t46 (param i32)) (tag $t47 (param i32)) (tag $t48 (param i32)) (tag $t49 (param i32)) (tag $t50
  (param i32)) (tag $t51 (param i32)) (tag $t52 (param i32)) (tag $t53 (param i32)) (tag $t54 (param i32)) (tag $t55
  (param i32)) (tag $t56 (param i32)) (tag $t57 (param i32)) (tag $t58 (param i32)) (tag $t59 (param i32)) (tag $t60
  (param i32)) (tag $t61 (param i32)) (tag $t62 (param i32)) (tag $t63 (param i32)) (tag $t64 (param i32)) (tag $t65
  (param i32)) (tag $t66 (param i32)) (tag $t67 (param i32)) (tag $t68 (param i32)) (tag $t69 (param i32)) (tag $t70
  (param i32)) (tag $t71 (param i32)) (tag $t72 (param i32)) (tag $t73 (param i32)) (tag $t74 (param i32)) (tag $t75
  (param i32)) (tag $t76 (param i32)) (tag $t77 (param i32)) (tag $t78 (param i32)) (tag $t79 (param i32)) (tag $t80
  (param i32)) (tag $t81 (param i32)) (tag $t82 (param i32)) (tag $t83 (param i32)) (tag $t84 (param i32)) (tag $t85
  (param i32)) (tag $t86 (param i32)) (tag $t87 (param i32)) (tag $t88 (param i32)) (tag $t89 (param i32)) (tag $t90
  (param i32)) (tag $t91 (param i32)) (tag $t92 (param i32)) (tag $t93 (param i32)) (tag $t94 (param i32)) (tag $t95
  (param i32)) (tag $t96 (param i32)) (tag $t97 (param i32)) (tag $t98 (param i32)) (tag $t99 (param i32))
  (func $throw_one (param $tag i32)
    (block $b99 (block $b98 (block $b97 (block $b96 (block $b95 (block $b94 (block $b93 (block $b92 (block $b91
    (block $b90 (block $b89 (block $b88 (block $b87 (block $b86 (block $b85 (block $b84 (block $b83 (block $b82
    (block $b81 (block $b80 (block $b79 (block $b78 (block $b77 (block $b76 (block $b75 (block $b74 (block $b73
    (block $b72 (block $b71 (block $b70 (block $b69 (block $b68 (block $b67 (block $b66 (block $b65 (block $b64
    (block $b63 (block $b62 (block $b61 (block $b60 (block $b59 (block $b58 (block $b57 (block $b56 (block $b55
    (block $b54 (block $b53 (block $b52 (block $b51 (block $b50 (block $b49 (block $b48 (block $b47 (block $b46
    (block $b45 (block $b44 (block $b43 (block $b42 (block $b41 (block $b40 (block $b39 (block $b38 (block $b37
    (block $b36 (block $b35 (block $b34 (block $b33 (block $b32 (block $b31 (block $b30 (block $b29 (block $b28
    (block $b27 (block $b26 (block $b25 (block $b24 (block $b23 (block $b22 (block $b21 (block $b20 (block $b19
    (block $b18 (block $b17 (block $b16 (block $b15 (block $b14 (block $b13 (block $b12 (block $b11 (block $b10
    (block $b9 (block $b8 (block $b7 (block $b6 (block $b5 (block $b4 (block $b3 (block $b2 (block $b1 (block $b0
      (br_table $b0 $b1 $b2 $b3 $b4 $b5 $b6 $b7 $b8 $b9 $b10 $b11 $b12 $b13 $b14 $b15 $b16 $b17 $b18 $b19 $b20 $b21
      $b22 $b23 $b24 $b25 $b26 $b27 $b28 $b29 $b30 $b31 $b32 $b33 $b34 $b35 $b36 $b37 $b38 $b39 $b40 $b41 $b42 $b43
      $b44 $b45 $b46 $b47 $b48 $b49 $b50 $b51 $b52 $b53 $b54 $b55 $b56 $b57 $b58 $b59 $b60 $b61 $b62 $b63 $b64 $b65
      $b66 $b67 $b68 $b69 $b70 $b71 $b72 $b73 $b74 $b75 $b76 $b77 $b78 $b79 $b80 $b81 $b82 $b83 $b84 $b85 $b86 $b87
      $b88 $b89 $b90 $b91 $b92 $b93 $b94 $b95 $b96 $b97 $b98 $b99 (local.get $tag))
    ) (throw $t0 (i32.const 1000)) ) (throw $t1 (i32.const 1001)) ) (throw $t2 (i32.const 1002)) ) (throw $t3
    (i32.const 1003)) ) (throw $t4 (i32.const 1004)) ) (throw $t5 (i32.const 1005)) ) (throw $t6 (i32.const 1006)) )
    (throw $t7 (i32.const 1007)) ) (throw $t8 (i32.const 1008)) ) (throw $t9 (i32.const 1009)) ) (throw $t10
    (i32.const 1010)) ) (throw $t11 (i32.const 1011)) ) (throw $t12 (i32.const 1012)) ) (throw $t13 (i32.const
    1013)) ) (throw $t14 (i32.const 1014)) ) (throw $t15 (i32.const 1015)) ) (throw $t16 (i32.const 1016)) ) (throw
    $t17 (i32.const 1017)) ) (throw $t18 (i32.const 1018)) ) (throw $t19 (i32.const 1019)) ) (throw $t20 (i32.const
    1020)) ) (throw $t21 (i32.const 1021)) ) (throw $t22 (i32.const 1022)) ) (throw $t23 (i32.const 1023)) ) (throw
    $t24 (i32.const 1024)) ) (throw $t25 (i32.const 1025)) ) (throw $t26 (i32.const 1026)) ) (throw $t27 (i32.const
    1027)) ) (throw $t28 (i32.const 1028)) ) (throw $t29 (i32.const 1029)) ) (throw $t30 (i32.const 1030)) ) (throw
    $t31 (i32.const 1031)) ) (throw $t32 (i32.const 1032)) ) (throw $t33 (i32.const 1033)) ) (throw $t34 (i32.const
    1034)) ) (throw $t35 (i32.const 1035)) ) (throw $t36 (i32.const 1036)) ) (throw $t37 (i32.const 1037)) ) (throw
    $t38 (i32.const 1038)) ) (throw $t39 (i32.const 1039)) ) (throw $t40 (i32.const 1040)) ) (throw $t41 (i32.const
    1041)) ) (throw $t42 (i32.const 1042)) ) (throw $t43 (i32.const 1043)) ) (throw $t44 (i32.const 1044)) ) (throw
    $t45 (i32.const 1045)) ) (throw $t46 (i32.const 1046)) ) (throw $t47 (i32.const 1047)) ) (throw $t48 (i32.const
    1048)) ) (throw $t49 (i32.const 1049)) ) (throw $t50 (i32.const 1050)) ) (throw $t51 (i32.const 1051)) ) (throw
    $t52 (i32.const 1052)) ) (throw $t53 (i32.const 1053)) ) (throw $t54 (i32.const 1054)) ) (throw $t55 (i32.const
    1055)) ) (throw $t56 (i32.const 1056)) ) (throw $t57 (i32.const 1057)) ) (throw $t58 (i32.const 1058)) ) (throw
    $t59 (i32.const 1059)) ) (throw $t60 (i32.const 1060)) ) (throw $t61 (i32.const 1061)) ) (throw $t62 (i32.const
    1062)) ) (throw $t63 (i32.const 1063)) ) (throw $t64 (i32.const 1064)) ) (throw $t65 (i32.const 1065)) ) (throw
    $t66 (i32.const 1066)) ) (throw $t67 (i32.const 1067)) ) (throw $t68 (i32.const 1068)) ) (throw $t69 (i32.const
    1069)) ) (throw $t70 (i32.const 1070)) ) (throw $t71 (i32.const 1071)) ) (throw $t72 (i32.const 1072)) ) (throw
    $t73 (i32.const 1073)) ) (throw $t74 (i32.const 1074)) ) (throw $t75 (i32.const 1075)) ) (throw $t76 (i32.const
    1076)) ) (throw $t77 (i32.const 1077)) ) (throw $t78 (i32.const 1078)) ) (throw $t79 (i32.const 1079)) ) (throw
    $t80 (i32.const 1080)) ) (throw $t81 (i32.const 1081)) ) (throw $t82 (i32.const 1082)) ) (throw $t83 (i32.const
    1083)) ) (throw $t84 (i32.const 1084)) ) (throw $t85 (i32.const 1085)) ) (throw $t86 (i32.const 1086)) ) (throw
    $t87 (i32.const 1087)) ) (throw $t88 (i32.const 1088)) ) (throw $t89 (i32.const 1089)) ) (throw $t90 (i32.const
    1090)) ) (throw $t91 (i32.const 1091)) ) (throw $t92 (i32.const 1092)) ) (throw $t93 (i32.const 1093)) ) (throw
    $t94 (i32.const 1094)) ) (throw $t95 (i32.const 1095)) ) (throw $t96 (i32.const 1096)) ) (throw $t97 (i32.const
    1097)) ) (throw $t98 (i32.const 1098)) ) (throw $t99 (i32.const 1099)))
  (func $catch_one (param $tag i32) (result i32)
    (block $other (result exnref)
      (block $caught (result i32)
        (block $outer (result i32)
          (try_table (result i32) (catch $t99 $outer) (catch_all_ref $other)
            (try_table (result i32)
              (catch $t0 $caught) (catch $t1 $caught) (catch $t2 $caught) (catch $t3 $caught) (catch $t4 $caught)
              (catch $t5 $caught) (catch $t6 $caught) (catch $t7 $caught) (catch $t8 $caught) (catch $t9 $caught)
              (catch $t10 $caught) (catch $t11 $caught) (catch $t12 $caught) (catch $t13 $caught) (catch $t14
              $caught) (catch $t15 $caught) (catch $t16 $caught) (catch $t17 $caught) (catch $t18 $caught) (catch
              $t19 $caught) (catch $t20 $caught) (catch $t21 $caught) (catch $t22 $caught) (catch $t23 $caught)
              (catch $t24 $caught) (catch $t25 $caught) (catch $t26 $caught) (catch $t27 $caught) (catch $t28
              $caught) (catch $t29 $caught) (catch $t30 $caught) (catch $t31 $caught) (catch $t32 $caught) (catch
              $t33 $caught) (catch $t34 $caught) (catch $t35 $caught) (catch $t36 $caught) (catch $t37 $caught)
              (catch $t38 $caught) (catch $t39 $caught) (catch $t40 $caught) (catch $t41 $caught) (catch $t42
              $caught) (catch $t43 $caught) (catch $t44 $caught) (catch $t45 $caught) (catch $t46 $caught) (catch
              $t47 $caught) (catch $t48 $caught) (catch $t49 $caught) (catch $t50 $caught) (catch $t51 $caught)
              (catch $t52 $caught) (catch $t53 $caught) (catch $t54 $caught) (catch $t55 $caught) (catch $t56
              $caught) (catch $t57 $caught) (catch $t58 $caught) (catch $t59 $caught) (catch $t60 $caught) (catch
              $t61 $caught) (catch $t62 $caught) (catch $t63 $caught) (catch $t64 $caught) (catch $t65 $caught)
              (catch $t66 $caught) (catch $t67 $caught) (catch $t68 $caught) (catch $t69 $caught) (catch $t70
              $caught) (catch $t71 $caught) (catch $t72 $caught) (catch $t73 $caught) (catch $t74 $caught) (catch
              $t75 $caught) (catch $t76 $caught) (catch $t77 $caught) (catch $t78 $caught) (catch $t79 $caught)
              (catch $t80 $caught) (catch $t81 $caught) (catch $t82 $caught) (catch $t83 $caught) (catch $t84
              $caught) (catch $t85 $caught) (catch $t86 $caught) (catch $t87 $caught) (catch $t88 $caught) (catch
              $t89 $caught)
              (call $throw_one (local.get $tag))
              (unreachable))))
        (return (i32.add (i32.const 5000))))
      (return))
    (drop)
    (i32.const 1))

  ;; Tail calls leave the handlers of their function.
  (func $leaves (result i32)
    (block $caught
      (try_table (catch_all $caught) (return_call $throws_odd (i32.const 5))))
    (i32.const 0))
  (func $around_tail_call (result i32)
    (block $caught (result i32)
      (try_table (catch $number $caught) (drop (call $leaves)))
      (unreachable))
    (return (i32.add (i32.const 30))))

  (func (export "_start") (local $e exnref)
    (call $show (call $by_tag (i32.const 0) (i32.const 2)) (i32.const 102))
    (call $show (call $by_tag (i32.const 0) (i32.const 3)) (i32.const 203))
    (call $show (call $by_tag (i32.const 1) (i32.const 3)) (i32.const 203))
    (call $show (call $by_tag (i32.const 2) (i32.const 3)) (i32.const 300))
    (call $show (call $nested (i32.const 0)) (i32.const 2))
    (call $show (call $nested (i32.const 2)) (i32.const 3))
    (call $show (call $locals) (i32.const 4300))
    (call $catch_many)
    (block $caught (result i32)
      (try_table (catch $number $caught) (drop (call $down (i32.const 1000))))
      (i32.const 0))
    (call $show (i32.const 19))
    (call $references)
    (call $often)
    (call $show (call $near (i32.const 4)) (i32.const 4))
    (call $show (call $near (i32.const 0)) (i32.const 17))
    (call $show (call $around_tail_call) (i32.const 35))
    (call $show (call $catch_one (i32.const 0)) (i32.const 1000))
    (call $show (call $catch_one (i32.const 31)) (i32.const 1031))
    (call $show (call $catch_one (i32.const 32)) (i32.const 1032))
    (call $show (call $catch_one (i32.const 63)) (i32.const 1063))
    (call $show (call $catch_one (i32.const 64)) (i32.const 1064))
    (call $show (call $catch_one (i32.const 89)) (i32.const 1089))
    (call $show (call $catch_one (i32.const 90)) (i32.const 1))
    (call $show (call $catch_one (i32.const 99)) (i32.const 6099))))
