"""What stands before the emulator in the place of Google: a token endpoint, and a TLS front that checks tokens.

The front passes each call's bytes on to the emulator, unless the token is not the one that the endpoint gives out now,
or a test has it refuse, wait or hang up. It counts the calls that it saw.
"""

import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from wsgiref.simple_server import WSGIRequestHandler, make_server

import grpc

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

GOOD = "token-that-is-good"


@dataclass
class Behaviour:
    """What the endpoint gives out and what the front does; a test changes it."""

    token: str = GOOD  # what the endpoint gives out
    endpoint_status: str = "200 OK"
    expires_in_s: int = 3_600
    refuse: Callable[[str, int], tuple[grpc.StatusCode, str] | None] = lambda _method, _number: None
    calls: list[str] = field(default_factory=list)  # the last word of each call's method
    tokens_given: int = 0


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        """Nothing on the tests' terminal."""


@contextmanager
def serve_tokens(behaviour: Behaviour) -> Iterator[str]:
    """The token endpoint's address."""

    def answer(environ: "WSGIEnvironment", start_response: "StartResponse") -> list[bytes]:
        environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        behaviour.tokens_given += 1
        start_response(behaviour.endpoint_status, [("Content-Type", "application/json")])
        given = {"access_token": behaviour.token, "expires_in": behaviour.expires_in_s, "token_type": "Bearer"}
        refused = {"error": "invalid_grant", "error_description": "no such account"}
        return [json.dumps(given if behaviour.endpoint_status == "200 OK" else refused).encode()]

    server = make_server("127.0.0.1", 0, answer, handler_class=_Quiet)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/token"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def serve_front(behaviour: Behaviour, emulator: str, key: bytes, certificate: bytes) -> Iterator[str]:
    """The address of the TLS front before the emulator at `emulator`."""
    with grpc.insecure_channel(emulator) as channel, ThreadPoolExecutor(16) as threads:
        server = grpc.server(threads, handlers=[_Relay(behaviour, channel)])
        port = server.add_secure_port("127.0.0.1:0", grpc.ssl_server_credentials([(key, certificate)]))
        server.start()
        try:
            yield f"127.0.0.1:{port}"
        finally:
            server.stop(None).wait()


class _Relay(grpc.GenericRpcHandler):  # type: ignore[type-arg]  # generic in the stubs only
    def __init__(self, behaviour: Behaviour, channel: grpc.Channel) -> None:
        self._behaviour = behaviour
        self._channel = channel

    def service(self, details: grpc.HandlerCallDetails) -> "grpc.RpcMethodHandler[bytes, bytes] | None":
        """The relay of one method."""
        method = str(details.method)
        send = self._channel.unary_unary(method, None, None)

        def relay(content: bytes, context: grpc.ServicerContext) -> bytes:
            self._check(method.rpartition("/")[2], context)
            try:
                reply: bytes = send(content)
            except grpc.RpcError as error:
                context.abort(error.code(), str(error.details()))
            return reply

        return grpc.unary_unary_rpc_method_handler(relay)

    def _check(self, name: str, context: grpc.ServicerContext) -> None:
        self._behaviour.calls.append(name)
        given = dict(context.invocation_metadata()).get("authorization", "")
        if given != f"Bearer {GOOD}":
            context.abort(grpc.StatusCode.UNAUTHENTICATED, "Request had invalid authentication credentials.")
        if refusal := self._behaviour.refuse(name, len(self._behaviour.calls)):
            context.abort(*refusal)
