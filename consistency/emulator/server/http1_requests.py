"""Reading one HTTP/1.1 request (RFC 9112).

A stream comes in, a whole Request goes out, or BadRequestError with the status to answer before closing. Whatever two
readers could understand differently is refused: two lengths, a length with chunks, folded lines, spaces in names.
"""

import asyncio
import re
import zlib

from consistency.emulator.server.routes import Request

BODY_MAX_BYTES = 32 * 2**20  # a request of 16 MiB as JSON with base64 in it
_REQUEST_LINE = re.compile(r"([!#$%&'*+\-.^_`|~0-9A-Za-z]+) ([!-~]+) HTTP/1\.([01])", re.ASCII)
_FIELD = re.compile(r"([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*(.*?)[ \t]*", re.ASCII | re.DOTALL)
_CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,8})[ \t]*(;[^\r\n]*)?\r\n")
_GZIP = 16 + zlib.MAX_WBITS  # with gzip's header and checksum
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class BadRequestError(Exception):
    """The request cannot be answered, and nothing after it can be understood."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


async def read_request(first: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Request:
    """The request that begins with the byte `first`; IncompleteReadError where the client leaves in the middle."""
    if not (first.isalpha() or first in {b"\r", b"\n"}):  # TLS, above all: its clients would wait for an answer
        raise BadRequestError(400, "this is not an HTTP/1.1 request")
    try:
        head = (first + await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except asyncio.LimitOverrunError:
        raise BadRequestError(431, "the head of the request is too large") from None
    line, *lines = head.strip("\r\n").split("\r\n")
    match = _REQUEST_LINE.fullmatch(line)
    if match is None:
        raise BadRequestError(400, "this is not an HTTP/1.1 request")
    headers = _parse_fields(lines)
    version = int(match[3])
    if version == 1 and "host" not in headers:
        raise BadRequestError(400, "the request names no Host")
    body = _unpack(headers, await _read_body(headers, reader, writer, version))
    return Request(match[1], match[2], headers, body, keep_alive=_keeps_alive(headers, version))


def _parse_fields(lines: list[str]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for line in lines:
        match = _FIELD.fullmatch(line)
        if match is None or any(mark in match[2] for mark in "\0\r\n"):
            raise BadRequestError(400, "a header line is malformed")
        name, value = match[1].lower(), match[2]
        if name in headers and name in {"host", "content-length", "transfer-encoding", "origin"}:
            raise BadRequestError(400, f"{name} stands twice")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


def _keeps_alive(headers: dict[str, str], version: int) -> bool:
    options = {option.strip().lower() for option in headers.get("connection", "").split(",")}
    return "close" not in options and (version == 1 or "keep-alive" in options)


async def _read_body(
    headers: dict[str, str], reader: asyncio.StreamReader, writer: asyncio.StreamWriter, version: int
) -> bytes:
    coding, length = headers.get("transfer-encoding"), headers.get("content-length")
    if coding is None and length is None:
        return b""
    if coding is not None and (length is not None or version == 0):
        raise BadRequestError(400, "Transfer-Encoding has no place here")
    if coding is not None and coding.lower() != "chunked":
        raise BadRequestError(501, f"transfer coding {coding} is not supported")
    size = 0 if length is None else _parse_length(length)
    if version == 1 and headers.get("expect", "").lower() == "100-continue":
        writer.write(_CONTINUE)
    return await _read_chunks(reader) if coding is not None else await reader.readexactly(size)


def _unpack(headers: dict[str, str], body: bytes) -> bytes:
    """The body without its compression; what it unpacks to is as limited as any body."""
    coding = headers.get("content-encoding", "identity").lower()
    if coding == "identity":
        return body
    if coding not in {"gzip", "x-gzip"}:
        raise BadRequestError(415, f"content coding {coding} is not supported")
    unpacking = zlib.decompressobj(_GZIP)
    try:
        unpacked = unpacking.decompress(body, BODY_MAX_BYTES + 1)
    except zlib.error as error:
        raise BadRequestError(400, f"the body is not gzip: {error}") from None
    if len(unpacked) > BODY_MAX_BYTES:
        raise BadRequestError(413, f"the body is larger than {BODY_MAX_BYTES} bytes")
    if not unpacking.eof:
        raise BadRequestError(400, "the body is not gzip: it is cut short")
    return unpacked


def _parse_length(text: str) -> int:
    if not re.fullmatch(r"\d{1,18}", text, re.ASCII):
        raise BadRequestError(400, "Content-Length is not a number")
    if int(text) > BODY_MAX_BYTES:
        raise BadRequestError(413, f"the body is larger than {BODY_MAX_BYTES} bytes")
    return int(text)


async def _read_chunks(reader: asyncio.StreamReader) -> bytes:
    body = bytearray()
    while True:
        size = await _read_chunk_size(reader)
        if len(body) + size > BODY_MAX_BYTES:
            raise BadRequestError(413, f"the body is larger than {BODY_MAX_BYTES} bytes")
        if size == 0:
            break
        body += await reader.readexactly(size)
        if await reader.readexactly(2) != b"\r\n":
            raise BadRequestError(400, "a chunk does not end where it says")
    await _skip_trailers(reader)
    return bytes(body)


async def _read_chunk_size(reader: asyncio.StreamReader) -> int:
    match = _CHUNK_SIZE.fullmatch(await _read_line(reader))
    if match is None:
        raise BadRequestError(400, "a chunk has no size")
    return int(match[1], 16)


async def _skip_trailers(reader: asyncio.StreamReader) -> None:
    for _ in range(100):
        if await _read_line(reader) == b"\r\n":
            return
    raise BadRequestError(431, "too many trailers")


async def _read_line(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.readuntil(b"\r\n")
    except asyncio.LimitOverrunError:
        raise BadRequestError(400, "a line of the chunked body is too long") from None
