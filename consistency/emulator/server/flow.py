"""Flow control of what comes in (RFC 9113, section 5.2).

The lengths of DATA frames come in, increments to grant go out.

     window  |#########################|            |          used = bytes since the last grant
             0                      size/2         size
                                       ^ granted here, so that a client that keeps sending never has to wait
"""

from consistency.emulator.server.frames import ErrorCode, Http2Error


class ReceiveWindow:
    """How much the client may still send, on one stream or on the connection."""

    __slots__ = ("_size", "_used")

    def __init__(self, size: int) -> None:
        self._size = size
        self._used = 0

    def consume(self, frame_bytes: int) -> int:
        """Count a frame, padding and all; returns the increment to grant, mostly 0; Http2Error past the window."""
        self._used += frame_bytes
        if self._used * 2 < self._size:
            return 0
        if self._used > self._size:
            raise Http2Error(ErrorCode.FLOW_CONTROL_ERROR, "more data than the window allows")
        used, self._used = self._used, 0
        return used
