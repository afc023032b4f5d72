"""A command of ours on a host that is planted: its wall clock is off, and its boot is another one.

    python planted.py SKEW_MS BOOT consistency's words...

All hosts of a test are one machine, so the true offset of any two monotonic clocks is 0.
"""

import sys
import time

from consistency import clock


def main() -> None:
    """Plant, then run the command line."""
    skew_ms, boot, *words = sys.argv[1:]
    right = time.time_ns
    time.time_ns = lambda: right() + int(skew_ms) * 1_000_000
    clock.boot_id = lambda: boot
    from consistency.cli.entry import main as run  # noqa: PLC0415 - whoever imports the clock must find it planted

    sys.argv = ["consistency", *words]
    run()


if __name__ == "__main__":
    main()
