# Builds `host` from a C file and a library. The C library is the musl that set-up has: zig would compile its own first.
set -e
machine=${TARGET%-linux}
musl=$(echo "$REPOSITORY"/target/setup/debian/musl-dev_*/usr/lib/$machine-linux-musl)
zig cc -target $machine-linux-musl -O1 -std=c99 -Wall -Wextra -pedantic -Werror -I "$REPOSITORY"/tests/cli/library -c "$1" -o host.o
zig ld.lld -static -o host "$musl"/crt1.o "$musl"/crti.o host.o "${@:2}" "$musl"/libc.a "$musl"/crtn.o
