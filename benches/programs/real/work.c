/* Work for a compiler proper: no headers, the same functions for many sizes, so that it takes a while. */
typedef unsigned char u8;
typedef unsigned int u16;
typedef unsigned long u32;

#define FUNCTIONS(N) \
    static u8 bytes_##N[N]; \
    u16 sum_##N(void) { \
        u16 total = 0; \
        for (u16 i = 0; i < N; i++) total = (u16)(total << 1 | total >> 15) ^ bytes_##N[i]; \
        return total; \
    } \
    u32 crc_##N(u32 crc) { \
        for (u16 i = 0; i < N; i++) { \
            crc ^= bytes_##N[i]; \
            for (u8 bit = 0; bit < 8; bit++) crc = crc & 1 ? crc >> 1 ^ 0xedb88320ul : crc >> 1; \
        } \
        return crc; \
    } \
    void sort_##N(void) { \
        for (u16 gap = N / 2; gap; gap /= 2) \
            for (u16 i = gap; i < N; i++) { \
                u8 value = bytes_##N[i]; \
                u16 at = i; \
                for (; at >= gap && bytes_##N[at - gap] > value; at -= gap) bytes_##N[at] = bytes_##N[at - gap]; \
                bytes_##N[at] = value; \
            } \
    } \
    u8 machine_##N(const char *text) { \
        enum { START, WORD, NUMBER, END } state = START; \
        u8 words = 0, numbers = 0; \
        for (; *text; text++) switch (state) { \
            case START: state = *text >= '0' && *text <= '9' ? NUMBER : *text > ' ' ? WORD : START; break; \
            case WORD: if (*text <= ' ') state = START, words++; break; \
            case NUMBER: if (*text <= ' ') state = START, numbers += N & 7; else if (*text > '9') state = END; break; \
            default: return words; \
            } \
        return words * 2 + numbers; \
    } \
    float mean_##N(void) { \
        float total = 0; \
        for (u16 i = 0; i < N; i++) total += bytes_##N[i] * (1.0f / N); \
        return total; \
    }

#define TEN(N) FUNCTIONS(N##0) FUNCTIONS(N##1) FUNCTIONS(N##2) FUNCTIONS(N##3) FUNCTIONS(N##4) \
    FUNCTIONS(N##5) FUNCTIONS(N##6) FUNCTIONS(N##7) FUNCTIONS(N##8) FUNCTIONS(N##9)

TEN(1) TEN(2) TEN(3) TEN(4) TEN(5) TEN(6) TEN(7) TEN(8) TEN(9)
