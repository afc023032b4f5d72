"""Which HTTP/1.1 requests a web page could have made, and so must not be answered.

A server on loopback is within reach of every page that its user visits. Two checks keep those pages out.
Origin: browsers name the page's origin on every request that a page of another origin makes with a method but GET, or
whose answer it means to read. Only origins that were allowed are answered, and told so for the browser (CORS).

Host: a page may point its own domain at 127.0.0.1 ("DNS rebinding") and so be of the same origin; but then its domain
stands in Host. Only addresses and names that no stranger can register pass: names without a dot (localhost, a service
in Docker), names under the domains reserved for private use, and the name that the server listens on.
"""

import ipaddress
from collections.abc import Collection

from consistency.emulator.server.routes import Request, Response, refuse
from consistency.emulator.status import Code

_PRIVATE_DOMAINS = (".localhost", ".local", ".internal", ".test", ".home.arpa")
_ALLOWED_METHODS = "GET, POST, PATCH, DELETE"


def refuse_stranger(request: Request, own_host: str, allowed_origins: Collection[str]) -> Response | None:
    """The refusal of a request that a foreign page could have made; None for any other."""
    host = request.headers.get("host")
    if host is not None and not _is_private(host, own_host):
        return _forbid(f"the host {host} is not this server: use its address", request)
    origin = request.headers.get("origin")
    if origin is not None and origin not in allowed_origins:
        return _forbid(f"pages of {origin} are not allowed to use this server", request)
    if origin is None and request.headers.get("sec-fetch-site") == "cross-site" and request.method != "GET":
        return _forbid("pages of other sites are not allowed to use this server", request)
    return None


def permit(request: Request, allowed_origins: Collection[str]) -> dict[str, str]:
    """The header fields that let an allowed page read the answer."""
    origin = request.headers.get("origin")
    if origin is None or origin not in allowed_origins:
        return {}
    return {"access-control-allow-origin": origin, "vary": "Origin"}


def answer_preflight(request: Request) -> Response | None:
    """The answer to a browser that asks before it sends an allowed page's request; None for any other."""
    if request.method != "OPTIONS" or "access-control-request-method" not in request.headers:
        return None
    wanted = request.headers.get("access-control-request-headers", "")
    allowed = {"access-control-allow-methods": _ALLOWED_METHODS, "access-control-allow-headers": wanted}
    return Response(204, b"", headers=allowed)


def _forbid(message: str, request: Request) -> Response:
    return refuse(Code.PERMISSION_DENIED, message, request)


def _is_private(host: str, own_host: str) -> bool:
    name = _strip_port(host).lower().rstrip(".")
    if name == own_host.lower() or ("." not in name.strip("[]") and ":" not in name):
        return True
    return name.endswith(_PRIVATE_DOMAINS) or _is_address(name)


def _strip_port(host: str) -> str:
    name, colon, port = host.rpartition(":")
    return name if colon and port.isdecimal() and not (host.startswith("[") and not name.endswith("]")) else host


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.removeprefix("[").removesuffix("]"))
    except ValueError:
        return False
    return True
