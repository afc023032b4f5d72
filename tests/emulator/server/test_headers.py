"""HPACK inbound: the cache never answers what decoding would not."""

import pytest
from hpack import Decoder, Encoder, HPACKError
from hyperframe.frame import DataFrame, HeadersFrame, SettingsFrame
from hypothesis import given, settings
from hypothesis import strategies as st

from consistency.emulator.server.frames import ErrorCode, Http2Error
from consistency.emulator.server.headers import HeaderReader
from consistency.emulator.server.metadata import Head, MalformedError, parse_head
from tests.emulator.server.raw import RawClient, fields, message
from tests.emulator.server.served import ECHO, METADATA, Served

NAMES = st.sampled_from(["k", "grpc-timeout", "x-goog-api-client", "b-bin"])
VALUES = st.sampled_from(["1S", "2S", "AAAA", "v" * 40, "w" * 200])
REQUESTS = st.lists(st.tuples(NAMES, VALUES, st.booleans()), max_size=4)
STEPS = st.lists(
    st.one_of(
        REQUESTS,  # a new block, some of its fields never indexed
        st.sampled_from([0, 60, 150, 4096]),  # a new size of the table, said in the next block
        st.integers(0, 9).map(lambda back: ("again", back)),  # the bytes of an earlier block, whatever they mean by now
    ),
    max_size=30,
)


def outcome(decode: object, block: bytes) -> tuple[object, ...]:
    """What a block comes to: the parts of its Head, or the kind of its error."""
    assert callable(decode)
    try:
        head = decode(block)
    except (MalformedError, Http2Error, HPACKError) as error:
        return ("malformed",) if isinstance(error, MalformedError) else ("broken",)
    assert isinstance(head, Head)
    return head.path, dict(head.metadata), head.timeout_s, head.refusal


class TestCache:
    @pytest.mark.slow
    @settings(deadline=None)
    @given(STEPS)
    def test_as_if_decoded(self, steps: list[object]) -> None:
        """For any blocks, repeated at any time, the reader says what a decoder without a cache says."""
        encoder, plain, reader = Encoder(), Decoder(), HeaderReader()
        blocks: list[bytes] = []
        for step in steps:
            if isinstance(step, int):
                encoder.header_table_size = step
                continue
            if isinstance(step, tuple) and blocks:
                block = blocks[step[1] % len(blocks)]
            else:
                extra = step if isinstance(step, list) else []
                block = encoder.encode([(*field, False) for field in fields()] + extra)
                blocks.append(block)
            expected = outcome(lambda block: parse_head(plain.decode(block, raw=True)), block)
            assert outcome(reader.read, block) == expected
            if expected == ("broken",):
                return

    def test_hits(self) -> None:
        """The third of equal requests is not decoded: the first fills the table, the second the cache."""
        encoder, reader = Encoder(), HeaderReader()
        heads = [reader.read(encoder.encode(fields())) for _ in range(4)]
        assert heads[1] is not heads[0]
        assert heads[2] is heads[1]
        assert heads[3] is heads[1]

    def test_dropped_with_the_table(self) -> None:
        """The same bytes mean another field once the table has moved."""
        encoder, reader = Encoder(), HeaderReader()
        reader.read(encoder.encode([*fields(), ("k", "first")]))
        block = encoder.encode([*fields(), ("k", "first")])
        assert reader.read(block).metadata["k"] == "first"
        reader.read(encoder.encode([*fields(), ("k", "second")]))
        same = [*fields(), ("k", "second")]
        assert reader.read(encoder.encode(same)).metadata["k"] == "second"
        with pytest.raises(MalformedError):  # every dynamic index in it is off by one, so a pseudo field comes late
            reader.read(block)

    def test_equal_entries(self) -> None:
        """A block that inserts what is newest already, and so evicts another entry, changes the table."""
        encoder, reader = Encoder(), HeaderReader()
        static = encoder.encode([(*field, True) for field in fields()])
        insert = b"\x40\x01k\x01v"
        # A table with room for two entries of 34 bytes: (a: b) is older, (k: v) newer.
        reader.read(b"\x3f\x31" + static + b"\x40\x01a\x01b" + insert)
        both = static + b"\xbe\xbf"
        assert dict(reader.read(both).metadata) == {"k": "v", "a": "b"}
        assert dict(reader.read(static + insert).metadata) == {"k": "v"}
        assert dict(reader.read(both).metadata) == {"k": "v,v"}

    def test_sizes_are_followed(self) -> None:
        """A block that only says a size changes the table, though no entry falls out yet."""
        static = Encoder().encode([(*field, True) for field in fields()])
        reader = HeaderReader()
        small, large = b"\x3f\x31" + static, b"\x3f\xe1\x1f" + static
        for block in (small, large, small):
            reader.read(block)
        for name in (b"a", b"b", b"c"):
            reader.read(static + b"\x40\x01" + name + b"\x01v")
        assert len(reader._decoder._table.dynamic_entries) == 2

    @pytest.mark.slow
    def test_bounded(self) -> None:
        """Blocks that leave the table alone fill the cache, not the memory."""
        encoder, reader = Encoder(), HeaderReader()
        for k in range(1_000):
            reader.read(encoder.encode([(*field, True) for field in [*fields(), ("k", str(k))]]))
        assert len(reader._heads) <= 64
        reader.read(encoder.encode([(*field, True) for field in [*fields(), ("k", "x" * 5_000)]]))
        assert len(max(reader._heads)) < 2_100


class TestTable:
    def test_size_updates(self, served: Served) -> None:
        """A client may shrink its table and grow it again, with all entries evicted between."""
        with RawClient(served.port) as client:
            for k, size in enumerate((4096, 0, 100, 4096, 33, 0, 4096)):
                client.encoder.header_table_size = size
                client.request(2 * k + 1, b"", METADATA, ("k", str(k)), ("long", "v" * 30))
                client.read_reply(2 * k + 1)
            assert [metadata["k"] for metadata in served.service.metadata] == [str(k) for k in range(7)]

    def test_eviction(self, served: Served) -> None:
        """Entries fall out of a full table, oldest first."""
        with RawClient(served.port) as client:
            for k in range(60):
                client.request(2 * k + 1, b"", METADATA, ("k", f"{k % 13}-{'v' * 300}"))
                client.read_reply(2 * k + 1)
            received = [metadata["k"].partition("-")[0] for metadata in served.service.metadata]
            assert received == [str(k % 13) for k in range(60)]

    @pytest.mark.parametrize(
        "block",
        [
            b"\xff\xff\xff\x0f",  # an index far outside the table
            b"\x80",  # index 0
            b"\x3f\xe2\x1f",  # a table of 4,097 bytes, one more than allowed
            b"\x82\x20",  # a size update after a field
            b"\x00\x05ab",  # a literal whose name is cut short
            b"\x00\x01a\x05b",  # one whose value is
            b"\x00\x01a",  # one without a value
            b"\x40\x81\xff\x00",  # Huffman code that is only padding
            b"\xff\xff\xff\xff\xff\xff\xff\xff\x01",  # an integer without end
        ],
    )
    def test_broken(self, served: Served, block: bytes) -> None:
        """A block that cannot be decoded ends the connection: the tables no longer agree."""
        with RawClient(served.port) as client:
            client.send(HeadersFrame(1, data=block, flags=["END_HEADERS"]))
            client.expect_goaway(ErrorCode.COMPRESSION_ERROR)

    def test_bomb(self, served: Served) -> None:
        """A small block that means a huge list of fields ends the connection before it grows."""
        with RawClient(served.port) as client:
            client.encoder.encode([("k", "v" * 4_000)])
            block = Encoder().encode([("k", "v" * 4_000)]) + b"\xbe" * 10_000
            client.send(HeadersFrame(1, data=block, flags=["END_HEADERS"]))
            client.expect_goaway(ErrorCode.ENHANCE_YOUR_CALM)

    def test_client_without_a_table(self, served: Served) -> None:
        """A client that allows no table in our blocks is told that there is none, as it must be."""
        with RawClient(served.port, settings={SettingsFrame.HEADER_TABLE_SIZE: 0}) as client:
            client.decoder.max_allowed_table_size = 0
            client.echo(1)
            client.echo(3)
            client.request(5, b"", "/test.Wire/Nothing")
            assert client.read_reply(5)[0]["grpc-status"] == "12"

    def test_refused_streams_are_followed(self, served: Served) -> None:
        """The block of a stream that is not served still moves the table."""
        with RawClient(served.port) as client:
            client.send(client.headers(1, [*fields(), ("Upper", "1")]))
            client.send(client.headers(3, fields(ECHO, ("k", "v"), content_type="x/y"), "END_STREAM"))
            client.send(client.headers(5, fields(METADATA, ("k", "v"))))
            client.send(DataFrame(5, data=message(b""), flags=["END_STREAM"]))
            client.read_reply(5)
            assert served.service.metadata[0]["k"] == "v"
