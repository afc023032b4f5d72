"""The truth log: when each commit became visible, as the engine itself planned it.

    committed_ns         bodies_ns                rows_ns
    |--------------------|------------------------|------------>  now_ns
      eventual reads see   eventual lookups see     global queries find
      the old state        the new body             the new index rows

A record is emitted at the commit and, when a strong read or another commit rolled the group forward earlier than
planned, again under the same number: the last record of a number holds. Only calibration reads it; nothing in the
service depends on it.
"""

import msgspec


class TruthRecord(msgspec.Struct, frozen=True):
    """One entry of one entity group's log. All instants are of the emulator's `now_ns` clock.

    `commit` is the running number of the log entry: a commit over two groups has two numbers, so that each group's
    instants can be corrected alone. `group` is the readable root (Kind00:'grandpa'), `names` are the names or ids
    (as text) of the keys written.
    """

    commit: int
    group: str
    names: tuple[str, ...]
    committed_ns: int
    bodies_ns: int
    rows_ns: int
