
Func(fn0) at 0x0:
       0: pushq %rbp
       1: movq %rsp, %rbp
       4: addl $1, -4(%rdi)
       8: xorl %eax, %eax
       a: movl %esi, %ecx
       c: movzbq 0xf(%rdi, %rcx), %rcx
      12: subl $1, %esi
      15: addl %ecx, %eax
      17: testl %esi, %esi
      19: jne 0xa
      1f: movq %rbp, %rsp
      22: popq %rbp
      23: retq 

Func(fn1) at 0x30:
       0: pushq %rbp
       1: movq %rsp, %rbp
       4: ud2 

Func(fn2) at 0x40:
       0: pushq %rbp
       1: movq %rsp, %rbp
       4: subq $0x10, %rsp
       8: movq %r12, (%rsp)
       c: movl -4(%rdi), %r8d
      10: movq %rdi, %r12
      13: cmpq $2, %r8
      17: jae 0x52
      1d: movq (%rip), %r10
      24: movl (%r10, %r8, 8), %r10d
      28: movq (%rip), %r11
      2f: addq %r11, %r10
      32: movl $4, %esi
      37: callq *%r10
      3a: movq %rax, %rsi
      3d: movq %r12, %rdi
      40: callq 0x45
      45: movq (%rsp), %r12
      49: addq $0x10, %rsp
      4d: movq %rbp, %rsp
      50: popq %rbp
      51: retq 
      52: ud2 

Func(fn3) at 0xa0:
       0: pushq %rbp
       1: movq %rsp, %rbp
       4: subq $0x10, %rsp
       8: movq %r12, (%rsp)
       c: movq %rsi, %rcx
       f: movq %rsp, %r10
      12: cmpq -0x1fff8(%rdi), %r10
      19: jb 0x72
      1f: movq %rbp, %rax
      22: movq %rax, -0x1fff0(%rdi)
      29: movq %rdi, %rax
      2c: leaq -0x20000(%rax), %rdi
      33: movq %rax, %r12
      36: movq (%rip), %rsi
      3d: movq %rcx, %rax
      40: movslq %eax, %rdx
      43: callq 0x48
      48: testq %rax, %rax
      4b: movq %rax, %rsi
      4e: jne 0x61
      54: movq (%rsp), %r12
      58: addq $0x10, %rsp
      5c: movq %rbp, %rsp
      5f: popq %rbp
      60: retq 
      61: movq %r12, %rdi
      64: addq $-0x20000, %rdi
      6b: callq 0x70
      70: ud2 
      72: ud2 

Start(0) at 0x120:
       0: pushq %rbp
       1: movq %rsp, %rbp
       4: movq %rbp, %rsp
       7: popq %rbp
       8: retq 

StartEntry(0) at 0x130:
       0: pushq %rbp
       1: movq %rsp, %rbp
       4: callq 9
       9: movq %rbp, %rsp
       c: popq %rbp
       d: retq 

Entry(fn2) at 0x140:
       0: pushq %rbp
       1: movq %rsp, %rbp
       4: callq 9
       9: movq %rbp, %rsp
       c: popq %rbp
       d: retq 
