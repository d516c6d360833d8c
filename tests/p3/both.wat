;; Has a command of 0.2 beside that of 0.3, as toolchains for 0.2 make them: it is a trap.
(component
  (core module $main
    (func (export "old") (result i32) (unreachable))
    (func (export "new") (result i32) (i32.const 0)))
  (core instance $main (instantiate $main))
  (func $old (result (result)) (canon lift (core func $main "old")))
  (func $new async (result (result)) (canon lift (core func $main "new")))
  (instance $old-run (export "run" (func $old)))
  (instance $new-run (export "run" (func $new)))
  (export "wasi:cli/run@0.2.0" (instance $old-run))
  (export "wasi:cli/run@0.3.0" (instance $new-run)))
