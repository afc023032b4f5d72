"""SETTINGS frames: what we announce, and what the client's mean for us."""

from hyperframe.exceptions import HyperframeError, InvalidFrameError
from hyperframe.frame import SettingsFrame

from consistency.emulator.server.fields import LIST_MAX_BYTES
from consistency.emulator.server.frames import (
    ACK,
    FRAME_MAX_BYTES,
    WINDOW_DEFAULT,
    WINDOW_MAX,
    ErrorCode,
    Http2Error,
    pack_grant,
)
from consistency.emulator.server.streams import STREAM_WINDOW

# A call may wait for a lock whose owner commits on the same connection, so the limit must be far above what waits.
STREAMS_MAX = 1_000
CONNECTION_WINDOW = 8 * 2**20
BUFFERED_MAX_BYTES = 64 * 2**20  # of requests that are not complete, on one connection

STREAM_WINDOW_SETTING = SettingsFrame.INITIAL_WINDOW_SIZE
FRAME_MAX_BYTES_SETTING = SettingsFrame.MAX_FRAME_SIZE
SETTINGS_ACK = bytes(SettingsFrame(flags=["ACK"]).serialize())
GREETING = bytes(
    SettingsFrame(
        settings={
            SettingsFrame.MAX_CONCURRENT_STREAMS: STREAMS_MAX,
            SettingsFrame.INITIAL_WINDOW_SIZE: STREAM_WINDOW,
            SettingsFrame.MAX_HEADER_LIST_SIZE: LIST_MAX_BYTES,
        }
    ).serialize()
) + pack_grant(0, CONNECTION_WINDOW - WINDOW_DEFAULT)

_ALLOWED = {
    SettingsFrame.ENABLE_PUSH: (0, 1, ErrorCode.PROTOCOL_ERROR),
    SettingsFrame.INITIAL_WINDOW_SIZE: (0, WINDOW_MAX, ErrorCode.FLOW_CONTROL_ERROR),
    SettingsFrame.MAX_FRAME_SIZE: (FRAME_MAX_BYTES, 2**24 - 1, ErrorCode.PROTOCOL_ERROR),
}


def parse_settings(flags: int, stream_id: int, payload: bytes) -> dict[int, int] | None:
    """The client's settings by number, None for its acknowledgement of ours; Http2Error where they are not allowed."""
    if stream_id:
        raise Http2Error(ErrorCode.PROTOCOL_ERROR, "SETTINGS on a stream")
    if flags & ACK and payload:
        raise Http2Error(ErrorCode.FRAME_SIZE_ERROR, "an acknowledgement of SETTINGS with a payload")
    if flags & ACK:
        return None
    frame = SettingsFrame()
    try:
        frame.parse_body(memoryview(payload))
    except InvalidFrameError as error:
        raise Http2Error(ErrorCode.FRAME_SIZE_ERROR, str(error)) from error
    except HyperframeError as error:
        raise Http2Error(ErrorCode.PROTOCOL_ERROR, str(error)) from error
    for number, (lowest, highest, code) in _ALLOWED.items():
        if not lowest <= frame.settings.get(number, lowest) <= highest:
            raise Http2Error(code, f"setting {number} is out of range")
    return frame.settings
