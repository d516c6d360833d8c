// An interpreter of bytecode: a loop around a switch.
#include "kernel.h"

enum { PUSH, LOAD, STORE, ADD, SUB, MUL, XOR, SHR, LESS, JUMP, JUMP_IF, DUP, DROP, MOD, HALT };

static NOINLINE int64_t run(const int32_t *code, int64_t *locals) {
    int64_t stack[64];
    int top = -1;
    const int32_t *pc = code;
    for (;;) {
        switch (*pc++) {
        case PUSH: stack[++top] = *pc++; break;
        case LOAD: stack[++top] = locals[*pc++]; break;
        case STORE: locals[*pc++] = stack[top--]; break;
        case ADD: top--; stack[top] = (int64_t)((uint64_t)stack[top] + (uint64_t)stack[top + 1]); break;
        case SUB: top--; stack[top] = (int64_t)((uint64_t)stack[top] - (uint64_t)stack[top + 1]); break;
        case MUL: top--; stack[top] = (int64_t)((uint64_t)stack[top] * (uint64_t)stack[top + 1]); break;
        case XOR: top--; stack[top] ^= stack[top + 1]; break;
        case SHR: top--; stack[top] = (int64_t)((uint64_t)stack[top] >> (stack[top + 1] & 63)); break;
        case LESS: top--; stack[top] = stack[top] < stack[top + 1]; break;
        case MOD: top--; stack[top] = (int64_t)((uint64_t)stack[top] % (uint64_t)stack[top + 1]); break;
        case JUMP: pc = code + *pc; break;
        case JUMP_IF: pc = stack[top--] ? code + *pc : pc + 1; break;
        case DUP: stack[top + 1] = stack[top]; top++; break;
        case DROP: top--; break;
        case HALT: return stack[top];
        default: return -1;
        }
    }
}

int main(void) {
    // for (i = 0; i < n; i++) { x = x * 6364136223 + i; x ^= x >> 17; s += x % 1009; } return s
    static const int32_t code[] = {
        LOAD, 0, LOAD, 3, LESS, JUMP_IF, 10, JUMP, 45, HALT,
        LOAD, 1, PUSH, 636413623, MUL, LOAD, 0, ADD, DUP, PUSH, 17, SHR, XOR, STORE, 1,
        LOAD, 1, PUSH, 1009, MOD, LOAD, 2, ADD, STORE, 2,
        LOAD, 0, PUSH, 1, ADD, STORE, 0, JUMP, 0, HALT,
        LOAD, 2, HALT,
    };
    int64_t locals[4] = {0, 12345, 0, 15000000};
    return report((uint64_t)run(code, locals));
}
