"""Calls of the library, instances, resources, and values of every type between Python and C."""

from __future__ import annotations

import collections
import ctypes
import dataclasses
import enum
import operator
import os
import struct
import threading
import typing
import weakref

from . import _library

T = typing.TypeVar("T")
E = typing.TypeVar("E")
R = typing.TypeVar("R", bound="Resource")
Arguments = typing.Any


@dataclasses.dataclass
class Some(typing.Generic[T]):
    """An option that has something, where the something is an option too."""

    value: T


@dataclasses.dataclass
class Ok(typing.Generic[T]):
    """A result that is no error."""

    value: T


class Err(typing.Generic[E], Exception):
    """A result that is an error: a value, or raised by a function that returns the result."""

    value: E

    def __init__(self, value: E) -> None:
        super().__init__(value)
        self.value = value

    def __eq__(self, other: object) -> bool:
        return self.value == other.value if isinstance(other, Err) else NotImplemented

    def __hash__(self) -> int:
        return hash(Err)

    def __repr__(self) -> str:
        return f"Err(value={self.value!r})"


class Error(Exception):
    """An end of a call that the program's own functions don't know."""


class StartError(Error):
    """No instance can be made: the text says why."""


class Trap(Error):
    """The program trapped, which ends its instance: the text has the backtrace and the cause."""


class Exit(Error):
    """The program ended itself, and with it its instance."""

    status: int

    def __init__(self, text: str, status: int) -> None:
        super().__init__(text)
        self.status = status


class Ended(Error):
    """Nothing was called, because the instance has ended."""


class Busy(Error):
    """Nothing was called, because the instance runs: on another thread, or around this call."""


class Mismatch(Exception):
    """A value that isn't one of its type: the error, the part of the value, and what that must be."""

    def __init__(self, kind: typing.Type[Exception], must: str) -> None:
        super().__init__(must)
        self.kind, self.must, self.part = kind, must, ""

    def within(self, part: str) -> Mismatch:
        self.part = part + self.part
        return self


class Call:
    """What the arguments of a call need until it returns, and which objects it is lent or given."""

    __slots__ = ("instance", "kept", "given", "lent_ids", "given_ids")

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.kept: typing.List[typing.Any] = []
        self.given: typing.List[Resource] = []
        self.lent_ids: typing.List[int] = []
        self.given_ids: typing.List[int] = []

    def address_of(self, buffer: bytearray) -> int:
        """Returns where a buffer is, which has at least one byte, and keeps it during the call."""
        first = ctypes.c_char.from_buffer(buffer)
        self.kept.append(first)
        return ctypes.addressof(first)

    def address_of_bytes(self, value: bytes) -> int:
        # Nobody changes what they point to: the library reads arguments alone.
        pointer = ctypes.c_char_p(value)
        self.kept.append(pointer)
        return typing.cast(int, ctypes.cast(pointer, ctypes.c_void_p).value)

    def settle(self, is_refused: bool) -> None:
        """Takes away what a call was given, or what was lent until its end."""
        if not is_refused:
            for resource in self.given:
                resource._handle = None
        for number in self.lent_ids + (self.given_ids if is_refused else []):
            self.instance._objects.pop(number, None)


class ResultOfImport(Call):
    """The result of an imported function, whose memory the library frees."""

    def address_of(self, buffer: bytearray) -> int:
        return self.address_of_bytes(bytes(buffer))

    def address_of_bytes(self, value: bytes) -> int:
        address = MALLOC(len(value) or 1)
        if not address:
            raise MemoryError
        self.kept.append(address)
        ctypes.memmove(address, value, len(value))
        return address

    def settle(self, is_refused: bool) -> None:
        super().settle(is_refused)
        if is_refused:
            for address in self.kept:
                LIBC_FREE(address)


LIBC = ctypes.CDLL(None)
MALLOC = LIBC.malloc
MALLOC.restype, MALLOC.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
LIBC_FREE = LIBC.free
LIBC_FREE.restype, LIBC_FREE.argtypes = None, [ctypes.c_void_p]


def place(size: int) -> typing.Any:
    """Makes room for a value, aligned for every type."""
    return (ctypes.c_uint64 * ((size + 7) // 8 or 1))()


class Type:
    """A type of values. `write` stores a value as C has it in a buffer, and `read` makes one of what is there."""

    size: int = 0
    passes_by: typing.Any = ctypes.c_void_p

    def argument(self, value: typing.Any, call: Call) -> typing.Any:
        room = place(self.size)
        self.write(room, 0, value, call)
        return room

    def write(self, room: typing.Any, at: int, value: typing.Any, call: Call) -> None:
        raise NotImplementedError

    def read(self, room: typing.Any, at: int, instance: Instance) -> typing.Any:
        raise NotImplementedError

    def passed(self, argument: typing.Any, instance: Instance) -> typing.Any:
        """Returns the value that the library passes to an imported function."""
        return self.passed_at(argument, instance)

    def passed_at(self, address: int, instance: Instance) -> typing.Any:
        return self.read(ctypes.string_at(address, self.size), 0, instance)


NUMBERS: typing.Dict[str, typing.Any] = {
    "b": ctypes.c_int8,
    "B": ctypes.c_uint8,
    "h": ctypes.c_int16,
    "H": ctypes.c_uint16,
    "i": ctypes.c_int32,
    "I": ctypes.c_uint32,
    "q": ctypes.c_int64,
    "Q": ctypes.c_uint64,
    "f": ctypes.c_float,
    "d": ctypes.c_double,
}


class Plain(Type):
    """A type whose values C passes as numbers. The code is that of the module `struct`."""

    def __init__(self, code: str) -> None:
        layout = struct.Struct("=" + code)
        self.size, self.pack, self.unpack = layout.size, layout.pack_into, layout.unpack_from
        self.passes_by = NUMBERS[code]

    def number(self, value: typing.Any, call: Call) -> typing.Any:
        raise NotImplementedError

    def argument(self, value: typing.Any, call: Call) -> typing.Any:
        return self.number(value, call)

    def write(self, room: typing.Any, at: int, value: typing.Any, call: Call) -> None:
        self.pack(room, at, self.number(value, call))

    def read(self, room: typing.Any, at: int, instance: Instance) -> typing.Any:
        return self.passed(self.unpack(room, at)[0], instance)

    def passed(self, argument: typing.Any, instance: Instance) -> typing.Any:
        return argument


class Integer(Plain):
    def __init__(self, code: str) -> None:
        super().__init__(code)
        bits = 8 * self.size
        self.least, self.most = (0, (1 << bits) - 1) if code.isupper() else (-1 << bits - 1, (1 << bits - 1) - 1)

    def number(self, value: typing.Any, call: Call) -> int:
        try:
            number = operator.index(value)
        except TypeError:
            raise Mismatch(TypeError, "must be an integer") from None
        if not self.least <= number <= self.most:
            raise Mismatch(OverflowError, f"must be an integer from {self.least} to {self.most}")
        return number


class Float(Plain):
    def number(self, value: typing.Any, call: Call) -> float:
        if isinstance(value, (str, bytes, bytearray)):
            raise Mismatch(TypeError, "must be a number")
        try:
            number = float(value)
            # What the type doesn't have is an error before ctypes makes an infinity of it.
            self.pack(bytearray(self.size), 0, number)
        except TypeError:
            raise Mismatch(TypeError, "must be a number") from None
        except OverflowError:
            raise Mismatch(OverflowError, f"must be a number that a float of {8 * self.size} bits has") from None
        return number


class Boolean(Plain):
    def number(self, value: typing.Any, call: Call) -> int:
        if not isinstance(value, bool):
            raise Mismatch(TypeError, "must be a bool")
        return value

    def passed(self, argument: int, instance: Instance) -> bool:
        return argument != 0


class Character(Plain):
    def number(self, value: typing.Any, call: Call) -> int:
        if not isinstance(value, str):
            raise Mismatch(TypeError, "must be a str of one character")
        if len(value) != 1 or "\ud800" <= value <= "\udfff":
            raise Mismatch(ValueError, "must be a str of one character")
        return ord(value)

    def passed(self, argument: int, instance: Instance) -> str:
        return chr(argument)


class Enumeration(Plain):
    def __init__(self, code: str, of: typing.Type[enum.Enum]) -> None:
        super().__init__(code)
        self.passes_by = ctypes.c_uint32
        self.of, self.cases = of, list(of)

    def number(self, value: typing.Any, call: Call) -> int:
        if not isinstance(value, self.of):
            raise Mismatch(TypeError, f"must be a {self.of.__name__}")
        return value.value

    def passed(self, argument: int, instance: Instance) -> enum.Enum:
        return self.cases[argument]


class Flags(Enumeration):
    def passed(self, argument: int, instance: Instance) -> enum.Enum:
        return self.of(argument)


BOOL, CHAR = Boolean("B"), Character("I")
S8, S16, S32, S64 = map(Integer, "bhiq")
U8, U16, U32, U64 = map(Integer, "BHIQ")
F32, F64 = map(Float, "fd")

EXTENT = struct.Struct("=QQ")


def write_bytes(room: typing.Any, at: int, value: bytes, call: Call) -> None:
    EXTENT.pack_into(room, at, call.address_of_bytes(value), len(value))


def read_bytes(room: typing.Any, at: int, size: int) -> bytes:
    start, count = EXTENT.unpack_from(room, at)
    return ctypes.string_at(start, count * size) if count else b""


class String(Type):
    size = EXTENT.size

    def write(self, room: typing.Any, at: int, value: typing.Any, call: Call) -> None:
        if not isinstance(value, str):
            raise Mismatch(TypeError, "must be a str")
        try:
            write_bytes(room, at, value.encode(), call)
        except UnicodeEncodeError:
            raise Mismatch(ValueError, "must be a str without surrogates") from None

    def read(self, room: typing.Any, at: int, instance: Instance) -> str:
        return read_bytes(room, at, 1).decode()


STRING = String()


class Bytes(Type):
    size = EXTENT.size

    def write(self, room: typing.Any, at: int, value: typing.Any, call: Call) -> None:
        try:
            write_bytes(room, at, value if type(value) is bytes else bytes(memoryview(value)), call)
        except TypeError:
            raise Mismatch(TypeError, "must be bytes") from None

    def read(self, room: typing.Any, at: int, instance: Instance) -> bytes:
        return read_bytes(room, at, 1)


BYTES = Bytes()


def elements(value: typing.Any, kind: str) -> typing.List[typing.Any]:
    if isinstance(value, (str, bytes, bytearray, collections.abc.Mapping)):
        raise Mismatch(TypeError, f"must be a {kind}")
    try:
        return list(value)
    except TypeError:
        raise Mismatch(TypeError, f"must be a {kind}") from None


class List(Type):
    size = EXTENT.size

    def __init__(self, element: Type) -> None:
        self.element = element

    def write(self, room: typing.Any, at: int, value: typing.Any, call: Call) -> None:
        values, element = elements(value, "list"), self.element
        buffer = bytearray(len(values) * element.size or 1)
        for index, item in enumerate(values):
            try:
                element.write(buffer, index * element.size, item, call)
            except Mismatch as mismatch:
                raise mismatch.within(f"[{index}]")
        EXTENT.pack_into(room, at, call.address_of(buffer), len(values))

    def read(self, room: typing.Any, at: int, instance: Instance) -> typing.List[typing.Any]:
        read, size = self.element.read, self.element.size
        data = read_bytes(room, at, size)
        return [read(data, offset, instance) for offset in range(0, len(data), size)]


class Record(Type):
    """A record: its class, and the name, type and offset of each field."""

    def __init__(self, of: typing.Any, size: int, fields: typing.Any) -> None:
        self.of, self.size, self.fields = of, size, fields

    def write(self, room: typing.Any, at: int, value: typing.Any, call: Call) -> None:
        if not isinstance(value, self.of):
            raise Mismatch(TypeError, f"must be a {self.of.__name__}")
        for name, ty, offset in self.fields:
            try:
                ty.write(room, at + offset, getattr(value, name), call)
            except Mismatch as mismatch:
                raise mismatch.within(f".{name}")

    def read(self, room: typing.Any, at: int, instance: Instance) -> typing.Any:
        return self.of(*[ty.read(room, at + offset, instance) for _, ty, offset in self.fields])


class Tuple(Type):
    """A tuple: the type and the offset of each part."""

    def __init__(self, size: int, parts: typing.Any) -> None:
        self.size, self.parts = size, parts

    def write(self, room: typing.Any, at: int, value: typing.Any, call: Call) -> None:
        kind = f"tuple of {len(self.parts)}"
        values = elements(value, kind)
        if len(values) != len(self.parts):
            raise Mismatch(TypeError, f"must be a {kind}")
        for index, (item, (ty, offset)) in enumerate(zip(values, self.parts)):
            try:
                ty.write(room, at + offset, item, call)
            except Mismatch as mismatch:
                raise mismatch.within(f"[{index}]")

    def read(self, room: typing.Any, at: int, instance: Instance) -> typing.Tuple[typing.Any, ...]:
        return tuple([ty.read(room, at + offset, instance) for ty, offset in self.parts])


class Variant(Type):
    """A variant: the code of its tag, the class and the type of each case, and the offset of what is in a case."""

    def __init__(self, name: str, size: int, code: str, offset: int, cases: typing.Any) -> None:
        self.name, self.size, self.tag, self.offset, self.cases = name, size, struct.Struct("=" + code), offset, cases
        self.tags = {of: tag for tag, (of, _) in enumerate(cases)}

    def write(self, room: typing.Any, at: int, value: typing.Any, call: Call) -> None:
        tag = self.tags.get(type(value))
        if tag is None:
            names = ", ".join(of.__name__ for of, _ in self.cases)
            raise Mismatch(TypeError, f"must be a {self.name}, one of {names}")
        self.tag.pack_into(room, at, tag)
        ty = self.cases[tag][1]
        if ty is not None:
            try:
                ty.write(room, at + self.offset, value.value, call)
            except Mismatch as mismatch:
                raise mismatch.within(".value")

    def read(self, room: typing.Any, at: int, instance: Instance) -> typing.Any:
        of, ty = self.cases[self.tag.unpack_from(room, at)[0]]
        return of() if ty is None else of(ty.read(room, at + self.offset, instance))


class Result(Variant):
    def __init__(self, size: int, offset: int, ok: typing.Any, err: typing.Any) -> None:
        super().__init__("result", size, "B", offset, ((Ok, ok), (Err, err)))

    def read(self, room: typing.Any, at: int, instance: Instance) -> typing.Any:
        of, ty = self.cases[room_byte(room, at)]
        return of(None if ty is None else ty.read(room, at + self.offset, instance))


def room_byte(room: typing.Any, at: int) -> int:
    return struct.unpack_from("=B", room, at)[0]


class Option(Type):
    """An option; `Some` is around what is in it if that is an option too."""

    def __init__(self, size: int, offset: int, some: Type, is_nested: bool) -> None:
        self.size, self.offset, self.some, self.is_nested = size, offset, some, is_nested

    def inner(self, value: typing.Any) -> typing.Any:
        if not self.is_nested:
            return value
        if not isinstance(value, Some):
            raise Mismatch(TypeError, "must be None or a Some")
        return value.value

    def made(self, value: typing.Any) -> typing.Any:
        return Some(value) if self.is_nested else value

    def write(self, room: typing.Any, at: int, value: typing.Any, call: Call) -> None:
        if value is not None:
            struct.pack_into("=B", room, at, 1)
            self.some.write(room, at + self.offset, self.inner(value), call)

    def read(self, room: typing.Any, at: int, instance: Instance) -> typing.Any:
        return self.made(self.some.read(room, at + self.offset, instance)) if room_byte(room, at) else None


class Maybe(Type):
    """A parameter that is an option: what is in it, or null."""

    def __init__(self, option: Option) -> None:
        self.option = option

    def argument(self, value: typing.Any, call: Call) -> typing.Any:
        if value is None:
            return None
        room = place(self.option.some.size)
        self.option.some.write(room, 0, self.option.inner(value), call)
        return room

    def passed(self, argument: typing.Any, instance: Instance) -> typing.Any:
        return self.option.made(self.option.some.passed_at(argument, instance)) if argument else None


class Borrow(Plain):
    """Handles that are lent for a call. In C they are the same numbers as those that own."""

    def __init__(self, of: typing.Type[Resource]) -> None:
        super().__init__("Q")
        self.of = of

    def number(self, value: typing.Any, call: Call) -> int:
        if not isinstance(value, self.of):
            raise Mismatch(TypeError, f"must be a {self.of.__name__}")
        if value._handle is None:
            raise Mismatch(ValueError, f"must be a {self.of.__name__} that hasn't ended and wasn't given away")
        if value._instance is not call.instance:
            raise Mismatch(ValueError, f"must be a {self.of.__name__} of the same instance")
        return value._handle


class Own(Borrow):
    """Handles that own."""

    def number(self, value: typing.Any, call: Call) -> int:
        number = super().number(value, call)
        call.given.append(value)
        return number

    def passed(self, argument: int, instance: Instance) -> Resource:
        made = self.of.__new__(self.of)
        made._instance, made._handle = instance, argument
        return made


class HostBorrow(Plain):
    """Handles of resources that Python defines, whatever objects they are: numbers of the instance, lent for a call."""

    def __init__(self) -> None:
        super().__init__("Q")

    def number(self, value: typing.Any, call: Call) -> int:
        number = call.instance._objects.add(value)
        call.lent_ids.append(number)
        return number

    def passed(self, argument: int, instance: Instance) -> typing.Any:
        return instance._objects[argument]


class HostOwn(HostBorrow):
    """Handles that own objects of Python."""

    def number(self, value: typing.Any, call: Call) -> int:
        number = call.instance._objects.add(value)
        call.given_ids.append(number)
        return number

    def passed(self, argument: int, instance: Instance) -> typing.Any:
        return instance._objects.pop(argument)


class Objects(typing.Dict[int, typing.Any]):
    """The objects of Python of which an instance has handles."""

    last = 0

    def add(self, value: typing.Any) -> int:
        self.last += 1
        self[self.last] = value
        return self.last


LIBRARY = ctypes.CDLL(os.path.join(os.path.dirname(os.path.abspath(__file__)), _library.FILE))


def native(symbol: str, result: typing.Any, *parameters: typing.Any) -> typing.Any:
    """Finds a function of the library."""
    found = LIBRARY[symbol]
    found.restype, found.argtypes = result, parameters
    return found


def own(name: str, result: typing.Any, *parameters: typing.Any) -> typing.Any:
    return native(f"{_library.NAME}_{name}", result, *parameters)


POINTER = ctypes.c_void_p
NEW = own("new", POINTER, POINTER, POINTER, POINTER)
ERROR = own("error", ctypes.c_char_p, POINTER)
EXIT_STATUS = own("exit_status", ctypes.c_uint32, POINTER)
FREE = own("free", None, POINTER)
ERROR_FREE = own("error_free", None, POINTER)
INTERRUPT = own("interrupt", ctypes.c_bool, POINTER)
POOL = own("pool", None, ctypes.c_uint32)

if own("abi_version", ctypes.c_uint32)() != _library.ABI_VERSION:
    raise ImportError(f"{_library.FILE} isn't the library that this package was made with")


class Function:
    """An exported function: its parameters, and the places for its result with what frees them."""

    def __init__(self, symbol: str, parameters: typing.Any, ok: typing.Any = None, err: typing.Any = None) -> None:
        self.parameters = parameters
        self.ok, self.err = ok, err
        places = [POINTER for returned in (ok, err) if returned is not None]
        self.native = native(symbol, ctypes.c_uint32, POINTER, *[ty.passes_by for _, ty in parameters], *places)

    def __call__(self, instance: typing.Optional[Instance], arguments: Arguments) -> typing.Any:
        call = Call(default() if instance is None else instance)
        values = []
        for (name, ty), value in zip(self.parameters, arguments):
            try:
                values.append(ty.argument(value, call))
            except Mismatch as mismatch:
                raise mismatch.kind(f"{name}{mismatch.part} {mismatch.must}") from None
        ok = self.ok and self.ok.place()
        err = self.err and self.err.place()
        values.extend([room for room in (ok, err) if room is not None])
        status = call.instance._perform(self.native, values, call)
        if status == _library.ERR:
            raise Err(self.err.take(err, call.instance) if self.err else None)
        return self.ok.take(ok, call.instance) if self.ok and status == _library.OK else None


class Returned:
    """A place for a result: its type, and the function that frees it if it owns something."""

    def __init__(self, ty: Type, free: typing.Optional[str] = None, option: typing.Optional[Option] = None) -> None:
        self.ty, self.option, self.room = ty, option, ctypes.c_uint64 * ((ty.size + 7) // 8 or 1)
        self.free = None if free is None else native(free, None, POINTER)

    def place(self) -> typing.Any:
        return self.room()

    def take(self, room: typing.Any, instance: Instance) -> typing.Any:
        try:
            value = self.ty.read(room, 0, instance)
        finally:
            if self.free is not None:
                self.free(room)
        return value if self.option is None else self.option.made(value)


FUNCTIONS: typing.List[Function] = []


def call(number: int, instance: typing.Optional[Instance], *arguments: typing.Any) -> typing.Any:
    """Calls the exported function with this number, in the instance or in the module's own."""
    return FUNCTIONS[number](instance, arguments)


class Owner:
    """An instance as C has it, which is freed when nothing refers to it any more. That can call imported functions."""

    __slots__ = ("pointer", "callers")

    def __init__(self, callers: typing.Any) -> None:
        self.pointer: typing.Optional[int] = None
        self.callers = callers

    def __del__(self, free: typing.Any = FREE) -> None:
        if self.pointer:
            free(self.pointer)


# Nothing was called, so that arguments are still the caller's.
REFUSED = (_library.ENDED, _library.ARGUMENT, _library.SYSTEM, _library.BUSY)


class Instance:
    """An instance of the program, with memory, globals and tables of its own."""

    _lock: typing.Optional[threading.RLock] = None  # type: ignore[valid-type]

    def __init__(self, imports: typing.Any = None, **options: typing.Any) -> None:
        self._dropped: typing.Deque[typing.Tuple[typing.Any, int]] = collections.deque()
        self._failure: typing.Optional[BaseException] = None
        self._owner: typing.Optional[Owner] = None
        self._objects = Objects()
        callers, structure = import_structure(self, imports)
        kept, error = Call(self), ctypes.c_void_p()
        structure_of_options = option_structure(options, kept)
        self._owner = owner = Owner(callers)
        owner.pointer = NEW(structure_of_options, structure, ctypes.byref(error))
        if not owner.pointer:
            self._owner = None
            text, failure = taken_text(error), self._raise_failure()
            raise StartError(text) from failure

    def __enter__(self: T) -> T:
        return self

    def __exit__(self, *_: object) -> None:
        """Ends the instance: its memory is freed as soon as no memoryview of it is left."""
        self._owner = None

    def interrupt(self) -> bool:
        """Ends the call that runs in the instance on another thread, which raises a Trap. False if none runs."""
        owner = self._owner
        return owner is not None and owner.pointer is not None and INTERRUPT(owner.pointer)

    def _perform(self, function: typing.Any, arguments: typing.Any, call: Call) -> int:
        owner, lock = self._owner, self._lock
        if owner is None:
            raise Ended("nothing was called: the instance has been left")
        if lock is not None:
            lock.acquire()
        try:
            while self._dropped:
                drop, handle = collected = self._dropped.popleft()
                if drop(owner.pointer, handle) == _library.BUSY:
                    self._dropped.appendleft(collected)
                    raise Busy(_library.MEANINGS[_library.BUSY])
            status = function(owner.pointer, *arguments)
            call.settle(status in REFUSED)
            if status not in (_library.OK, _library.NONE, _library.ERR):
                self._raise(status, owner)
            return status
        finally:
            if lock is not None:
                lock.release()

    def _raise(self, status: int, owner: Owner) -> None:
        meaning = _library.MEANINGS[status]
        if status in (_library.TRAP, _library.EXITED):
            text = ERROR(owner.pointer)
            meaning = meaning if text is None else text.decode(errors="replace")
        if status == _library.TRAP:
            failure = self._raise_failure()
            raise Trap(meaning) from failure
        if status == _library.EXITED:
            raise Exit(meaning, EXIT_STATUS(owner.pointer))
        kinds: typing.Dict[int, typing.Type[Exception]] = {
            _library.ENDED: Ended,
            _library.BUSY: Busy,
            _library.ARGUMENT: ValueError,
            _library.SYSTEM: MemoryError,
            _library.MEMORY: MemoryError,
        }
        raise kinds.get(status, Error)(meaning)

    def _raise_failure(self) -> typing.Optional[BaseException]:
        """Returns the exception of an imported function, or raises it if it isn't about the program, such as an interrupt."""
        failure, self._failure = self._failure, None
        if failure is not None and not isinstance(failure, Exception):
            raise failure
        return failure

    def _starts_as(self, pointer: int) -> None:
        """Tells the address to functions that the start-up calls, before there is one."""
        if self._owner is not None and self._owner.pointer is None:
            self._owner.pointer = pointer

    def _fail(self, failure: BaseException) -> int:
        """Keeps the exception of an imported function, and returns where the text is with which the program traps."""
        self._failure = failure
        text = f"{type(failure).__name__}: {failure}".encode(errors="replace")
        self._text = ctypes.create_string_buffer(text)
        return ctypes.addressof(self._text)

    def _kept(self) -> Owner:
        if self._owner is None:
            raise Ended("the instance has been left")
        return self._owner

    def _memory(self, find: typing.Any) -> memoryview:
        owner = self._kept()
        base, size = ctypes.c_void_p(), ctypes.c_uint64()
        find(owner.pointer, ctypes.byref(base), ctypes.byref(size))
        room = (ctypes.c_uint8 * size.value).from_address(base.value)
        # The instance stays as long as a view of its memory.
        room._owner = owner
        return memoryview(room).cast("B")


def memory(symbol: str) -> typing.Callable[[typing.Optional[Instance]], memoryview]:
    """Makes the function that shows an exported memory."""
    find = native(symbol, ctypes.c_uint32, POINTER, POINTER, POINTER)
    return lambda instance: (default() if instance is None else instance)._memory(find)


MEMORIES: typing.List[typing.Callable[[typing.Optional[Instance]], memoryview]] = []


class Global(typing.Generic[T]):
    """A global that the program exports, as long as its instance is there."""

    def __init__(self, owner: Owner, get: typing.Any, set: typing.Any, ty: Plain) -> None:
        self._owner, self._get, self._set, self._type = owner, get, set, ty

    @property
    def value(self) -> T:
        room = self._type.passes_by()
        self._get(self._owner.pointer, ctypes.byref(room))
        return typing.cast(T, room.value)


class MutableGlobal(Global[T]):
    """A global that the program and Python change."""

    @property
    def value(self) -> T:
        return super().value

    @value.setter
    def value(self, value: T) -> None:
        try:
            number = self._type.number(value, None)
        except Mismatch as mismatch:
            raise mismatch.kind(f"value {mismatch.must}") from None
        self._set(self._owner.pointer, number)


def exported_global(get: str, set: typing.Optional[str], ty: Plain) -> typing.Callable[[typing.Optional[Instance]], typing.Any]:
    """Makes the function that shows an exported global."""
    read = native(get, ctypes.c_uint32, POINTER, POINTER)
    write = None if set is None else native(set, ctypes.c_uint32, POINTER, ty.passes_by)
    of = Global if set is None else MutableGlobal
    return lambda instance: of((default() if instance is None else instance)._kept(), read, write, ty)


GLOBALS: typing.List[typing.Callable[[typing.Optional[Instance]], typing.Any]] = []


def interrupt() -> bool:
    """Ends the call that runs in the module's own instance."""
    return DEFAULT is not None and DEFAULT.interrupt()


def pool(instances: int) -> None:
    """Sets how many ended instances the library keeps the memory of."""
    try:
        POOL(U32.number(instances, None))
    except Mismatch as mismatch:
        raise mismatch.kind(f"instances {mismatch.must}") from None


def taken_text(error: ctypes.c_void_p) -> str:
    """Returns a text of the library, and frees it."""
    if not error.value:
        return "there is no instance"
    text = ctypes.string_at(error.value).decode(errors="replace")
    ERROR_FREE(error)
    return text


def option_structure(options: typing.Dict[str, typing.Any], call: Call) -> typing.Any:
    """Makes the structure of options: its size, the numbers, and where the settings are."""
    settings = options.pop("settings", None)
    numbers = [option_number(options.pop(name, None), name, call) for name in _library.OPTIONS]
    times = [option_number(options.pop(name, None), name, call) for name in _library.TIMES]
    if options:
        raise TypeError(f"there is no option {next(iter(options))}")
    values = [*numbers, 0 if settings is None else settings_list(settings, call), *times]
    values.insert(0, 8 * (len(values) + 1))
    return (ctypes.c_uint64 * len(values))(*values)


def option_number(value: typing.Any, name: str, call: Call) -> int:
    try:
        return 0 if value is None else U64.number(value, call)
    except Mismatch as mismatch:
        raise mismatch.kind(f"{name} {mismatch.must}") from None


def settings_list(settings: typing.Any, call: Call) -> int:
    texts = [ctypes.c_char_p(f"{name}={value}".encode()) for name, value in settings.items()]
    pointers = (ctypes.c_char_p * (len(texts) + 1))(*texts, None)
    call.kept += [texts, pointers]
    return ctypes.addressof(pointers)


class Import:
    """An imported function: its field in C, its parameters and its result; or the end of a resource that Python defines."""

    def __init__(self, field: str, parameters: typing.Any, result: typing.Optional[Type], drops: bool = False) -> None:
        self.field, self.parameters, self.result, self.drops = field, parameters, result, drops
        out = [] if result is None else [POINTER]
        of_parameters = [parameter.passes_by for parameter in parameters]
        self.native = ctypes.CFUNCTYPE(POINTER, POINTER, POINTER, *of_parameters, *out)

    def caller(self, instance: Instance, function: typing.Any) -> typing.Any:
        """Makes the function that C calls. It returns null, or the text with which the program traps."""
        instance_of, objects = weakref.ref(instance), instance._objects

        def call(_: typing.Any, pointer: int, *arguments: typing.Any) -> typing.Optional[int]:
            if self.drops:
                # The instance may be gone: its end drops what it has left.
                objects.pop(arguments[0], None)
                return None
            instance = instance_of()
            try:
                instance._starts_as(pointer)
                values = [ty.passed(argument, instance) for ty, argument in zip(self.parameters, arguments)]
                self.perform(instance, function, values, arguments[-1] if arguments else None)
                return None
            except BaseException as failure:
                return instance._fail(failure)

        return self.native(call)

    def perform(self, instance: Instance, function: typing.Any, values: typing.Any, place: typing.Any) -> None:
        result = self.result
        if not isinstance(result, Result):
            value = function(instance, *values)
        else:
            try:
                value = Ok(function(instance, *values))
            except Err as error:
                value = error
        if result is None:
            return
        call, room, is_refused = ResultOfImport(instance), bytearray(result.size), True
        try:
            result.write(room, 0, value, call)
            is_refused = False
        except Mismatch as mismatch:
            raise mismatch.kind(f"the result of {self.field}{mismatch.part} {mismatch.must}") from None
        finally:
            call.settle(is_refused)
        ctypes.memmove(place, bytes(room), result.size)


IMPORTS: typing.List[Import] = []


def import_structure(instance: Instance, imports: typing.Any) -> typing.Tuple[typing.Any, typing.Any]:
    """Makes the structure of imported functions, and what has to live as long as the instance."""
    if not IMPORTS:
        return None, None
    callers = []
    for each in IMPORTS:
        function = None if each.drops else getattr(imports, each.field, None)
        if not each.drops and not callable(function):
            raise TypeError(f"imports.{each.field} must be a function")
        callers.append(each.caller(instance, function))
    addresses = [ctypes.cast(each, ctypes.c_void_p).value for each in callers]
    words = [8 * (len(addresses) + 2), 0, *addresses]
    return callers, (ctypes.c_uint64 * len(words))(*words)


DEFAULT: typing.Optional[Instance] = None
DEFAULT_LOCK = threading.RLock()


def default() -> Instance:
    """Returns the instance of the module's own functions, which the first call makes. Its calls take turns."""
    global DEFAULT
    if DEFAULT is None:
        with DEFAULT_LOCK:
            if DEFAULT is None:
                made = Instance()
                made._lock = DEFAULT_LOCK
                DEFAULT = made
    return DEFAULT


class Resource:
    """A resource that an object owns: it ends at the end of a `with` block, or when the object is collected."""

    _instance: typing.Optional[Instance] = None
    _handle: typing.Optional[int] = None
    _drop: typing.Any = None

    def __enter__(self: T) -> T:
        return self

    def __exit__(self, *_: object) -> None:
        handle, instance = self._handle, self._instance
        if handle is not None and instance is not None:
            given = Call(instance)
            given.given.append(self)
            instance._perform(self._drop, (handle,), given)

    def __del__(self) -> None:
        # Any thread may collect it, at any time: the next call of its instance ends the resource.
        handle, instance = self._handle, self._instance
        if handle is not None and instance is not None:
            self._handle = None
            instance._dropped.append((self._drop, handle))

    def _construct(self, number: int, *arguments: typing.Any) -> None:
        made = call(number, self._instance, *arguments)
        self._instance, self._handle, made._handle = made._instance, made._handle, None


class BoundClass:
    """A class of resources in an instance: what it makes belongs to the instance."""

    def __init__(self, of: typing.Type[Resource], instance: Instance) -> None:
        self._of, self._instance = of, instance

    def __call__(self, *arguments: typing.Any, **named: typing.Any) -> Resource:
        made = self._of.__new__(self._of)
        made._instance = self._instance
        made.__init__(*arguments, **named)  # type: ignore[misc]
        return made

    def __instancecheck__(self, value: object) -> bool:
        return isinstance(value, self._of) and value._instance is self._instance

    def __getattr__(self, name: str) -> typing.Any:
        found = getattr(self._of, name)
        return found.__func__.__get__(self) if hasattr(found, "__func__") else found


def bound(of: typing.Type[R], instance: Instance) -> typing.Type[R]:
    return typing.cast(typing.Type[R], BoundClass(of, instance))


def define_resource(of: typing.Type[Resource], drop: str) -> None:
    of._drop = native(drop, ctypes.c_uint32, POINTER, ctypes.c_uint64)


def no_constructor(of: object) -> None:
    raise TypeError(f"{type(of).__name__} has no constructor")
