;; Computes what a parcel costs from its price by weight, which another component knows.
(component
  (import "demo:post/prices@1.0.0" (instance $prices
    (export "cents" (func (param "grams" u32) (result u32)))))
  (core func $cents (canon lower (func $prices "cents")))
  (core module $m
    (import "prices" "cents" (func $cents (param i32) (result i32)))
    (func (export "parcel") (param $grams i32) (param $express i32) (result i32)
      (i32.mul (call $cents (local.get $grams)) (select (i32.const 2) (i32.const 1) (local.get $express)))))
  (core instance $i (instantiate $m (with "prices" (instance (export "cents" (func $cents))))))
  (func (export "parcel") (param "grams" u32) (param "express" bool) (result u32)
    (canon lift (core func $i "parcel"))))
