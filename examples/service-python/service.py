"""A service with three routes: it greets, counts the words of a body, and says how often it was asked."""

from collections import Counter
from urllib.parse import parse_qs, urlsplit

from componentize_py_types import Err, Ok
from wit_world import exports
from wit_world.imports.types import (
    Fields,
    IncomingRequest,
    Method_Get,
    Method_Post,
    OutgoingBody,
    OutgoingResponse,
    ResponseOutparam,
)

# The bytes that are read, or written, at once.
PIECE = 4096

# The number of requests that this instance has served.
served = 0


class IncomingHandler(exports.IncomingHandler):
    """The handler, by the name that the interface gives it."""

    def handle(self, request: IncomingRequest, response_out: ResponseOutparam) -> None:
        global served
        served += 1
        respond(response_out, *answer(request))


def answer(request: IncomingRequest) -> tuple[int, str]:
    """The status and the text for a request."""
    target = urlsplit(request.path_with_query() or "/")
    match request.method(), target.path:
        case Method_Get(), "/":
            name = parse_qs(target.query).get("name", ["world"])[0]
            return 200, f"Hello, {name}!\n"
        case Method_Get(), "/served":
            return 200, f"{served}\n"
        case Method_Post(), "/words":
            words = Counter(body_of(request).decode(errors="replace").split())
            return 200, "".join(f"{count} {word}\n" for word, count in words.most_common())
    return 404, "there is nothing here\n"


def body_of(request: IncomingRequest) -> bytes:
    """The whole body of a request."""
    pieces = []
    with request.consume() as body, body.stream() as stream:
        while True:
            try:
                pieces.append(stream.blocking_read(PIECE))
            except Err:
                # The end of the stream.
                return b"".join(pieces)


def respond(response_out: ResponseOutparam, status: int, text: str) -> None:
    """Answers with a status and a text."""
    contents = text.encode()
    fields = [("content-type", b"text/plain"), ("content-length", str(len(contents)).encode())]
    response = OutgoingResponse(Fields.from_list(fields))
    response.set_status_code(status)
    body = response.body()
    ResponseOutparam.set(response_out, Ok(response))
    with body.write() as stream:
        for at in range(0, len(contents), PIECE):
            stream.blocking_write_and_flush(contents[at : at + PIECE])
    OutgoingBody.finish(body, None)
