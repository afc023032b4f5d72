"""Flow control in both directions, and what a client can make the server hold."""

import pytest
from hyperframe.frame import (
    DataFrame,
    Frame,
    HeadersFrame,
    PingFrame,
    RstStreamFrame,
    SettingsFrame,
    WindowUpdateFrame,
)

from consistency.emulator.server import outbox
from consistency.emulator.server.connection import Http2Connection
from consistency.emulator.server.flow import ReceiveWindow
from consistency.emulator.server.frames import ErrorCode, Http2Error
from consistency.emulator.server.settings import CONNECTION_WINDOW
from consistency.emulator.server.streams import STREAM_WINDOW
from tests.emulator.server.raw import RawClient, fields, message
from tests.emulator.server.served import MAKE, WAIT, Served

WINDOW = SettingsFrame.INITIAL_WINDOW_SIZE
WIDE = 2**31 - 1 - 65_535


def data_bytes(client: RawClient) -> int:
    """How much data has come so far, up to the answer to a PING."""
    client.send(PingFrame(opaque_data=b"so far??"))
    client.read_until(lambda frame: isinstance(frame, PingFrame))
    return sum(len(frame.data) for frame in client.frames if isinstance(frame, DataFrame))


def is_end(stream_id: int, frame: Frame) -> bool:
    """Whether this is the last frame of a stream."""
    return frame.stream_id == stream_id and "END_STREAM" in frame.flags


class TestReplies:
    def test_small_window(self, served: Served) -> None:
        """A reply goes out as far as the stream's window, piece by piece, and the trailers after all of it."""
        with RawClient(served.port, settings={WINDOW: 10}) as client:
            client.request(1, b"25", MAKE)
            assert data_bytes(client) == 10
            client.send(WindowUpdateFrame(1, window_increment=15))
            assert data_bytes(client) == 25
            assert not any(is_end(1, frame) for frame in client.frames)
            client.send(WindowUpdateFrame(1, window_increment=5))
            client.read_until(lambda frame: is_end(1, frame))
            assert data_bytes(client) == 30

    def test_no_window(self, served: Served) -> None:
        """With a window of 0 only the headers come; statuses need no window."""
        with RawClient(served.port, settings={WINDOW: 0}) as client:
            client.request(1, b"25", MAKE)
            assert data_bytes(client) == 0
            client.request(3, b"", "/test.Wire/Nothing")
            assert client.read_reply(3)[0]["grpc-status"] == "12"
            client.send(WindowUpdateFrame(1, window_increment=30))
            assert client.read_until(lambda frame: is_end(1, frame))

    def test_settings_open_the_window(self, served: Served) -> None:
        """A larger INITIAL_WINDOW_SIZE moves the windows of open streams."""
        with RawClient(served.port, settings={WINDOW: 10}) as client:
            client.request(1, b"95", MAKE)
            assert data_bytes(client) == 10
            client.send(SettingsFrame(settings={WINDOW: 40}))
            assert data_bytes(client) == 40
            client.send(SettingsFrame(settings={WINDOW: 100}))
            client.read_until(lambda frame: is_end(1, frame))

    def test_negative_window(self, served: Served) -> None:
        """A smaller one may move a window below zero; grants count from there."""
        with RawClient(served.port, settings={WINDOW: 50}) as client:
            client.request(1, b"95", MAKE)
            assert data_bytes(client) == 50
            client.send(SettingsFrame(settings={WINDOW: 20}), WindowUpdateFrame(1, window_increment=30))
            assert data_bytes(client) == 50
            client.send(WindowUpdateFrame(1, window_increment=1))
            assert data_bytes(client) == 51

    def test_connection_window(self, served: Served) -> None:
        """Streams share the connection's 65,535 bytes; the oldest goes on first when there is more."""
        with RawClient(served.port, settings={WINDOW: 10**6}) as client:
            client.request(1, b"60000", MAKE)
            client.request(3, b"60000", MAKE)
            client.request(5, b"60000", MAKE)
            assert data_bytes(client) == 65_535
            client.send(WindowUpdateFrame(0, window_increment=60_000))
            assert data_bytes(client) == 125_535
            assert any(is_end(3, frame) for frame in client.frames)
            client.send(WindowUpdateFrame(0, window_increment=60_000))
            client.read_until(lambda frame: is_end(5, frame))
            assert data_bytes(client) == 180_015

    def test_reset_while_waiting(self, served: Served) -> None:
        """A stream that is reset while its reply waits is forgotten; the window goes to others."""
        with RawClient(served.port, settings={WINDOW: 10**6}) as client:
            client.request(1, b"100000", MAKE)
            assert data_bytes(client) == 65_535
            client.send(RstStreamFrame(1, error_code=ErrorCode.CANCEL))
            client.request(3, b"95", MAKE)
            client.send(WindowUpdateFrame(0, window_increment=100))
            client.read_until(lambda frame: is_end(3, frame))
            assert data_bytes(client) == 65_635

    def test_frame_size(self, served: Served) -> None:
        """Frames are as large as the client allows, and no larger."""
        for largest in (16_384, 100_000):
            settings = {WINDOW: 10**6, SettingsFrame.MAX_FRAME_SIZE: largest}
            with RawClient(served.port, settings=settings) as client:
                client.send(WindowUpdateFrame(0, window_increment=WIDE))
                client.request(1, b"200000", MAKE)
                client.read_until(lambda frame: is_end(1, frame))
                sizes = [len(frame.data) for frame in client.frames if isinstance(frame, DataFrame)]
                assert (max(sizes), sum(sizes)) == (largest, 200_005)

    @pytest.mark.parametrize("stream_id", [0, 1])
    def test_grants_of_zero(self, served: Served, stream_id: int) -> None:
        """A grant of 0 breaks what it was for."""
        with RawClient(served.port) as client:
            client.send(client.headers(1, fields()))
            client.send_raw(0x8, 0, stream_id, bytes(4))
            if stream_id:
                client.expect_reset(1, ErrorCode.PROTOCOL_ERROR)
            else:
                client.expect_goaway(ErrorCode.PROTOCOL_ERROR)

    @pytest.mark.parametrize("stream_id", [0, 1])
    def test_too_large_a_window(self, served: Served, stream_id: int) -> None:
        """A window above 2^31 - 1 breaks what it was for."""
        with RawClient(served.port) as client:
            client.send(client.headers(1, fields()), WindowUpdateFrame(stream_id, window_increment=2**31 - 1))
            if stream_id:
                client.expect_reset(1, ErrorCode.FLOW_CONTROL_ERROR)
            else:
                client.expect_goaway(ErrorCode.FLOW_CONTROL_ERROR)

    def test_settings_overflow(self, served: Served) -> None:
        """So does INITIAL_WINDOW_SIZE where a stream's window would pass it."""
        with RawClient(served.port) as client:
            client.send(client.headers(1, fields()), WindowUpdateFrame(1, window_increment=100))
            client.send(SettingsFrame(settings={WINDOW: 2**31 - 1}))
            client.expect_goaway(ErrorCode.FLOW_CONTROL_ERROR)


class TestRequests:
    def test_grants(self, served: Served) -> None:
        """A large request is granted window before it runs out, on the stream and on the connection."""
        body = message(bytes(5 * 2**20))
        with RawClient(served.port, settings={WINDOW: 2**31 - 1}) as client:
            client.send(WindowUpdateFrame(0, window_increment=WIDE), client.headers(1, fields()))
            windows = {0: 65_535, 1: 65_535}
            while body:
                size = min(16_384, *windows.values(), len(body))
                if not size:
                    frame = client.read_until(lambda frame: isinstance(frame, WindowUpdateFrame | SettingsFrame))
                    if isinstance(frame, WindowUpdateFrame):
                        windows[frame.stream_id] += frame.window_increment
                    elif isinstance(frame, SettingsFrame) and WINDOW in frame.settings:
                        windows[1] += frame.settings[WINDOW] - 65_535
                    continue
                client.send(DataFrame(1, data=body[:size], flags=["END_STREAM"] * (size == len(body))))
                windows = {stream: window - size for stream, window in windows.items()}
                body = body[size:]
            assert len(client.read_reply(1)[1]) == 5 * 2**20

    def test_past_the_window(self, served: Served) -> None:
        """The windows are enforced, to the byte."""
        for stream_window, send in ((ReceiveWindow(100), 101), (ReceiveWindow(2**20), 2**20 + 1)):
            with pytest.raises(Http2Error, match="FLOW_CONTROL_ERROR"):
                stream_window.consume(send)
        assert ReceiveWindow(100).consume(100) == 100
        window = ReceiveWindow(100)
        assert [window.consume(30) for _ in range(4)] == [0, 60, 0, 60]

    def test_padding_counts(self, served: Served) -> None:
        """Padding uses window too, and is granted back."""
        with RawClient(served.port) as client:
            client.send(client.headers(1, fields()))
            frames = STREAM_WINDOW // 2 // 256 + 1
            for _ in range(frames):
                client.send(DataFrame(1, data=b"", pad_length=255, flags=["PADDED"]))
            frame = client.read_until(lambda frame: isinstance(frame, WindowUpdateFrame) and frame.stream_id == 1)
            assert isinstance(frame, WindowUpdateFrame)
            assert frame.window_increment >= STREAM_WINDOW // 2

    @pytest.mark.slow
    def test_unfinished_requests(self, served: Served) -> None:
        """What a connection may leave unfinished is bounded; the next stream that adds to it is refused."""
        part = message(bytes(12 * 2**20))[: 11 * 2**20]
        with RawClient(served.port) as client:
            for k in range(6):
                client.send(client.headers(2 * k + 1, fields()))
                for start in range(0, len(part), 16_384):
                    client.send(DataFrame(2 * k + 1, data=part[start : start + 16_384]))
            assert client.read_reply(11)[0]["grpc-status"] == "8"
            for k in range(5):
                client.send(RstStreamFrame(2 * k + 1))
            for k in range(7):  # what was given up, and what came to its end, no longer counts
                client.request_in_parts(2 * k + 101, bytes(10 * 2**20), MAKE)
                assert client.read_reply(2 * k + 101)[0]["grpc-status"] == "13"

    def test_data_for_nobody(self, served: Served) -> None:
        """Data on a refused stream uses the connection's window too, and is granted back."""
        with RawClient(served.port) as client:
            client.send(client.headers(1, fields(content_type="text/plain")))
            for _ in range(CONNECTION_WINDOW // 2 // 16_384 + 1):
                client.send(DataFrame(1, data=bytes(16_384)))
            opening = 65_535
            grants = 0
            while grants < CONNECTION_WINDOW - opening + CONNECTION_WINDOW // 2:
                frame = client.read_until(lambda frame: isinstance(frame, WindowUpdateFrame) and frame.stream_id == 0)
                assert isinstance(frame, WindowUpdateFrame)
                grants += frame.window_increment
            client.echo(3)


class TestClientsThatDoNotRead:
    @pytest.mark.slow
    def test_is_not_read_either(self, served: Served) -> None:
        """While a client takes no answers, it is asked for no more: neither side can fill the server's memory."""
        with RawClient(served.port, settings={WINDOW: 2**31 - 1}) as client:
            client.send(WindowUpdateFrame(0, window_increment=WIDE))
            requests = [client.build_request(2 * k + 1, b"1000000", MAKE) for k in range(200)]
            client.socket.sendall(b"".join(requests))
            assert served.wait_until(lambda: served.service.calls > 1)
            with RawClient(served.port) as other:
                other.echo(1)
            # Each reply has a megabyte; what TCP's own buffers hold is all that may be ahead of the client.
            assert served.service.calls < 50
            client.send(*[PingFrame(opaque_data=b"floods!!")] * 100)
            assert [len(client.read_reply(2 * k + 1)[1]) for k in range(200)] == [1_000_000] * 200
            client.echo(1_001)

    @pytest.mark.slow
    def test_cannot_go_on_sending(self, served: Served) -> None:
        """What such a client sends stays with its own kernel."""
        with RawClient(served.port, settings={WINDOW: 2**31 - 1}) as client:
            client.send(WindowUpdateFrame(0, window_increment=WIDE))
            for k in range(30):
                client.request(2 * k + 1, b"1000000", MAKE)
            client.socket.settimeout(0.2)
            with pytest.raises(TimeoutError):
                client.socket.sendall(PingFrame(opaque_data=b"floods!!").serialize() * 6_000_000)
            (peer,) = served.listener._peers._open
            assert isinstance(peer, Http2Connection)
            assert len(peer._unread) < 2**19

    def test_overfull(self, served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
        """Where too much waits for window, a new stream is refused unprocessed, until it is taken."""
        monkeypatch.setattr(outbox, "WAITING_MAX_BYTES", 1_000)
        with RawClient(served.port, settings={WINDOW: 10}) as client:
            client.request(1, b"2000", MAKE)
            client.request(3, b"x")
            refused = client.read_until(lambda frame: isinstance(frame, RstStreamFrame))
            assert isinstance(refused, RstStreamFrame)
            assert (refused.stream_id, refused.error_code) == (3, ErrorCode.REFUSED_STREAM)
            client.send(WindowUpdateFrame(1, window_increment=1_995))
            client.echo(5, b"x")

    def test_waiting_calls_end_with_it(self, served: Served) -> None:
        """A connection that is lost in the middle of a reply leaves nothing."""
        with RawClient(served.port, settings={WINDOW: 10}) as client:
            client.request(1, b"1000", MAKE)
            client.request(3, b"", WAIT)
            client.read_until(lambda frame: isinstance(frame, HeadersFrame))
            assert served.wait_until(lambda: served.service.waiting == 1)
        assert served.wait_until(lambda: served.service.cancelled == 1)
        assert served.wait_until(lambda: len(served.listener._peers) == 0)
