"""What a gRPC request's header fields ask for.

Decoded HPACK fields come in, a Head goes out, or a malformed request is told apart from a refused one: the first
breaks the stream, the second gets an answer in words. A Head is immutable, because one Head serves every later
request with the same header block.
"""

import base64
import binascii
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from consistency.emulator.server.replies import encode_refusal, encode_status
from consistency.emulator.status import Code

_UNITS_S = {"H": 3600.0, "M": 60.0, "S": 1.0, "m": 1e-3, "u": 1e-6, "n": 1e-9}
_TIMEOUT = re.compile(r"(\d{1,8})([HMSmun])", re.ASCII)
_CONTENT_TYPE = re.compile(r"application/grpc(\+proto)?(;.*)?", re.ASCII)
_PSEUDO = {":method", ":scheme", ":path", ":authority"}
_CONNECTION_ONLY = {"connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"}
_NOT_METADATA = {"te", "content-type", "content-length", "grpc-encoding", "grpc-accept-encoding", "grpc-timeout"}
_FIELD_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9a-z]+", re.ASCII)


class MalformedError(Exception):
    """The header fields break HTTP/2's own rules (RFC 9113, section 8)."""


@dataclass(frozen=True, slots=True)
class Head:
    """One request's header fields, understood."""

    path: str
    metadata: Mapping[str, str]
    timeout_s: float | None
    content_length: int | None
    refusal: bytes | None  # the header block that answers this request, where it is refused before its message


def parse_head(fields: Iterable[tuple[bytes, bytes]], peer: str = "") -> Head:
    """The Head of one request's fields; MalformedError where they are not HTTP/2. `peer` is the metadata `:peer`."""
    pseudo, regular = _divide(fields)
    if not {":method", ":scheme", ":path"} <= pseudo.keys() or not pseudo[":path"]:
        raise MalformedError("a request needs :method, :scheme and :path")
    refusal = _refuse(pseudo, regular)
    timeout_s = None
    metadata: dict[str, str] = {}
    try:
        timeout_s = parse_timeout_s(regular.get("grpc-timeout"))
        metadata = {name: _decode_value(name, value) for name, value in regular.items() if name not in _NOT_METADATA}
    except ValueError as error:
        refusal = refusal or encode_status(Code.INTERNAL, str(error))
    if peer:
        metadata[":peer"] = peer
    return Head(pseudo[":path"], MappingProxyType(metadata), timeout_s, _parse_length(regular), refusal)


def parse_timeout_s(text: str | None) -> float | None:
    """Seconds of a grpc-timeout such as "250m"; None without one; ValueError in one sentence."""
    if text is None:
        return None
    match = _TIMEOUT.fullmatch(text)
    if match is None:
        raise ValueError(f'grpc-timeout "{text}" is not one to eight digits and a unit of H, M, S, m, u or n')
    return int(match[1]) * _UNITS_S[match[2]]


def check_trailers(fields: Iterable[tuple[bytes, bytes]]) -> None:
    """MalformedError where a client's trailers are not HTTP/2; what they say is not used."""
    pseudo, _ = _divide(fields)
    if pseudo:
        raise MalformedError("trailers have no pseudo fields")


def _divide(fields: Iterable[tuple[bytes, bytes]]) -> tuple[dict[str, str], dict[str, str]]:
    pseudo: dict[str, str] = {}
    regular: dict[str, str] = {}
    for raw_name, raw_value in fields:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        if name.startswith(":"):
            if regular or name in pseudo or name not in _PSEUDO:
                raise MalformedError(f"pseudo field {name} is unknown, repeated or too late")
            pseudo[name] = value
        else:
            _check_regular(name, value)
            regular[name] = f"{regular[name]},{value}" if name in regular else value
    return pseudo, regular


def _check_regular(name: str, value: str) -> None:
    if not _FIELD_NAME.fullmatch(name) or any(mark in value for mark in "\0\r\n"):
        raise MalformedError("a field name or value has characters that HTTP/2 forbids")
    if name in _CONNECTION_ONLY or (name == "te" and value != "trailers"):
        raise MalformedError(f"{name} has no place in HTTP/2")


def _parse_length(regular: Mapping[str, str]) -> int | None:
    text = regular.get("content-length")
    if text is None:
        return None
    if not text.isdecimal() or not text.isascii() or len(text) > 18:
        raise MalformedError("content-length is not a number")
    return int(text)


def _refuse(pseudo: Mapping[str, str], regular: Mapping[str, str]) -> bytes | None:
    if pseudo[":method"] != "POST":
        return encode_refusal(405)
    if not _CONTENT_TYPE.fullmatch(regular.get("content-type", "")):
        return encode_refusal(415)
    encoding = regular.get("grpc-encoding", "identity")
    if encoding != "identity":
        message = f"messages compressed with {encoding} are not supported: send them with identity"
        return encode_status(Code.UNIMPLEMENTED, message, ("grpc-accept-encoding", "identity"))
    return None


def _decode_value(name: str, value: str) -> str:
    if not name.endswith("-bin"):
        return value
    return ",".join(_decode_base64(name, part.strip()) for part in value.split(","))


def _decode_base64(name: str, text: str) -> str:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True).decode("latin-1")
    except binascii.Error:
        raise ValueError(f"metadata {name} is not base64") from None
