# What a Python program does with its system, by way of its own standard library.
# forms: component
# dir: data
# file: data/poem.txt 'Twas brillig, and the slithy toves\nDid gyre and gimble\n
# env: FRABJOUS=day
# env: UMLAUT=äöü
# network: loopback
# stdin: one line\nand another\n
# args: all "two words" äöü ""
# args: exception
# args: exit
# stderr: last line

import encodings.idna
import errno
import hashlib
import json
import os
import re
import secrets
import select
import socket
import stat
import sys
import tempfile
import time
import traceback
import zlib
from pathlib import Path

from wit_world import exports

DATA = Path("data")


def attempt(what, action):
    """Tells what `action` returns, or by which error it ends."""
    try:
        print(what, repr(action()))
    except OSError as error:
        print(what, type(error).__name__, errno.errorcode.get(error.errno))


def surroundings():
    print(sys.argv[1:], os.environ.get("FRABJOUS"), os.environ.get("UMLAUT"), os.environ.get("NONE"))
    print(sys.stdin.readline().rstrip(), sys.stdin.read().split(), repr(sys.stdin.read()))
    print("to standard error", file=sys.stderr)
    attempt("cwd", os.getcwd)
    print("terminal", [stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr)])


def files():
    poem = DATA / "poem.txt"
    print(poem.read_text().splitlines(), poem.stat().st_size, poem.is_file())
    with open(DATA / "new.bin", "w+b") as file:
        file.write(bytes(range(256)) * 1000)
        print(file.tell(), file.seek(-3, os.SEEK_END), list(file.read()))
        file.seek(256_000 + 100)
        file.write(b"behind a hole")
        file.truncate(256_105)
        file.flush()
        os.fsync(file.fileno())
        print(os.fstat(file.fileno()).st_size)
    print(hashlib.sha256((DATA / "new.bin").read_bytes()).hexdigest(), zlib.crc32((DATA / "new.bin").read_bytes()))
    with open(DATA / "log.txt", "a", encoding="utf-8") as file:
        print("äöü", "€", file=file)
    with open(DATA / "log.txt", "a", encoding="utf-8") as file:
        json.dump({"a": [1, 2.5, None, True], "b": "\u2028"}, file)
    print((DATA / "log.txt").read_text("utf-8"))
    os.utime(poem, (1, 1_000_000_000.5))
    print(poem.stat().st_atime, poem.stat().st_mtime_ns)


def names():
    (DATA / "a" / "b").mkdir(parents=True)
    (DATA / "a" / "b" / "file").write_text("x" * 10)
    os.link(DATA / "a" / "b" / "file", DATA / "linked")
    os.symlink("a/b/file", DATA / "symbolic")
    print(os.readlink(DATA / "symbolic"), (DATA / "symbolic").read_text(), (DATA / "linked").stat().st_nlink)
    print(stat.S_ISLNK(os.lstat(DATA / "symbolic").st_mode), os.path.samefile(DATA / "linked", DATA / "symbolic"))
    os.rename(DATA / "a" / "b", DATA / "a" / "c")
    for folder, folders, found in sorted(os.walk(DATA)):
        print(folder, sorted(folders), sorted(found))
    for number in range(300):
        (DATA / "a" / f"file number {number}").touch()
    print(len(os.listdir(DATA / "a")), sum(entry.is_file() for entry in os.scandir(DATA / "a")))
    for number in range(300):
        (DATA / "a" / f"file number {number}").unlink()


def errors():
    attempt("none", lambda: open(DATA / "none"))
    attempt("exists", lambda: open(DATA / "poem.txt", "x"))
    attempt("folder", lambda: open(DATA / "a", "w"))
    attempt("no folder", lambda: os.listdir(DATA / "poem.txt"))
    attempt("not empty", lambda: os.rmdir(DATA / "a"))
    attempt("mkdir", lambda: os.mkdir(DATA / "a"))
    attempt("unlink", lambda: os.unlink(DATA / "none"))
    attempt("closed", lambda: os.read(99, 1))
    attempt("write to what is read", lambda: os.write(os.open(DATA / "poem.txt", os.O_RDONLY), b"x"))
    attempt("loop", lambda: (os.symlink("loop", DATA / "loop"), open(DATA / "loop")))
    attempt("long", lambda: open(DATA / ("n" * 300)))
    attempt("out", lambda: open("data/../../etc/passwd"))
    attempt("temporary", lambda: tempfile.TemporaryFile(dir="/nowhere"))


def clocks():
    before = time.monotonic()
    time.sleep(0.02)
    passed = time.monotonic() - before
    print(0.02 <= passed < 5, time.time() > 1_700_000_000, time.gmtime(0)[:6], time.strftime("%z", time.localtime(0)))
    print(time.perf_counter_ns() > 0, time.get_clock_info("monotonic").resolution < 0.1)


def randomness():
    print(len(os.urandom(1000)), os.urandom(16) != os.urandom(16), len(secrets.token_hex(16)))


def tcp(family, address):
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((address, 0))
        listener.listen(4)
        listener.settimeout(5)
        print(select.select([listener], [], [], 0.01)[0])
        client = socket.create_connection(listener.getsockname()[:2], timeout=5)
        server, peer = listener.accept()
        print(peer[0], peer[1] == client.getsockname()[1], server.getsockname()[0])
        client.sendall(b"a request")
        print(select.select([server], [], [], 5)[0] == [server], server.recv(100))
        server.sendall(b"answer " * 1000)
        server.shutdown(socket.SHUT_WR)
        print(sum(len(part) for part in iter(lambda: client.recv(4096), b"")))
        client.settimeout(0.01)
        server.close()
        client.close()
    attempt("refused", lambda: socket.create_connection(listener_that_is_gone(family, address), timeout=5))


def listener_that_is_gone(family, address):
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.bind((address, 0))
        return listener.getsockname()[:2]


def udp():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as two:
        one.bind(("127.0.0.1", 0))
        two.bind(("127.0.0.1", 0))
        two.settimeout(5)
        one.sendto(b"datagram", two.getsockname())
        data, sender = two.recvfrom(100)
        print(data, sender == one.getsockname())
        two.settimeout(0.01)
        attempt("nothing", lambda: two.recvfrom(100))


def language():
    print(re.findall(r"(\w)(\w*)", "Did gyre and gimble"), sorted({"b": 1, "a": 2}), f"{2**100:,} {1 / 3:.5f}")
    try:
        try:
            {}["missing"]
        except KeyError as error:
            raise ValueError("another") from error
    except ValueError as error:
        print("".join(traceback.format_exception_only(error)).strip(), "because of", repr(error.__cause__))

    def deep(levels):
        return deep(levels + 1)

    try:
        deep(0)
    except RecursionError as error:
        print(type(error).__name__)
    print(sum(i * i % 7 for i in range(100_000)))


class Run(exports.Run):
    def run(self):
        verb = sys.argv[1]
        if verb == "exception":
            raise RuntimeError("nobody catches this")
        if verb == "exit":
            print("before")
            sys.stdout.flush()
            os._exit(7)
        for part in (surroundings, files, names, errors, clocks, randomness, udp, language):
            print("#", part.__name__)
            part()
        tcp(socket.AF_INET, "127.0.0.1")
        tcp(socket.AF_INET6, "::1")
