;; A handler that looks for what earlier requests left in each place where an instance keeps something, and leaves something in
;; all of them. The status is 200, or 600 and the number of a place that isn't as it was. The method says how the request ends:
;; with a response, a trap, an exit or a stack overflow.
(module
  (import "wasi:http/types@0.2.6" "[constructor]fields" (func $fields (result i32)))
  (import "wasi:http/types@0.2.6" "[method]incoming-request.method" (func $method (param i32 i32)))
  (import "wasi:http/types@0.2.6" "[constructor]outgoing-response" (func $response (param i32) (result i32)))
  (import "wasi:http/types@0.2.6" "[method]outgoing-response.set-status-code" (func $status (param i32 i32) (result i32)))
  (import "wasi:http/types@0.2.6" "[static]response-outparam.set"
    (func $set (param i32 i32 i32 i32 i64 i32 i32 i32 i32)))
  (import "wasi:cli/exit@0.2.6" "exit" (func $exit (param i32)))

  (memory (export "memory") 2)
  (table $table 4 funcref)
  (table $other 1 externref)
  (global $global (mut i32) (i32.const 7))
  (global $wide (mut i64) (i64.const -1))
  (global $reference (mut funcref) (ref.null func))
  (data (i32.const 1024) "as it was")
  (data $passive "x")
  (elem (table $table) (i32.const 1) func $overflow)
  (elem $element func $overflow)
  (elem declare func $look)

  ;; Returns the bit of a place if it isn't as it was.
  (func $bit (param $number i32) (param $differs i32) (result i32)
    (select (i32.shl (i32.const 1) (local.get $number)) (i32.const 0) (local.get $differs)))

  (func $look (result i32)
    (call $bit (i32.const 0) (i32.ne (i32.load (i32.const 1024)) (i32.const 0x69207361)))
    (call $bit (i32.const 1) (i32.ne (i32.load (i32.const 131068)) (i32.const 0)))
    (i32.or)
    (call $bit (i32.const 2) (i32.ne (memory.size) (i32.const 2)))
    (i32.or)
    (call $bit (i32.const 3) (i32.ne (global.get $global) (i32.const 7)))
    (i32.or)
    (call $bit (i32.const 4) (i64.ne (global.get $wide) (i64.const -1)))
    (i32.or)
    (call $bit (i32.const 5) (i32.eqz (ref.is_null (global.get $reference))))
    (i32.or)
    (call $bit (i32.const 6) (i32.eqz (ref.is_null (table.get $table (i32.const 0)))))
    (i32.or)
    (call $bit (i32.const 7) (ref.is_null (table.get $table (i32.const 1))))
    (i32.or)
    (call $bit (i32.const 8) (i32.ne (i32.add (table.size $table) (table.size $other)) (i32.const 5)))
    (i32.or))

  (func $spoil
    (i32.store (i32.const 1024) (i32.const -1))
    (i32.store (i32.const 131068) (i32.const -1))
    (drop (memory.grow (i32.const 3)))
    (memory.fill (i32.const 131072) (i32.const 0xA5) (i32.const 196608))
    (global.set $global (i32.const 8))
    (global.set $wide (i64.const 8))
    (global.set $reference (ref.func $look))
    (table.set $table (i32.const 0) (ref.func $look))
    (table.set $table (i32.const 1) (ref.null func))
    (drop (table.grow $table (ref.func $look) (i32.const 100)))
    (drop (table.grow $other (ref.null extern) (i32.const 100)))
    ;; Both trap where they were dropped before.
    (memory.init $passive (i32.const 2048) (i32.const 0) (i32.const 1))
    (table.init $table $element (i32.const 2) (i32.const 0) (i32.const 1))
    (data.drop $passive)
    (elem.drop $element))

  (func $overflow (call $overflow) (call $overflow))

  (func $answer (param $out i32) (param $status i32)
    (local $made i32)
    (local.set $made (call $response (call $fields)))
    (drop (call $status (local.get $made) (local.get $status)))
    (call $set (local.get $out) (i32.const 0) (local.get $made)
      (i32.const 0) (i64.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)))

  (func (export "wasi:http/incoming-handler@0.2.6#handle") (param $request i32) (param $out i32)
    (local $method i32) (local $changed i32) (local $status i32)
    ;; The numbers of handles go on where those of an earlier request ended.
    (local.set $changed
      (i32.or (call $look)
        (call $bit (i32.const 9) (i32.gt_u (i32.add (local.get $request) (local.get $out)) (i32.const 3)))))
    (local.set $status
      (select (i32.add (i32.const 600) (i32.ctz (local.get $changed))) (i32.const 200) (local.get $changed)))
    (call $method (local.get $request) (i32.const 4096))
    (local.set $method (i32.load8_u (i32.const 4096)))
    (call $spoil)
    ;; Handles that nobody drops.
    (drop (call $fields)) (drop (call $fields))
    (if (i32.eq (local.get $method) (i32.const 3)) (then (call $exit (i32.const 0))))
    (if (i32.eq (local.get $method) (i32.const 4)) (then (call $overflow)))
    (call $answer (local.get $out) (local.get $status))
    (if (i32.eq (local.get $method) (i32.const 2)) (then unreachable)))

  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) unreachable))
