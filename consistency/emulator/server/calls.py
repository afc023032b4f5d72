"""From a request message to its reply: the service is called here.

Streams with whole messages come in; replies and statuses go to the outbox. A call that answers at once is answered
inline. One that must wait becomes a future: it is cancelled when its stream is reset, its deadline (counted from the
call) passes or its connection is lost.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial

from consistency.emulator.server.call import Call
from consistency.emulator.server.outbox import Outbox
from consistency.emulator.server.replies import encode_status
from consistency.emulator.server.streams import Stream
from consistency.emulator.status import Code, ServiceError

_logger = logging.getLogger(__name__)


class Calls:
    """The calls of one connection, and those of them that wait."""

    def __init__(self, call: Call, outbox: Outbox, flush: Callable[[], None]) -> None:
        """`flush` writes the outbox, for answers that come outside a read event."""
        self._call = call
        self._outbox = outbox
        self._flush = flush

    def start(self, stream: Stream, message: bytes) -> None:
        """Call the service and answer the stream, now or later; nothing is raised."""
        head = stream.head
        try:
            reply = self._call(head.path, head.metadata, message)
            if not isinstance(reply, bytes):
                self._wait(stream, reply)
                return
        except ServiceError as error:
            self.refuse(stream, error)
        except Exception as error:
            _logger.exception("%s failed", head.path)
            self.refuse(stream, _hide(error))
        else:
            self._outbox.reply(stream, reply)

    def refuse(self, stream: Stream, error: ServiceError) -> None:
        """Answer the stream with a status."""
        self._outbox.refuse(stream, encode_status(error.code, error.message))

    def cancel(self, stream: Stream) -> None:
        """Nobody waits for this stream any more: stop its call, if one runs, and its deadline."""
        running, stream.running = stream.running, None
        if stream.deadline is not None:
            stream.deadline.cancel()
            stream.deadline = None
        if running is not None:
            running.cancel()

    def _wait(self, stream: Stream, reply: Awaitable[bytes]) -> None:
        stream.running = asyncio.ensure_future(reply)
        stream.running.add_done_callback(partial(self._answer, stream))
        if stream.head.timeout_s is not None:
            loop = asyncio.get_running_loop()
            stream.deadline = loop.call_later(stream.head.timeout_s, self._expire, stream)

    def _expire(self, stream: Stream) -> None:
        self.cancel(stream)
        self.refuse(stream, ServiceError(Code.DEADLINE_EXCEEDED, "the deadline passed while the call waited"))
        self._flush()

    def _answer(self, stream: Stream, finished: asyncio.Future[bytes]) -> None:
        cancelled = finished.cancelled()
        error = None if cancelled else finished.exception()
        if error is not None and not isinstance(error, ServiceError):
            _logger.error("%s failed", stream.head.path, exc_info=error)
            error = _hide(error)
        if stream.running is not finished:
            return  # the stream ended first
        self.cancel(stream)
        if cancelled:
            error = ServiceError(Code.CANCELLED, "the service gave the call up")
        if error is None:
            self._outbox.reply(stream, finished.result())
        else:
            self.refuse(stream, error)
        self._flush()


def _hide(error: BaseException) -> ServiceError:
    """What a client is told of an error that is our own bug; the traceback is in the log."""
    return ServiceError(Code.INTERNAL, f"the emulator failed with {type(error).__name__}: {error}")
