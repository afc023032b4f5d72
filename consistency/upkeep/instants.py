"""Instants that a person types: a wall time, or how long after the run's first write."""

from datetime import UTC, datetime, timedelta

from consistency.archive import Manifest
from consistency.clock import wall_ns
from consistency.durations import NS_PER_S, parse_duration_ns
from consistency.errors import UsageError

MOST_NS = 100 * 365 * 24 * 3600 * NS_PER_S


def place_on_run(text: str | None, manifest: Manifest) -> int:
    """`text` on the run clock (ns): None is now, "90s" counts from the first due write, else an ISO wall time.

    A time without a zone is UTC, as everywhere in a run's files.
    """
    if text is None:
        return wall_ns() - manifest.origin_wall_ns
    try:
        at_ns = manifest.start_ns + parse_duration_ns(text)
    except ValueError:
        at_ns = parse_wall_ns("--at", text) - manifest.origin_wall_ns
    if abs(at_ns) > MOST_NS:
        raise UsageError(f"--at {text} is more than a hundred years from the run.")
    return at_ns


def parse_wall_ns(flag: str, text: str) -> int:
    """The instant (ns, epoch) of an ISO time; UsageError where it is none."""
    try:
        wall = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(
            f"{flag} {text} is no instant: write a time (2026-01-31T12:00:00Z), or a duration (90s)."
        ) from error
    since = (wall if wall.tzinfo else wall.replace(tzinfo=UTC)) - datetime.fromtimestamp(0, UTC)
    return since // timedelta(microseconds=1) * (NS_PER_S // 1_000_000)  # exact: hosts must agree to the digit
