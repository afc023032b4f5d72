"""Outbound header blocks and frames of replies.

A message or a status comes in, frames go out. Every field is indexed in HPACK's static table or a literal that is
never indexed: our encoder keeps no dynamic table, so the blocks are constants and every connection shares them.
"""

import struct
from urllib.parse import quote

from hpack import Encoder

from consistency.emulator.server.frames import DATA, END_HEADERS, END_STREAM, HEADERS, pack_head
from consistency.emulator.status import Code

NO_TABLE = b"\x20"  # "dynamic table size: 0", sent once before the first block: see Outbox
MESSAGE_MAX_CHARACTERS = 1_000  # at 12 bytes each at most, the trailers fit the smallest frame


def encode_block(*fields: tuple[str, str]) -> bytes:
    """One header block that needs no state to decode and leaves none behind."""
    return bytes(Encoder().encode([(name, value, True) for name, value in fields], huffman=False))


HEADERS_BLOCK = encode_block((":status", "200"), ("content-type", "application/grpc"))
TRAILERS_BLOCK = encode_block(("grpc-status", "0"))
_HEADERS_START = pack_head(len(HEADERS_BLOCK), HEADERS, END_HEADERS, 0)[:5]
_TRAILERS_START = pack_head(len(TRAILERS_BLOCK), HEADERS, END_HEADERS | END_STREAM, 0)[:5]
_DATA_START = struct.Struct(">HBBBLBL")  # the frame's head, then gRPC's prefix: not compressed, length of the message


def frame_reply(stream_id: int, message: bytes) -> bytes:
    """A whole successful reply; the message and its five bytes of prefix must fit one DATA frame."""
    length = len(message)
    size = length + 5
    stream = stream_id.to_bytes(4, "big")
    data_start = _DATA_START.pack(size >> 8, size & 0xFF, DATA, 0, stream_id, 0, length)
    return b"".join(
        (_HEADERS_START, stream, HEADERS_BLOCK, data_start, message, _TRAILERS_START, stream, TRAILERS_BLOCK)
    )


def frame_block(stream_id: int, block: bytes, *, last: bool) -> bytes:
    """A HEADERS frame that holds the whole block."""
    flags = END_HEADERS | END_STREAM if last else END_HEADERS
    return pack_head(len(block), HEADERS, flags, stream_id) + block


def encode_status(code: Code, message: str, *extra: tuple[str, str]) -> bytes:
    """The block of a trailers-only reply: a status and no message."""
    return encode_block(
        (":status", "200"),
        ("content-type", "application/grpc"),
        ("grpc-status", str(int(code))),
        ("grpc-message", encode_message(message)),
        *extra,
    )


def encode_refusal(http_status: int) -> bytes:
    """The block of a reply to a request that is not gRPC at all."""
    return encode_block((":status", str(http_status)), ("content-length", "0"))


def encode_message(message: str) -> str:
    """The message percent-encoded as gRPC asks: UTF-8, and only printable ASCII without "%" stands for itself."""
    return quote(message[:MESSAGE_MAX_CHARACTERS], safe=_PLAIN, errors="replace")


_PLAIN = "".join(chr(code) for code in range(0x20, 0x7F) if chr(code) != "%")
