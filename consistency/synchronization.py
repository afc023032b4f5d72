"""Synchronization: how far off this machine's wall clock may be, as its kernel knows from whoever sets it.

Nothing comes in, nanoseconds go out, or None where nobody sets the clock. NTP daemons tell the kernel the largest error
that their servers and the way to them allow (dispersion and half the delay, RFC 5905), and adjtimex(2) reads it back;
asking each daemon in its own protocol would say the same.
"""

import ctypes
import sys

_NS_PER_US = 1_000
_ERROR = 5  # TIME_ERROR: the clock is not synchronized


class _Timex(ctypes.Structure):
    """The first fields of Linux's struct timex; the rest is room."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("frequency", ctypes.c_long),
        ("largest_error_us", ctypes.c_long),
        ("rest", ctypes.c_char * 256),
    )


def bound_wall_clock_ns() -> int | None:
    """The largest error of the wall clock; None where it is not synchronized, or the kernel does not say."""
    if sys.platform != "linux":
        return None
    told = _Timex()
    state = ctypes.CDLL(None).adjtimex(ctypes.byref(told))
    return None if state in {-1, _ERROR} else int(told.largest_error_us) * _NS_PER_US
