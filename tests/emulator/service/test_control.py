"""What is done to a running service from outside: a part of it is emptied, its model is changed."""

import pytest

from consistency.emulator.settings import Settings
from consistency.emulator.status import ServiceError
from consistency.emulator.values.scope import Scope
from tests.emulator.embedded import MS, Embedded
from tests.emulator.talk import found_names, upsert


class TestScope:
    def test_a_namespace(self) -> None:
        """Entities, rows and history of that namespace go, those of others stay."""
        embedded = Embedded("megastore", "0", "1h")
        mine, yours = embedded.talk("mine"), embedded.talk("yours")
        mine.put("Song", "waltz", a=1)
        yours.put("Song", "tango", a=1)
        embedded.service.reset(Scope(namespace="mine"))
        assert (mine.get("Song", "waltz"), yours.get("Song", "tango")) == (None, {"a": 1})
        mine.put("Song", "polka", a=2)
        embedded.now_ns += 3_600_001 * MS
        assert found_names(mine.query("Song")) == ["polka"]
        assert found_names(yours.query("Song")) == ["tango"]

    def test_elsewhere(self) -> None:
        """A scope that nothing is in empties nothing."""
        embedded = Embedded()
        talk = embedded.talk("mine")
        talk.put("Song", "waltz", a=1)
        for scope in (Scope("q"), Scope("p", "second"), Scope("p", "", ""), Scope(namespace="m")):
            embedded.service.reset(scope)
        assert talk.get("Song", "waltz") == {"a": 1}
        embedded.service.reset(Scope("p", "", "mine"))
        assert talk.get("Song", "waltz") is None

    def test_transactions(self) -> None:
        """A transaction that read there has ended; one that read elsewhere goes on."""
        embedded = Embedded()
        mine, yours = embedded.talk("mine"), embedded.talk("yours")
        lost, kept = mine.begin(), yours.begin()
        mine.lookup(mine.key("Song", "waltz"), transaction=lost)
        yours.lookup(yours.key("Song", "waltz"), transaction=kept)
        embedded.service.reset(Scope(namespace="mine"))
        with pytest.raises(ServiceError, match="no longer valid"):
            mine.commit(upsert(mine.key("Song", "waltz")), transaction=lost)
        yours.commit(upsert(yours.key("Song", "waltz"), a=1), transaction=kept)
        assert yours.get("Song", "waltz") == {"a": 1}


class TestChange:
    def test_what_waits_is_applied(self) -> None:
        """A commit whose rows were an hour away is found at once under the new model, and so are later ones."""
        embedded = Embedded("megastore", "0", "1h")
        talk = embedded.talk()
        talk.put("Song", "waltz", a=1)
        talk.put("Song", "waltz", a=2)
        assert found_names(talk.query("Song", ("a", "=", 2))) == []
        embedded.service.change(Settings())
        assert found_names(talk.query("Song", ("a", "=", 2))) == ["waltz"]
        talk.put("Song", "tango", a=2)
        assert found_names(talk.query("Song", ("a", "=", 2))) == ["tango", "waltz"]
        assert (embedded.truth[-1].rows_ns or 0) <= embedded.now_ns

    def test_a_lag_from_now_on(self) -> None:
        """Commits after the change follow the new model; equal roots of two namespaces are two groups."""
        embedded = Embedded()
        talks = [embedded.talk(namespace) for namespace in ("mine", "yours")]
        for talk in talks:
            talk.begin()  # keeps history, so that the change meets entries of the old model
            talk.put("Song", "waltz", a=1)
        embedded.service.change(Settings("megastore", "0", "1s"))
        for talk in talks:
            assert found_names(talk.query("Song")) == ["waltz"]
            talk.put("Song", "tango", a=1)
            assert found_names(talk.query("Song")) == ["waltz"]
        embedded.now_ns += 1_001 * MS
        assert [found_names(talk.query("Song")) for talk in talks] == [["tango", "waltz"]] * 2

    def test_limits_and_concurrency_go_with_the_model(self) -> None:
        """An old store refuses what it always refused, and its transactions are kept apart by entity groups."""
        embedded = Embedded()
        talk = embedded.talk()
        open_one = talk.begin()
        embedded.service.change(Settings("megastore"))
        with pytest.raises(ServiceError, match="no longer valid"):
            talk.rollback(open_one)
        first, second = talk.begin(), talk.begin()
        for transaction in (first, second):
            talk.lookup(talk.key("Song", "waltz"), transaction=transaction)
        talk.commit(upsert(talk.key("Song", "waltz", "Verse", 1)), transaction=first)
        with pytest.raises(ServiceError, match="ABORTED"):
            talk.commit(upsert(talk.key("Song", "waltz", "Verse", 2)), transaction=second)
        embedded.service.change(Settings("megastore", seed=5))  # the same mode: what is open stays open
        with pytest.raises(ServiceError, match="500"):
            talk.commit(*(upsert(talk.key("Song", f"{number}")) for number in range(501)))

    def test_sequential_ids(self) -> None:
        """They are known beforehand, pass over what is there, and begin anew with a reset."""
        embedded = Embedded()
        talk = embedded.talk()
        talk.put("Song", 2)
        embedded.service.change(Settings(sequential_ids=True))
        for _ in range(2):
            keys = talk.allocate(*(talk.key("Song", None) for _ in range(3))).keys
            assert [key.path[0].id for key in keys] == [1, 3, 4]
            embedded.service.reset()
            talk.put("Song", 2)

    def test_an_unknown_mode(self) -> None:
        """Neither it nor an unknown profile changes anything."""
        embedded = Embedded()
        for settings in (Settings(concurrency="hopeful"), Settings(limits="none")):
            with pytest.raises(ValueError, match="choose one of"):
                embedded.service.change(settings)
        assert embedded.service.settings == Settings()

    def test_an_unknown_model(self) -> None:
        """It is refused, and nothing has changed."""
        embedded = Embedded("megastore", "0", "1h")
        with pytest.raises(ValueError, match="weak"):
            embedded.service.change(Settings("weak"))
        assert embedded.service.settings.model == "megastore"
        embedded.talk().put("Song", "waltz")
        assert found_names(embedded.talk().query("Song")) == []

    def test_the_seed_begins_anew(self) -> None:
        """What was planned anew at the change takes nothing from the new model's chance."""
        lags = []
        for entries in (0, 3):
            embedded = Embedded()
            talk = embedded.talk()
            talk.begin()
            for number in range(entries):
                talk.put("Song", f"before{number}")
            embedded.service.change(Settings("megastore", "0", "uniform:0ms,1s", 7))
            talk.put("Song", "waltz")
            lags.append(embedded.truth[-1].rows_ns or 0)
        assert lags[0] == lags[1] > 0
