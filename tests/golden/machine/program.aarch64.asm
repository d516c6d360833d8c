
Func(fn0) at 0x0:
       0: stp x29, x30, [sp, #-0x10]!
       4: mov x29, sp
       8: ldur w11, [x2, #-4]
       c: add w11, w11, #1
      10: stur w11, [x2, #-4]
      14: mov x12, x2
      18: mov w2, #0
      1c: mov x0, x12
      20: add x13, x0, w3, uxtw
      24: ldrb w13, [x13, #0xf]
      28: sub w3, w3, #1
      2c: add w2, w2, w13
      30: cbnz w3, #0x20
      34: ldp x29, x30, [sp], #0x10
      38: ret 

Func(fn1) at 0x40:
       0: stp x29, x30, [sp, #-0x10]!
       4: mov x29, sp
       8: udf #0xc11f

Func(fn2) at 0x50:
       0: stp x29, x30, [sp, #-0x10]!
       4: mov x29, sp
       8: str x19, [sp, #-0x10]!
       c: ldur w9, [x2, #-4]
      10: mov x19, x2
      14: cmp x9, #2
      18: b.hs #0x58
      1c: adrp x11, #0
      20: ldr x11, [x11]
      24: lsl x12, x9, #3
      28: ldr w11, [x11, x12]
      2c: adrp x12, #0
      30: ldr x12, [x12]
      34: add x11, x12, x11
      38: mov w3, #4
      3c: blr x11
      40: mov x3, x2
      44: mov x2, x19
      48: bl #0x48
      4c: ldr x19, [sp], #0x10
      50: ldp x29, x30, [sp], #0x10
      54: ret 
      58: udf #0xc11f

Func(fn3) at 0xb0:
       0: stp x29, x30, [sp, #-0x10]!
       4: mov x29, sp
       8: str x19, [sp, #-0x10]!
       c: mov x13, #-0xfff8
      10: movk x13, #0xfffe, lsl #16
      14: ldr x0, [x2, x13]
      18: mov x14, sp
      1c: cmp x14, x0
      20: b.lo #0x70
      24: mov x0, x29
      28: mov x1, #-0xfff0
      2c: movk x1, #0xfffe, lsl #16
      30: str x0, [x2, x1]
      34: sub x0, x2, #0x20, lsl #12
      38: mov x19, x2
      3c: adrp x1, #0
      40: ldr x1, [x1]
      44: mov x2, x3
      48: bl #0x48
      4c: cbnz x0, #0x5c
      50: ldr x19, [sp], #0x10
      54: ldp x29, x30, [sp], #0x10
      58: ret 
      5c: mov x1, x0
      60: mov x2, x19
      64: sub x0, x2, #0x20, lsl #12
      68: bl #0x68
      6c: udf #0xc11f
      70: udf #0xc11f

Start(0) at 0x130:
       0: stp x29, x30, [sp, #-0x10]!
       4: mov x29, sp
       8: ldp x29, x30, [sp], #0x10
       c: ret 

StartEntry(0) at 0x140:
       0: stp x29, x30, [sp, #-0x10]!
       4: mov x29, sp
       8: mov x2, x0
       c: bl #0xc
      10: ldp x29, x30, [sp], #0x10
      14: ret 

Entry(fn2) at 0x160:
       0: stp x29, x30, [sp, #-0x10]!
       4: mov x29, sp
       8: mov x2, x0
       c: bl #0xc
      10: ldp x29, x30, [sp], #0x10
      14: ret 
