# What gdb can't know of a guest's pointers: they have 32 bits, and count from the beginning of a memory in the slab.

import re

import gdb
import gdb.printing

POINTER_BYTES = 4
ELEMENTS_MAX = 200


def address_of(symbol):
    """The address of a symbol of the executable, whatever the language of the frame."""
    said = gdb.execute("info address " + symbol, to_string=True)
    return int(re.search("0x[0-9a-f]+", said).group(), 16)


def memory():
    """The address of the memory of the code that runs."""
    slab = int.from_bytes(gdb.selected_inferior().read_memory(address_of("aot_slab"), 8), "little")
    at = gdb.selected_frame().pc() - address_of("aot_text_start")
    bases = [base for start, end, base in MEMORIES if start <= at < end] or [MEMORIES[0][2]]
    return slab + bases[0]


def is_guest_pointer(type):
    return type.code in (gdb.TYPE_CODE_PTR, gdb.TYPE_CODE_REF) and type.sizeof == POINTER_BYTES


def target(type):
    """What a type of pointers points to: a definition of a name stands between."""
    named = type.target()
    return named.target() if named.code == gdb.TYPE_CODE_TYPEDEF else named


def follow(value, element=None):
    """The pointer of the process for one of the guest's."""
    type = value.type.strip_typedefs()
    address = int(value.cast(gdb.selected_frame().architecture().integer_type(32, False)))
    element = element or target(type)
    return gdb.Value(address and memory() + address).cast(element.pointer())


class Follow(gdb.Function):
    """$guest(POINTER): the pointer of the process for a pointer that lies in the guest's memory."""

    def __init__(self):
        super().__init__("guest")

    def invoke(self, value):
        type = value.type.strip_typedefs()
        return follow(value) if is_guest_pointer(type) else value


class Pointer:
    """A pointer in memory, as that of the process."""

    def __init__(self, value):
        self.value = value

    def to_string(self):
        pointer = follow(self.value)
        element = target(self.value.type.strip_typedefs()).strip_typedefs()
        if int(pointer) != 0 and element.sizeof == 1 and element.code in (gdb.TYPE_CODE_INT, gdb.TYPE_CODE_CHAR):
            return pointer
        return "(%s) %#x" % (pointer.type, int(pointer))


class Text:
    """A string of Rust's."""

    def __init__(self, data, length):
        self.data, self.length = data, length

    def to_string(self):
        return follow(self.data).lazy_string(encoding="utf-8", length=self.length)

    def display_hint(self):
        return "string"


class Elements:
    """A slice or vector of Rust's."""

    def __init__(self, data, length, element):
        self.data, self.length, self.element = data, length, element

    def to_string(self):
        return "size=%d" % self.length

    def children(self):
        first = follow(self.data, self.element)
        return (("[%d]" % index, first[index]) for index in range(min(self.length, ELEMENTS_MAX)))

    def display_hint(self):
        return "array"


def first_pointer(value):
    """The first pointer in a structure of structures."""
    type = value.type.strip_typedefs()
    if is_guest_pointer(type):
        return value
    if type.code == gdb.TYPE_CODE_STRUCT:
        found = (first_pointer(value[field]) for field in type.fields() if hasattr(field, "bitpos"))
        return next((pointer for pointer in found if pointer is not None), None)
    return None


def find_printer(value):
    type = value.type.strip_typedefs()
    if is_guest_pointer(type):
        return Pointer(value)
    name = type.name or ""
    if type.code != gdb.TYPE_CODE_STRUCT:
        return None
    if re.match(r"&(mut )?(str$|\[)", name):
        data, length = value["data_ptr"], int(value["length"])
        return Text(data, length) if name.endswith("str") else Elements(data, length, target(data.type))
    if re.match(r"alloc::string::String$", name):
        vector = value["vec"]
        return Text(first_pointer(vector["buf"]), int(vector["len"]))
    if re.match(r"alloc::vec::Vec<", name):
        return Elements(first_pointer(value["buf"]), int(value["len"]), type.template_argument(0))
    return None


Follow()
gdb.pretty_printers.append(find_printer)
