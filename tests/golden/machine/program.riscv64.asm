
Func(fn0) at 0x0:
       0: c.addi16sp sp, -0x10
       2: c.sdsp ra, 8(sp)
       4: c.sdsp s0, 0(sp)
       6: c.mv s0, sp
       8: lw a3, -4(a0)
       c: c.addiw a3, 1
       e: sw a3, -4(a0)
      12: c.mv a5, a0
      14: c.li a0, 0
      16: slli a4, a1, 0x20
      1a: srli a3, a4, 0x20
      1e: c.mv a2, a5
      20: add a5, a2, a3
      24: lbu a5, 0xf(a5)
      28: c.addiw a1, -1
      2a: c.addw a0, a5
      2c: beqz a1, 8
      30: c.mv a5, a2
      32: c.j -0x1c
      34: c.ldsp ra, 8(sp)
      36: c.ldsp s0, 0(sp)
      38: c.addi16sp sp, 0x10
      3a: c.jr ra

Func(fn1) at 0x40:
       0: c.addi16sp sp, -0x10
       2: c.sdsp ra, 8(sp)
       4: c.sdsp s0, 0(sp)
       6: c.mv s0, sp
       8: c.unimp 

Func(fn2) at 0x50:
       0: c.addi16sp sp, -0x10
       2: c.sdsp ra, 8(sp)
       4: c.sdsp s0, 0(sp)
       6: c.mv s0, sp
       8: c.addi16sp sp, -0x10
       a: c.sdsp s2, 8(sp)
       c: lwu a1, -4(a0)
      10: c.mv s2, a0
      12: c.li a2, 2
      14: bltu a1, a2, 6
      18: c.unimp 
      1a: auipc a2, 0
      1e: ld a2, 0(a2)
      22: slli a3, a1, 3
      26: c.add a2, a3
      28: lwu a2, 0(a2)
      2c: auipc a3, 0
      30: ld a3, 0(a3)
      34: c.add a2, a3
      36: c.li a1, 4
      38: c.jalr a2
      3a: c.mv a1, a0
      3c: c.mv a0, s2
      3e: auipc ra, 0
      42: jalr ra
      46: c.ldsp s2, 8(sp)
      48: c.addi16sp sp, 0x10
      4a: c.ldsp ra, 8(sp)
      4c: c.ldsp s0, 0(sp)
      4e: c.addi16sp sp, 0x10
      50: c.jr ra

Func(fn3) at 0xb0:
       0: c.addi16sp sp, -0x10
       2: c.sdsp ra, 8(sp)
       4: c.sdsp s0, 0(sp)
       6: c.mv s0, sp
       8: c.addi16sp sp, -0x10
       a: c.sdsp s2, 8(sp)
       c: c.sdsp s3, 0(sp)
       e: c.mv a4, a1
      10: c.lui t6, 0xfffe0
      12: c.addi t6, 8
      14: c.add t6, a0
      16: ld a2, 0(t6)
      1a: c.mv a3, sp
      1c: bgeu a3, a2, 6
      20: c.unimp 
      22: c.mv a3, s0
      24: c.lui t6, 0xfffe0
      26: c.addi t6, 0x10
      28: c.add t6, a0
      2a: sd a3, 0(t6)
      2e: c.mv s3, a0
      30: c.lui s2, 0xfffe0
      32: c.mv a1, s3
      34: add a0, a1, s2
      38: auipc a1, 0
      3c: ld a1, 0(a1)
      40: c.mv a2, a4
      42: c.slli a2, 0x20
      44: c.srai a2, 0x20
      46: auipc ra, 0
      4a: jalr ra
      4e: bnez a0, 0x12
      52: c.ldsp s2, 8(sp)
      54: c.ldsp s3, 0(sp)
      56: c.addi16sp sp, 0x10
      58: c.ldsp ra, 8(sp)
      5a: c.ldsp s0, 0(sp)
      5c: c.addi16sp sp, 0x10
      5e: c.jr ra
      60: c.mv a1, a0
      62: c.mv a0, s3
      64: c.add a0, s2
      66: auipc ra, 0
      6a: jalr ra
      6e: c.unimp 

Start(0) at 0x120:
       0: c.addi16sp sp, -0x10
       2: c.sdsp ra, 8(sp)
       4: c.sdsp s0, 0(sp)
       6: c.mv s0, sp
       8: c.ldsp ra, 8(sp)
       a: c.ldsp s0, 0(sp)
       c: c.addi16sp sp, 0x10
       e: c.jr ra

StartEntry(0) at 0x140:
       0: c.addi16sp sp, -0x10
       2: c.sdsp ra, 8(sp)
       4: c.sdsp s0, 0(sp)
       6: c.mv s0, sp
       8: auipc ra, 0
       c: jalr ra
      10: c.ldsp ra, 8(sp)
      12: c.ldsp s0, 0(sp)
      14: c.addi16sp sp, 0x10
      16: c.jr ra

Entry(fn2) at 0x160:
       0: c.addi16sp sp, -0x10
       2: c.sdsp ra, 8(sp)
       4: c.sdsp s0, 0(sp)
       6: c.mv s0, sp
       8: auipc ra, 0
       c: jalr ra
      10: c.ldsp ra, 8(sp)
      12: c.ldsp s0, 0(sp)
      14: c.addi16sp sp, 0x10
      16: c.jr ra
