"""DATA and HEADERS frames with padding or priority, which few clients send."""

from hyperframe.exceptions import HyperframeError
from hyperframe.frame import DataFrame, HeadersFrame

from consistency.emulator.server.frames import ErrorCode, Http2Error


def strip_data(flags: int, stream_id: int, payload: bytes) -> bytes:
    """The data without its padding; Http2Error where the padding is longer than the frame."""
    return _strip(DataFrame(stream_id), flags, payload)


def strip_headers(flags: int, stream_id: int, payload: bytes) -> bytes:
    """The fragment of the header block without padding and priority; errors as for strip_data."""
    return _strip(HeadersFrame(stream_id), flags, payload)


def _strip(frame: DataFrame | HeadersFrame, flags: int, payload: bytes) -> bytes:
    frame.parse_flags(flags)
    try:
        frame.parse_body(memoryview(payload))
    except HyperframeError as error:
        raise Http2Error(ErrorCode.PROTOCOL_ERROR, str(error)) from error
    return bytes(frame.data)
