;; Values of 32 bits whose upper halves are zero become values of 64, if they are indices too.
(module
  (memory 1)
  ;; A load that is an index and is added to.
  (func (export "load") (param $p i32) (result i32)
    (local $next i32)
    (local.set $next (i32.load (local.get $p)))
    (i32.add (i32.load8_u (local.get $next)) (local.get $next)))
  ;; A parameter of a loop, of which all arguments are loads.
  (func (export "list") (param $p i32) (result i32)
    (local $count i32)
    (local.set $p (i32.load (local.get $p)))
    (loop $again
      (local.set $count (i32.add (local.get $count) (i32.load offset=4 (local.get $p))))
      (br_if $again (local.tee $p (i32.load (local.get $p)))))
    (local.get $count))
  ;; A selection between loads.
  (func (export "select") (param $p i32) (param $which i32) (result i32)
    (local $found i32)
    (local.set $found (select (i32.load16_u (local.get $p)) (i32.load offset=4 (local.get $p)) (local.get $which)))
    (i32.add (i32.load (local.get $found)) (local.get $found)))
  ;; The upper half of a parameter isn't known.
  (func (export "unknown") (param $p i32) (result i32)
    (i32.add (i32.load (local.get $p)) (local.get $p))))
