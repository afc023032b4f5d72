"""The control endpoints: is it up, reset, shut down, which model it follows, and steering that model by hand.

Requests come in; what they ask for is done by the functions of a Control, which is all that this stage knows of the
emulator behind it.

A reset names what it empties in its query, and a word that is not known there is refused: emptying everything because
of a misspelt `namespace` would take other tests' data.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

from consistency.emulator.server.routes import Request, Response, Route, refuse_unknown
from consistency.emulator.status import invalid
from consistency.emulator.values.scope import Scope

Config = Mapping[str, object]
STEERING_PATH = "/control/"
_TOLERATED = {"alt", "$alt", "key"}  # clients of Google's APIs add these to any request


@dataclass(frozen=True, slots=True)
class Control:
    """What the endpoints do. `change` gets what `PATCH /v1/config` sent and raises ServiceError where it is refused."""

    shut_down: Callable[[], None] = lambda: None
    reset: Callable[[Scope], None] = lambda _scope: None
    describe: Callable[[], Config] = dict
    change: Callable[[Config], None] = lambda _changes: None
    steer: Callable[[str, Config], Config] = lambda _verb, _words: {}


def control_routes(control: Control) -> dict[tuple[str, str], Route]:
    """The route of each method and path."""

    def greet(_request: Request) -> Response:
        return Response(200, b"Ok\n")

    def shut_down(_request: Request) -> Response:
        return Response(200, b"Shutting down\n", after=control.shut_down)

    def reset(request: Request) -> Response:
        control.reset(_read_scope(request.query))
        return Response(200, b"Reset\n")

    def describe(_request: Request) -> Response:
        return _tell(control.describe())

    def change(request: Request) -> Response:
        control.change(_read_object(request.body, request.path))
        return _tell(control.describe())

    return {
        ("GET", "/"): greet,
        ("HEAD", "/"): greet,
        ("POST", "/shutdown"): shut_down,
        ("POST", "/reset"): reset,
        ("GET", "/v1/config"): describe,
        ("PATCH", "/v1/config"): change,
    }


def steering_route(control: Control) -> Route:
    """The route of `POST /control/VERB`, whose body holds the words as a JSON object, or nothing."""

    def answer(request: Request) -> Response:
        if request.method != "POST":
            return refuse_unknown(request)
        words = _read_object(request.body, request.path) if request.body.strip() else {}
        return _tell(control.steer(request.path.removeprefix(STEERING_PATH), words))

    return answer


def _read_scope(query: str) -> Scope:
    """What `?project=&database=&namespace=` names; an empty database or namespace is the default one."""
    words = [(name, text) for name, text in parse_qsl(query, keep_blank_values=True) if name not in _TOLERATED]
    for name, text in words:
        if name not in Scope._fields:
            raise invalid(f"/reset does not know {name}: name project, database or namespace, or nothing for all.")
        if name == "project" and not text:
            raise invalid("The project of /reset is empty: name one, or leave it out for all.")
    if len(dict(words)) < len(words):
        raise invalid("/reset takes one project, one database and one namespace.")
    return Scope(**dict(words))


def _read_object(body: bytes, path: str) -> Config:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise invalid(f"The body of {path} is not JSON: {error}.") from error
    if not isinstance(found, dict):
        raise invalid(f"The body of {path} is not a JSON object.")
    return found


def _tell(config: Config) -> Response:
    return Response(200, json.dumps(config, indent=2).encode() + b"\n", "application/json; charset=utf-8")
