// printf and scanf, buffered and not, to both streams; all kinds of conversions.
// stdin: 12 -7 0x1f 3.5 word "a quoted one"\nsecond line\n\nlast without newline

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

static void integers(void) {
    printf("%d %i %u %x %X %o %#x %#o\n", -1, 2, 3u, 255, 255, 8, 255, 8);
    printf("[%5d] [%-5d] [%05d] [%+d] [% d] [%.3d]\n", 42, 42, 42, 42, 42, 4);
    printf("%" PRId64 " %" PRIu64 " %" PRIx64 "\n", INT64_MIN, UINT64_MAX, (uint64_t)0x0123456789abcdef);
    printf("%hhd %hd %ld %lld %zu %td\n", 300, 70000, 5L, 6LL, sizeof(int), (ptrdiff_t)-3);
}

static void floats(void) {
    printf("%f %.0f %.3f %e %E %g %G %a\n", 3.14159, 2.5, 2.0005, 12345.678, 1e-10, 1e20, 1e-5, 1.0);
    printf("%g %g %g %g %g\n", 0.1, 1.0 / 3, 1e300 * 1e10, -INFINITY, NAN);
    printf("%.17g %.17g %.17g\n", 0.1, 2.2250738585072014e-308, 4.9406564584124654e-324);
    printf("%Lf %.20Lg\n", 1.5L, 0.1L);
    printf("[%10.3f] [%-10.3f] [%010.3f] [%*.*f]\n", 3.14159, 3.14159, -3.14159, 8, 2, 2.71828);
}

static void strings(void) {
    printf("[%s] [%10s] [%-10s] [%.2s] [%c] [%%]\n", "text", "right", "left", "cut", 'x');
    printf("[%ls]\n", L"wide");
    char buffer[20];
    int length = snprintf(buffer, sizeof buffer, "%s and %s", "a longer text", "one more");
    printf("%d [%s]\n", length, buffer);
}

static void input(void) {
    int a, b, c, n;
    double d;
    char word[20], rest[100];
    n = scanf("%d %d %i %lf %19s", &a, &b, &c, &d, word);
    printf("%d: %d %d %d %g [%s]\n", n, a, b, c, d, word);
    n = scanf(" \"%[^\"]\"", rest);
    printf("%d: [%s]\n", n, rest);
    while (fgets(rest, sizeof rest, stdin)) printf("%zu [%.*s]\n", strlen(rest), (int)strcspn(rest, "\n"), rest);
    printf("%d %d\n", feof(stdin), ferror(stdin));
    n = sscanf("7,8;9", "%d,%d;%d", &a, &b, &c);
    printf("%d: %d %d %d\n", n, a, b, c);
}

int main(void) {
    integers();
    floats();
    strings();
    input();
    fprintf(stderr, "to standard error, %s\n", "unbuffered");
    setvbuf(stdout, NULL, _IONBF, 0);
    printf("unbuffered\n");
    for (int i = 0; i < 3000; i++) printf("%d%c", i, i % 10 == 9 ? '\n' : ' ');
    return 0;
}
