;; Garbage-collected types in a program: each line is what came out and what should.
(module $objects
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (type $text (array (mut i8)))
  (type $shape (sub (struct (field $area (mut i32)))))
  (type $square (sub $shape (struct (field $area (mut i32)) (field $side i8))))
  (type $named (sub final $square (struct (field $area (mut i32)) (field $side i8) (field $name (ref $text)))))
  (type $tree (struct (field $left (ref null $tree)) (field $key i32) (field $right (ref null $tree))))
  (type $shapes (array (mut (ref null $shape))))
  (type $visit (func (param (ref $shape)) (result i32)))
  (global $made (mut i32) (i32.const 0))
  (data $letters "collected")
  (elem declare func $area $double)

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

  ;; A binary tree of this depth, with the numbers from $first on as keys.
  (func $grow (param $depth i32) (param $first i32) (result (ref null $tree)) (local $half i32)
    (if (i32.eqz (local.get $depth)) (then (return (ref.null $tree))))
    (global.set $made (i32.add (global.get $made) (i32.const 1)))
    (local.set $half (i32.shl (i32.const 1) (i32.sub (local.get $depth) (i32.const 1))))
    (struct.new $tree
      (call $grow (i32.sub (local.get $depth) (i32.const 1)) (local.get $first))
      (i32.sub (i32.add (local.get $first) (local.get $half)) (i32.const 1))
      (call $grow (i32.sub (local.get $depth) (i32.const 1)) (i32.add (local.get $first) (local.get $half)))))
  (func $sum (param $tree (ref null $tree)) (result i32)
    (if (ref.is_null (local.get $tree)) (then (return (i32.const 0))))
    (i32.add
      (struct.get $tree $key (local.get $tree))
      (i32.add
        (call $sum (struct.get $tree $left (local.get $tree)))
        (call $sum (struct.get $tree $right (local.get $tree))))))

  (func $area (type $visit) (struct.get $shape $area (local.get 0)))
  (func $double (type $visit)
    (struct.set $shape $area (local.get 0) (i32.mul (i32.const 2) (struct.get $shape $area (local.get 0))))
    (struct.get $shape $area (local.get 0)))

  ;; Calls a function with each shape, and adds up.
  (func $each (param $shapes (ref $shapes)) (param $visit (ref $visit)) (result i32) (local $i i32) (local $sum i32)
    (loop $next
      (block $none
        (local.set $sum (i32.add (local.get $sum)
          (call_ref $visit (br_on_null $none (array.get $shapes (local.get $shapes) (local.get $i))) (local.get $visit)))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $i) (array.len (local.get $shapes)))))
    (local.get $sum))

  ;; What a reference is: 1 to 7.
  (func $what (param $x anyref) (result i32)
    (block $number (result (ref i31))
      (block $array (result (ref $text))
        (block $named (result (ref $named))
          (block $square (result (ref $square))
            (if (ref.is_null (local.get $x)) (then (return (i32.const 1))))
            (br_on_cast $number anyref (ref i31) (local.get $x))
            (br_on_cast $array anyref (ref $text))
            (br_on_cast $named anyref (ref $named))
            (br_on_cast $square anyref (ref $square))
            (drop)
            (return (select (i32.const 2) (i32.const 3) (ref.test (ref $shape) (local.get $x)))))
          (return (struct.get_s $square $side)))
        (return (array.len (struct.get $named $name))))
      (return (array.get_u $text (i32.const 0))))
    (i31.get_s))

  (func (export "_start") (local $shapes (ref null $shapes)) (local $text (ref null $text)) (local $i i32) (local $sum i32)
    ;; Trees: what is built again and again is garbage but for the last.
    (loop $again
      (local.set $sum (call $sum (call $grow (i32.const 12) (i32.const 0))))
      (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 500))))
    (call $show (local.get $sum) (i32.const 8382465))
    (call $show (global.get $made) (i32.const 2047500))

    (local.set $text (array.new_data $text $letters (i32.const 0) (i32.const 9)))
    (local.set $shapes (array.new_fixed $shapes 4
      (struct.new $shape (i32.const 100))
      (struct.new $square (i32.const 20) (i32.const -6))
      (struct.new $named (i32.const 3) (i32.const 5) (ref.as_non_null (local.get $text)))
      (ref.null $shape)))
    (call $show (call $each (ref.as_non_null (local.get $shapes)) (ref.func $area)) (i32.const 123))
    (call $show (call $each (ref.as_non_null (local.get $shapes)) (ref.func $double)) (i32.const 246))
    (call $show (call $each (ref.as_non_null (local.get $shapes)) (ref.func $area)) (i32.const 246))

    (call $show (call $what (ref.null none)) (i32.const 1))
    (call $show (call $what (array.get $shapes (local.get $shapes) (i32.const 0))) (i32.const 2))
    (call $show (call $what (struct.new $tree (ref.null none) (i32.const 0) (ref.null none))) (i32.const 3))
    (call $show (call $what (array.get $shapes (local.get $shapes) (i32.const 1))) (i32.const -6))
    (call $show (call $what (array.get $shapes (local.get $shapes) (i32.const 2))) (i32.const 9))
    (call $show (call $what (local.get $text)) (i32.const 99))
    (call $show (call $what (ref.i31 (i32.const 77))) (i32.const 77))

    ;; Copies within an array, in both directions, and a fill.
    (array.copy $text $text (local.get $text) (i32.const 2) (local.get $text) (i32.const 0) (i32.const 7))
    (call $show (array.get_u $text (local.get $text) (i32.const 8)) (i32.const 116))
    (array.copy $text $text (local.get $text) (i32.const 0) (local.get $text) (i32.const 3) (i32.const 6))
    (call $show (array.get_u $text (local.get $text) (i32.const 5)) (i32.const 116))
    (array.fill $text (local.get $text) (i32.const 1) (i32.const -1) (i32.const 8))
    (call $show (array.get_s $text (local.get $text) (i32.const 8)) (i32.const -1))

    ;; The same object or another.
    (call $show (ref.eq (local.get $text) (struct.get $named $name (ref.cast (ref $named)
      (array.get $shapes (local.get $shapes) (i32.const 2))))) (i32.const 1))
    (call $show (ref.eq (local.get $shapes) (local.get $text)) (i32.const 0))
    ;; A cast that fails ends the program.
    (drop (ref.cast (ref $square) (array.get $shapes (local.get $shapes) (i32.const 0)))))
)
