;; An index that turns out to be constant only after the access was translated, because it passes a block.

(module
  (memory i64 1 1)
  (func (export "beyond") (result i64) (local $index i64)
    (local.set $index (i64.const 0xbcb0000000000000))
    (block $caught
      (try_table (catch_all $caught)
        (loop $again
          (return (i64.load offset=0x73fb (local.get $index))))))
    (i64.const 0))
  (func (export "within") (result i64) (local $index i64)
    (local.set $index (i64.const 0x100))
    (loop $again (return (i64.load offset=0x73fb (local.get $index))))
    (unreachable))
  (data (i64.const 0x74fb) "\07")
)
(assert_trap (invoke "beyond") "out of bounds memory access")
(assert_return (invoke "within") (i64.const 7))
