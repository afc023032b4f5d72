"""One HTTP/1.1 request to its response: strangers are kept out, routes are called, failures become responses."""

import inspect
import logging
from collections.abc import Awaitable, Callable, Collection
from dataclasses import replace

from consistency.emulator.server.origins import answer_preflight, permit, refuse_stranger
from consistency.emulator.server.routes import Request, Response, Route, refuse
from consistency.emulator.status import Code, ServiceError

_logger = logging.getLogger(__name__)

Front = Callable[[Request], Awaitable[Response]]


def build_front(route: Route, own_host: str, allowed_origins: Collection[str]) -> Front:
    """Everything between a request that was read and the response to write; the front raises nothing."""

    async def answer(request: Request) -> Response:
        stranger = refuse_stranger(request, own_host, allowed_origins)
        if stranger is not None:
            return stranger
        response = answer_preflight(request) or await _call(route, request)
        return replace(response, headers={**response.headers, **permit(request, allowed_origins)})

    return answer


async def _call(route: Route, request: Request) -> Response:
    try:
        answer = route(request)
        return await answer if inspect.isawaitable(answer) else answer
    except ServiceError as error:
        return refuse(error.code, error.message, request)
    except Exception as error:
        _logger.exception("%s %s failed", request.method, request.path)
        return refuse(Code.INTERNAL, f"the emulator failed with {type(error).__name__}: {error}", request)
