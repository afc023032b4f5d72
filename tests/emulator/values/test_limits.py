"""Limits by profile: what is refused, and with which words."""

import pytest

from consistency.emulator.status import Code, ServiceError
from consistency.emulator.values import messages
from consistency.emulator.values.messages import Message
from tests.emulator.changes import transformed
from tests.emulator.embedded import Embedded
from tests.emulator.talk import Talk, entity_of, unindexed, upsert

PROFILES = ("datastore_mode", "legacy", "off")


def nested(depth: int) -> Message:
    """Entities within entities."""
    value = messages.Value(exclude_from_indexes=True)
    value.entity_value.CopyFrom(entity_of(None, {"inner": nested(depth - 1) if depth > 1 else 1}))
    return value


def cases(talk: Talk) -> dict[str, Message]:
    """One commit for each limit, with the words that its refusal must have."""
    return {
        'property "text" is longer than 1500': upsert(talk.key("Kind", "a"), text="ä" * 751),
        'property "blob" is longer than 1500': upsert(talk.key("Kind", "a"), blob=b"x" * 1501),
        'property "long" is longer than 1048487': upsert(talk.key("Kind", "a"), long=unindexed("x" * 1_048_488)),
        "entity is longer than 1048572": upsert(
            talk.key("Kind", "a"), one=unindexed("x" * 600_000), two=unindexed("x" * 600_000)
        ),
        "key name is longer than 1500": upsert(talk.key("Kind", "x" * 1501)),
        "kind is longer than 1500": upsert(talk.key("x" * 1501, "a")),
        "property name is longer than 1500": upsert(talk.key("Kind", "a"), **{"x" * 1501: 1}),
        "key path has more than 100": upsert(talk.key(*(part for number in range(101) for part in ("K", number + 1)))),
        "key is longer than 6144": upsert(talk.key(*(part for _ in range(5) for part in ("K", "x" * 1400)))),
        "nested more than 20": upsert(talk.key("Kind", "a"), deep=nested(21)),
        "index entries is longer than 20000": upsert(talk.key("Kind", "a"), many=list(range(20_001))),
        "property_transforms of an entity are more than 500": transformed(
            upsert(talk.key("Kind", "a")), n=("append_missing_elements", list(range(501)))
        ),
    }


WORDS = list(cases(Embedded().talk()))


class TestLimits:
    """Sizes, depths and counts."""

    @pytest.mark.parametrize("profile", PROFILES)
    @pytest.mark.parametrize("words", WORDS)
    def test_too_much_is_named(self, profile: str, words: str) -> None:
        """INVALID_ARGUMENT with the field and the limit; without limits it is stored."""
        talk = Embedded(limits=profile).talk()
        mutation = cases(talk)[words]
        if profile == "off":
            talk.commit(mutation)
            assert talk.lookup(mutation.upsert.key).found
            return
        with pytest.raises(ServiceError, match=words) as refusal:
            talk.commit(mutation)
        assert refusal.value.code is Code.INVALID_ARGUMENT
        assert talk.lookup(talk.key("Kind", "a")).missing

    @pytest.mark.parametrize("profile", PROFILES)
    def test_what_just_fits(self, profile: str) -> None:
        """Each limit is the last size that is allowed."""
        talk = Embedded(limits=profile).talk()
        talk.commit(upsert(talk.key("K" * 1500, "x" * 1500), text="ä" * 750, deep=nested(20), many=list(range(5_000))))
        talk.commit(transformed(upsert(talk.key("Kind", "a")), n=("append_missing_elements", list(range(500)))))

    def test_only_the_old_service_counts_keys_to_allocate(self) -> None:
        """500."""
        for profile, refused in (("legacy", True), ("datastore_mode", False), ("off", False)):
            talk = Embedded(limits=profile).talk()
            keys = [talk.key("Kind")] * 501
            if refused:
                with pytest.raises(ServiceError, match="at most 500 keys"):
                    talk.allocate(*keys)
            else:
                assert len(talk.allocate(*keys).keys) == 501

    def test_keys_of_a_lookup(self) -> None:
        """1,000 in both services."""
        for profile in PROFILES:
            talk = Embedded(limits=profile).talk()
            keys = [talk.key("Kind", number + 1) for number in range(1001)]
            if profile == "off":
                assert len(talk.lookup(*keys).missing) == 1001
            else:
                with pytest.raises(ServiceError, match="at most 1000 keys"):
                    talk.lookup(*keys)

    def test_form_does_not_depend_on_the_profile(self) -> None:
        """A reserved name is refused without limits too, and so is what was read from an index."""
        talk = Embedded(limits="off").talk()
        with pytest.raises(ServiceError, match='kind "__a__" is reserved'):
            talk.put("__a__", "a")
        with pytest.raises(ServiceError, match="meaning 18"):
            talk.put("Kind", "a", x=messages.Value(integer_value=1, meaning=18))

    def test_an_unknown_profile_lists_them_all(self) -> None:
        """As a mode of concurrency does."""
        with pytest.raises(ValueError, match="datastore_mode, legacy, off"):
            Embedded(limits="none")
        with pytest.raises(ValueError, match="pessimistic, optimistic, optimistic_with_entity_groups"):
            Embedded(concurrency="none")
