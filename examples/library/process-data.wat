;; A component that counts words. `cargo component`, componentize-py and others make such components of source code.
(component
  (core module $program
    (memory (export "memory") 1)
    (data (i32.const 16) "Processed  words")
    (global $free (mut i32) (i32.const 1024))
    ;; Memory for the argument, which is given back when the result was taken.
    (func (export "realloc") (param i32 i32 i32) (param $bytes i32) (result i32)
      (local $at i32)
      (local.set $at (global.get $free))
      (global.set $free (i32.add (local.get $at) (local.get $bytes)))
      (block $fits
        (br_if $fits (i32.le_u (global.get $free) (i32.shl (memory.size) (i32.const 16))))
        (br_if $fits (i32.ne (i32.const -1) (memory.grow
          (i32.add (i32.const 1) (i32.shr_u (local.get $bytes) (i32.const 16))))))
        unreachable)
      (local.get $at))
    (func (export "taken") (param i32) (global.set $free (i32.const 1024)))
    (func (export "process-data") (param $at i32) (param $bytes i32) (result i32)
      (local $count i32) (local $inside i32) (local $end i32) (local $start i32)
      (local.set $end (i32.add (local.get $at) (local.get $bytes)))
      (block $done
        (loop $next
          (br_if $done (i32.eq (local.get $at) (local.get $end)))
          (if (i32.eq (i32.load8_u (local.get $at)) (i32.const 32))
            (then (local.set $inside (i32.const 0)))
            (else
              (local.set $count (i32.add (local.get $count) (i32.eqz (local.get $inside))))
              (local.set $inside (i32.const 1))))
          (local.set $at (i32.add (local.get $at) (i32.const 1)))
          (br $next)))
      ;; The text ends at 1024, and is written from its end.
      (memory.copy (i32.const 1018) (i32.const 26) (i32.const 6))
      (local.set $start (i32.const 1018))
      (loop $digits
        (local.set $start (i32.sub (local.get $start) (i32.const 1)))
        (i32.store8 (local.get $start) (i32.add (i32.const 48) (i32.rem_u (local.get $count) (i32.const 10))))
        (br_if $digits (local.tee $count (i32.div_u (local.get $count) (i32.const 10)))))
      (local.set $start (i32.sub (local.get $start) (i32.const 10)))
      (memory.copy (local.get $start) (i32.const 16) (i32.const 10))
      (i32.store (i32.const 0) (local.get $start))
      (i32.store (i32.const 4) (i32.sub (i32.const 1024) (local.get $start)))
      (i32.const 0)))
  (core instance $program (instantiate $program))
  (func (export "process-data") (param "input" string) (result string)
    (canon lift (core func $program "process-data") (memory (core memory $program "memory"))
      (realloc (core func $program "realloc")) (post-return (core func $program "taken")))))
