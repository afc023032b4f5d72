"""CRC-32C, as record files carry it: the Castagnoli polynomial, and masked, since it stands beside what it checks.

A table of one byte's steps is made once; a megabyte takes about 0.1 s. The masking is that of LevelDB's log format: a
checksum over data that itself holds checksums would be weak, so it is turned by 15 bits and moved by a constant.
"""

_POLYNOMIAL = 0x82F63B78  # bits reversed
_MASK, _WHOLE = 0xA282EAD8, 0xFFFFFFFF


def crc32c(data: bytes) -> int:
    """The CRC-32C of `data`, 32 bits."""
    crc = _WHOLE
    table = _TABLE
    for byte in data:
        crc = table[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    return crc ^ _WHOLE


def masked_crc32c(data: bytes) -> int:
    """The checksum as it is stored."""
    crc = crc32c(data)
    return ((crc >> 15 | crc << 17) + _MASK) & _WHOLE


def _step(crc: int) -> int:
    for _ in range(8):
        crc = crc >> 1 ^ _POLYNOMIAL if crc & 1 else crc >> 1
    return crc


_TABLE = [_step(byte) for byte in range(256)]
