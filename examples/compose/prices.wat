;; Knows prices by weight: two euros, and one more for each started kilogram.
(component
  (core module $m
    (func (export "cents") (param $grams i32) (result i32)
      (i32.add (i32.const 200) (i32.mul (i32.const 100)
        (i32.div_u (i32.add (local.get $grams) (i32.const 999)) (i32.const 1000))))))
  (core instance $i (instantiate $m))
  (func $cents (param "grams" u32) (result u32) (canon lift (core func $i "cents")))
  (instance $prices (export "cents" (func $cents)))
  (export "demo:post/prices@1.2.0" (instance $prices)))
