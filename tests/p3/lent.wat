;; Drops a socket after a call that was cancelled, and then one that waits for a datagram, which is a trap.
(component
  (import "wasi:sockets/types@0.3.0" (instance $sockets
    (export "udp-socket" (type $udp (sub resource)))
    (type $e (variant
      (case "access-denied") (case "not-supported") (case "invalid-argument") (case "out-of-memory") (case "timeout")
      (case "invalid-state") (case "address-not-bindable") (case "address-in-use") (case "remote-unreachable")
      (case "connection-refused") (case "connection-broken") (case "connection-reset") (case "connection-aborted")
      (case "datagram-too-large") (case "other" (option string))))
    (export "error-code" (type $error (eq $e)))
    (type $f (enum "ipv4" "ipv6"))
    (export "ip-address-family" (type $family (eq $f)))
    (type $s4 (record (field "port" u16) (field "address" (tuple u8 u8 u8 u8))))
    (export "ipv4-socket-address" (type $address4 (eq $s4)))
    (type $s6 (record
      (field "port" u16) (field "flow-info" u32)
      (field "address" (tuple u16 u16 u16 u16 u16 u16 u16 u16)) (field "scope-id" u32)))
    (export "ipv6-socket-address" (type $address6 (eq $s6)))
    (type $a (variant (case "ipv4" $address4) (case "ipv6" $address6)))
    (export "ip-socket-address" (type $address (eq $a)))
    (export "[static]udp-socket.create"
      (func (param "address-family" $family) (result (result (own $udp) (error $error)))))
    (export "[method]udp-socket.bind"
      (func (param "self" (borrow $udp)) (param "local-address" $address) (result (result (error $error)))))
    (export "[method]udp-socket.receive"
      (func async (param "self" (borrow $udp)) (result (result (tuple (list u8) $address) (error $error)))))))
  (alias export $sockets "udp-socket" (type $udp))
  (core module $libc
    (memory (export "memory") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024)))
  (core instance $libc (instantiate $libc))
  (alias core export $libc "memory" (core memory $memory))
  (alias core export $libc "realloc" (core func $realloc))
  (core func $create
    (canon lower (func $sockets "[static]udp-socket.create") (memory $memory) (realloc $realloc)))
  (core func $bind (canon lower (func $sockets "[method]udp-socket.bind") (memory $memory) (realloc $realloc)))
  (core func $receive
    (canon lower (func $sockets "[method]udp-socket.receive") async (memory $memory) (realloc $realloc)))
  (core func $drop (canon resource.drop $udp))
  (core func $cancel (canon subtask.cancel))
  (core func $subtask.drop (canon subtask.drop))
  (core module $main
    (import "" "memory" (memory 1))
    (import "" "create" (func $create (param i32 i32)))
    (import "" "bind" (func $bind (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32)))
    (import "" "receive" (func $receive (param i32 i32) (result i32)))
    (import "" "drop" (func $drop (param i32)))
    (import "" "cancel" (func $cancel (param i32) (result i32)))
    (import "" "subtask.drop" (func $subtask.drop (param i32)))

    ;; A socket at a port of 127.0.0.1.
    (func $socket (result i32)
      (call $create (i32.const 0) (i32.const 0))
      (if (i32.load8_u (i32.const 0)) (then (unreachable)))
      (call $bind
        (i32.load (i32.const 4)) (i32.const 0) (i32.const 0)
        (i32.const 127) (i32.const 0) (i32.const 0) (i32.const 1)
        (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 64))
      (if (i32.load8_u (i32.const 64)) (then (unreachable)))
      (i32.load (i32.const 4)))

    ;; The handle of a call that waits for a datagram.
    (func $wait (param $socket i32) (result i32)
      (local $call i32)
      (local.set $call (call $receive (local.get $socket) (i32.const 128)))
      (if (i32.ne (i32.and (local.get $call) (i32.const 15)) (i32.const 1)) (then (unreachable)))
      (i32.shr_u (local.get $call) (i32.const 4)))

    (func (export "run") (result i32)
      (local $socket i32) (local $call i32)
      (local.set $socket (call $socket))
      (local.set $call (call $wait (local.get $socket)))
      ;; The call had started, and didn't return.
      (if (i32.ne (call $cancel (local.get $call)) (i32.const 4)) (then (unreachable)))
      (call $subtask.drop (local.get $call))
      (call $drop (local.get $socket))
      (local.set $socket (call $socket))
      (drop (call $wait (local.get $socket)))
      (call $drop (local.get $socket))
      (i32.const 0)))
  (core instance $main (instantiate $main (with "" (instance
    (export "memory" (memory $memory))
    (export "create" (func $create))
    (export "bind" (func $bind))
    (export "receive" (func $receive))
    (export "drop" (func $drop))
    (export "cancel" (func $cancel))
    (export "subtask.drop" (func $subtask.drop))))))
  (func $run async (result (result)) (canon lift (core func $main "run")))
  (instance $exported (export "run" (func $run)))
  (export "wasi:cli/run@0.3.0" (instance $exported)))
