"""Streams from their opening to their end, and the end of connections, as RFC 9113 has them."""

import pytest
from hyperframe.frame import (
    DataFrame,
    GoAwayFrame,
    PushPromiseFrame,
    RstStreamFrame,
    WindowUpdateFrame,
)

from consistency.emulator.server.frames import ErrorCode
from consistency.emulator.server.settings import STREAMS_MAX
from tests.emulator.server.raw import RawClient, fields, message
from tests.emulator.server.served import MAKE, WAIT, Served


class TestStreams:
    @pytest.mark.parametrize("frame", [DataFrame(5), RstStreamFrame(5), WindowUpdateFrame(5, window_increment=1)])
    def test_idle(self, served: Served, frame: DataFrame | RstStreamFrame | WindowUpdateFrame) -> None:
        """A stream that was never opened takes nothing but HEADERS."""
        with RawClient(served.port) as client:
            client.send(frame)
            client.expect_goaway(ErrorCode.PROTOCOL_ERROR)

    def test_numbers_go_up(self, served: Served) -> None:
        """A stream's number is never used again, nor a lower one."""
        for second in (5, 3):
            with RawClient(served.port) as client:
                client.echo(5)
                client.request(second)
                client.expect_goaway(ErrorCode.STREAM_CLOSED)

    def test_data_after_the_end(self, served: Served) -> None:
        """Data after END_STREAM breaks the stream alone, while the call waits and after its reply."""
        with RawClient(served.port) as client:
            client.echo(1)
            client.send(DataFrame(1, data=b"more"))
            client.expect_reset(1, ErrorCode.STREAM_CLOSED)
        with RawClient(served.port) as client:
            client.request(1, b"", WAIT)
            assert served.wait_until(lambda: served.service.waiting == 1)
            client.send(DataFrame(1, data=b"more"))
            client.expect_reset(1, ErrorCode.STREAM_CLOSED)
            assert served.wait_until(lambda: served.service.cancelled == 1)

    def test_under_way_after_a_refusal(self, served: Served) -> None:
        """What a client still sends on a stream that was refused is passed over, its headers followed."""
        with RawClient(served.port) as client:
            client.send(client.headers(1, fields(content_type="text/plain")))
            assert client.read_reply(1)[0][":status"] == "415"
            client.send(DataFrame(1, data=bytes(100)), client.headers(1, [("a", "b")], "END_STREAM"))
            client.send(RstStreamFrame(1), WindowUpdateFrame(1, window_increment=5))
            client.echo(3)
            assert sum(isinstance(frame, RstStreamFrame) for frame in client.frames) == 1

    def test_too_many(self, served: Served) -> None:
        """Beyond the announced number of streams, one more is refused; when one ends, there is room."""
        with RawClient(served.port) as client:
            for k in range(STREAMS_MAX + 1):
                client.request(2 * k + 1, b"", WAIT)
            frame = client.read_until(lambda frame: isinstance(frame, RstStreamFrame))
            assert isinstance(frame, RstStreamFrame)
            assert (frame.stream_id, frame.error_code) == (2 * STREAMS_MAX + 1, ErrorCode.REFUSED_STREAM)
            client.send(RstStreamFrame(1, error_code=ErrorCode.CANCEL))
            client.echo(2 * STREAMS_MAX + 3)

    @pytest.mark.slow
    def test_flood_of_resets(self, served: Served) -> None:
        """Opening and resetting without end starts and stops calls, and nothing piles up."""
        with RawClient(served.port) as client:
            for k in range(5_000):
                client.send(
                    client.headers(2 * k + 1, fields(WAIT)),
                    DataFrame(2 * k + 1, data=message(b""), flags=["END_STREAM"]),
                    RstStreamFrame(2 * k + 1, error_code=ErrorCode.CANCEL),
                )
            client.echo(10_001)
            assert served.wait_until(lambda: served.service.waiting == 0)


class TestLeaving:
    def test_client_goes(self, served: Served) -> None:
        """After the client's GOAWAY what runs is answered, then the connection ends."""
        with RawClient(served.port) as client:
            client.request(1, b"last", WAIT)
            client.send(GoAwayFrame())
            assert served.wait_until(lambda: served.service.waiting == 1)
            served.release()
            assert client.read_reply(1)[1] == b"last"
            assert client.read() is None

    def test_server_goes(self, served: Served) -> None:
        """Closing names the last stream that is served, refuses later ones, and ends when all are answered."""
        with RawClient(served.port) as client:
            client.request(1, b"last", WAIT)
            assert served.wait_until(lambda: served.service.waiting == 1)
            served.close()
            frame = client.read_until(lambda frame: isinstance(frame, GoAwayFrame))
            assert isinstance(frame, GoAwayFrame)
            assert (frame.last_stream_id, frame.error_code) == (1, ErrorCode.NO_ERROR)
            client.request(3)
            refused = client.read_until(lambda frame: isinstance(frame, RstStreamFrame))
            assert isinstance(refused, RstStreamFrame)
            assert (refused.stream_id, refused.error_code) == (3, ErrorCode.REFUSED_STREAM)
            served.release()
            assert client.read_reply(1)[1] == b"last"
            assert client.read() is None

    def test_idle_connection(self, served: Served) -> None:
        """Closing ends a connection on which nothing runs at once."""
        with RawClient(served.port) as client:
            client.echo(1)
            served.close()
            client.expect_goaway(ErrorCode.NO_ERROR)

    def test_told_while_still_sending(self, served: Served) -> None:
        """A client that breaks the protocol and goes on sending still reads why the connection ends."""
        with RawClient(served.port) as client:
            broken = PushPromiseFrame(1, promised_stream_id=2).serialize()
            client.socket.sendall(broken + bytes(20_000_000))
            client.expect_goaway(ErrorCode.PROTOCOL_ERROR)

    def test_others_go_on(self, served: Served) -> None:
        """A connection that breaks the protocol disturbs no other."""
        with RawClient(served.port) as bad, RawClient(served.port) as good:
            good.request(1, b"mine", WAIT)
            bad.request(1, b"", WAIT)
            assert served.wait_until(lambda: served.service.waiting == 2)
            bad.send(PushPromiseFrame(1, promised_stream_id=2))
            bad.expect_goaway(ErrorCode.PROTOCOL_ERROR)
            assert served.wait_until(lambda: served.service.waiting == 1)
            good.request(3, b"100", MAKE)
            assert good.read_reply(3)[1] == bytes(100)
            served.release()
            assert good.read_reply(1)[1] == b"mine"
