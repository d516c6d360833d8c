;; A function of numbers: traps if the whole is 0.
(module
  (func (export "percent") (param $part i64) (param $whole i64) (result i64)
    (i64.div_s (i64.mul (local.get $part) (i64.const 100)) (local.get $whole))))
