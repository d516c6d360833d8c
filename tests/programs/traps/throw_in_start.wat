;; An exception that leaves the start function.
;; oracle: file
(module $traps
  (memory (export "memory") 1 2)
  (tag $tag)
  (func $begin (throw $tag))
  (start $begin)
  (func (export "_start")))
