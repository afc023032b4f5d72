"""Inbound header blocks: HPACK, behind a cache.

Header blocks come in, Heads go out. hpack takes about 30 us for a request of ten fields, several times what the rest
of a call costs on this wire; a client that repeats itself sends the same bytes again, and then a dict answers.

The cache is sound because HPACK decoding is a function of (block, table) -> (fields, table). A block is kept only if
it left the table exactly as it was, and everything kept is dropped as soon as any block changes the table. So between
two changes the same bytes mean the same fields, and not decoding them leaves the decoder where decoding would have.
"""

from collections.abc import Sequence

from hpack import Decoder, HPACKError, OversizedHeaderListError

from consistency.emulator.server.frames import ErrorCode, Http2Error
from consistency.emulator.server.metadata import Head, check_trailers, parse_head

LIST_MAX_BYTES = 65_536
BLOCK_MAX_BYTES = 65_536
_CACHED_BLOCK_MAX_BYTES = 2_048
_CACHED_MAX = 64

Fields = Sequence[tuple[bytes, bytes]]


class HeaderReader:
    """One connection's HPACK decoder and the Heads of the blocks that it need not decode again."""

    def __init__(self) -> None:
        self._decoder = Decoder(max_header_list_size=LIST_MAX_BYTES)
        self._heads: dict[bytes, Head] = {}

    def read(self, block: bytes) -> Head:
        """The request that a block asks for; MalformedError, or Http2Error where the connection cannot go on."""
        head = self._heads.get(block)
        if head is not None:
            return head
        fields, unchanged = self._decode(block)
        head = parse_head(fields)
        if unchanged and len(block) <= _CACHED_BLOCK_MAX_BYTES:
            if len(self._heads) >= _CACHED_MAX:
                self._heads.clear()
            self._heads[block] = head
        return head

    def read_trailers(self, block: bytes) -> None:
        """Follow a client's trailers, for the table's sake; errors as for read."""
        check_trailers(self._decode(block)[0])

    def _decode(self, block: bytes) -> tuple[Fields, bool]:
        before = self._fingerprint()
        try:
            fields: Fields = list(self._decoder.decode(block, raw=True))
        except OversizedHeaderListError as error:
            raise Http2Error(ErrorCode.ENHANCE_YOUR_CALM, "the header list is too large") from error
        except HPACKError as error:
            raise Http2Error(ErrorCode.COMPRESSION_ERROR, str(error)) from error
        after = self._fingerprint()
        unchanged = before[:2] == after[:2] and before[2] is after[2]
        if not unchanged:
            self._heads.clear()
        return fields, unchanged

    def _fingerprint(self) -> tuple[int, int, object]:
        """Largest size, number of entries, newest entry: equal before and after a block only if the table is.

        An insertion makes a new newest entry, or empties the table where it is larger than the table. A change of
        size changes the first number, or drops the oldest entries; and dropped entries are made up for in number only
        by inserted ones. The newest entry is compared by identity, and is held meanwhile, so that an equal entry
        inserted again does not pass for it.
        """
        table = self._decoder.header_table
        entries = table.dynamic_entries
        return table.maxsize, len(entries), entries[0] if entries else None
