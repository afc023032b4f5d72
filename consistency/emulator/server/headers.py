"""Inbound header blocks: decoded, understood, and remembered.

Header blocks come in, Heads go out. Decoding and understanding a request of ten fields costs several times what the
rest of a call does; a client that repeats itself sends the same bytes again, and then a dict answers.

The cache is sound because HPACK decoding is a function of (block, table) -> (fields, table). A block is kept only if
nothing in it changes the table, and everything kept is dropped as soon as any block changes it. So between two changes
the same bytes mean the same fields, and not decoding them leaves the decoder where decoding would have.
"""

from hpack import HPACKError, OversizedHeaderListError

from consistency.emulator.server.fields import Field, FieldDecoder
from consistency.emulator.server.frames import ErrorCode, Http2Error
from consistency.emulator.server.metadata import Head, check_trailers, parse_head

BLOCK_MAX_BYTES = 65_536
_CACHED_BLOCK_MAX_BYTES = 2_048
_CACHED_MAX = 64


class HeaderReader:
    """One connection's decoder, and the Heads of the blocks that it need not decode again."""

    def __init__(self) -> None:
        self.peer = ""  # the client's address: metadata that it does not send itself
        self._decoder = FieldDecoder()
        self._heads: dict[bytes, Head] = {}

    def read(self, block: bytes) -> Head:
        """The request that a block asks for; MalformedError, or Http2Error where the connection cannot go on."""
        head = self._heads.get(block)
        if head is not None:
            return head
        fields, changed = self._decode(block)
        head = parse_head(fields, self.peer)
        if not changed and len(block) <= _CACHED_BLOCK_MAX_BYTES:
            if len(self._heads) >= _CACHED_MAX:
                self._heads.clear()
            self._heads[block] = head
        return head

    def read_trailers(self, block: bytes) -> None:
        """Follow a client's trailers, for the table's sake; errors as for read."""
        check_trailers(self._decode(block)[0])

    def _decode(self, block: bytes) -> tuple[list[Field], bool]:
        try:
            fields, changed = self._decoder.decode(block)
        except OversizedHeaderListError as error:
            raise Http2Error(ErrorCode.ENHANCE_YOUR_CALM, str(error)) from error
        except HPACKError as error:
            raise Http2Error(ErrorCode.COMPRESSION_ERROR, str(error)) from error
        if changed:
            self._heads.clear()
        return fields, changed
