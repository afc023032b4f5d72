"""Commits of one entity group beyond its rate are contention."""

import pytest

from consistency.emulator.service.write_rates import AHEAD
from consistency.emulator.status import Code, ServiceError
from tests.emulator.embedded import MS, Embedded
from tests.emulator.talk import Talk, upsert


def put_until_refused(talk: Talk, root: str) -> int:
    """How many commits of the group are taken at this instant."""
    for taken in range(100):
        try:
            talk.put("Kind", root, "Child", f"c{taken}")
        except ServiceError as error:
            if error.code is not Code.ABORTED:
                raise
            return taken
    return 100


class TestRate:
    def test_a_group_takes_a_few_at_once_and_then_its_rate(self) -> None:
        """A rested one five; a second later one more; after a long rest five again."""
        embedded = Embedded("megastore", group_rate="1/s")
        talk = embedded.talk()
        assert put_until_refused(talk, "a") == AHEAD
        embedded.now_ns += 1000 * MS
        assert put_until_refused(talk, "a") == 1
        embedded.now_ns += 3600 * 1000 * MS
        assert put_until_refused(talk, "a") == AHEAD

    def test_groups_have_a_rate_each(self) -> None:
        """One that is worked hard does not hold up another; a commit over both is refused whole."""
        talk = Embedded("megastore", group_rate="1/s").talk()
        put_until_refused(talk, "a")
        with pytest.raises(ServiceError, match="too much contention"):
            talk.commit(upsert(talk.key("Kind", "a")), upsert(talk.key("Kind", "b")))
        assert put_until_refused(talk, "b") == AHEAD

    def test_a_transaction_that_is_refused_is_over(self) -> None:
        """As after any contention."""
        talk = Embedded("megastore", group_rate="1/s").talk()
        put_until_refused(talk, "a")
        transaction = talk.begin()
        with pytest.raises(ServiceError, match="too much contention"):
            talk.commit(upsert(talk.key("Kind", "a")), transaction=transaction)
        with pytest.raises(ServiceError) as over:
            talk.lookup(talk.key("Kind", "a"), transaction=transaction)
        assert over.value.code is Code.INVALID_ARGUMENT

    def test_without_a_rate_nothing_is_refused(self) -> None:
        """The default."""
        assert put_until_refused(Embedded("megastore").talk(), "a") == 100

    def test_a_reset_lets_every_group_rest(self) -> None:
        """It is another store then."""
        embedded = Embedded("megastore", group_rate="1/s")
        put_until_refused(embedded.talk(), "a")
        embedded.service.reset()
        assert put_until_refused(embedded.talk(), "a") == AHEAD
