;; An exception that nobody catches.
;; oracle: file
(module $traps
  (memory (export "memory") 1 2)
  (tag $other)
  (tag $tag (param i32))
  (func $throws (throw $tag (i32.const 3)))
  (func (export "_start")
    (block $caught (try_table (catch $other $caught) (call $throws)))))
