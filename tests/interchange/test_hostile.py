"""Histories that are none: empty, cut off, with fields changed round, with numbers that no machine holds.

Each ends in one sentence and an error that the command line knows; none in a traceback.
"""

import pytest

from consistency.analysis.judgement import Verdict
from consistency.errors import ConsistencyError
from consistency.interchange.judging import judge_text

BEGUN = "{:type :invoke, :f :write, :value 1, :process 0, :time 1}\n"
ENDED = "{:type :ok, :f :write, :value 1, :process 0, :time 2}\n"
READ = """{:type :invoke, :f :read, :value nil, :process 1, :time 3}
{:type :ok, :f :read, :value nil, :process 1, :time 4}"""
ADDED = BEGUN.replace(":write", ":add")

HOSTILE = {
    "empty": ("", "no operation of a client"),
    "blank": ("\n \n", "no operation of a client"),
    "of no client": ("{:type :info, :f :start, :value nil, :process :nemesis}", "no operation of a client"),
    "cut off": (BEGUN + "{:type :invoke, :f :wr", "never closed"),
    "cut off, JSON": ('[{"type":"invoke","f":"write"', "not JSON"),
    "type and name swapped": (BEGUN.replace(":invoke", ":ok", 1).replace(":ok", ":write", 1), "no operation"),
    "a time that is a text": (BEGUN.replace(":time 1", ':time "noon"') + ENDED, "time"),
    "a time with a fraction": (BEGUN.replace(":time 1", ":time 1.5") + ENDED, "time"),
    "a time beyond all": (BEGUN + ENDED.replace(":time 2", f":time {10**25}"), "time"),
    "an end before its beginning": (BEGUN + ENDED.replace(":time 2", ":time -2"), "before its beginning"),
    "an end told twice": (BEGUN + ENDED + ENDED, "never began"),
    "a beginning told twice": (BEGUN + BEGUN, "second operation"),
    "a stamp that is a text": (BEGUN + ENDED.replace("}", ', :stamp "late"}'), "stamp"),
    "a plan that is a text": (BEGUN.replace("}", ', :due "soon"}') + ENDED, "due"),
    "an unknown action": (ADDED + READ.replace("3}", '3, :action "dance"}').replace("nil, :p", "#{1}, :p"), "action"),
    "a set that is a number": (ADDED + READ.replace("nil, :process 1, :time 4", "7, :process 1, :time 4"), "no set"),
    "steps that are a number": ("{:type :invoke, :f :txn, :value 7, :process 0}", "no steps"),
    "a step that is a number": ("{:type :invoke, :f :txn, :value [7], :process 0}", "no steps"),
    "a text with a wrong escape": (BEGUN.replace("1,", '"\\q",', 1), "not EDN"),
    "brackets without end": ("[" * 100_000, "nested too deeply"),
    "brackets without end, JSON": ('{"type":' * 50_000, "nested too deeply"),
    "a version of our own that does not exist": ('{"version":99,"kind":"history"}', "no operation"),
}  # fmt: skip


class TestHostile:
    @pytest.mark.parametrize("name", HOSTILE)
    def test_one_sentence(self, name: str) -> None:
        """It says what is wrong, and is short."""
        text, word = HOSTILE[name]
        with pytest.raises(ConsistencyError, match=word) as caught:
            judge_text(text)
        assert len(str(caught.value)) < 250

    @pytest.mark.parametrize("value", [10**30, 2**63 - 1, -(2**62), 2**40, "1e999", "9" * 5000])
    def test_a_value_of_any_size(self, value: object) -> None:
        """It is a value like others: read after it was written, the register is linearizable; else it is not."""
        text = (BEGUN + ENDED).replace(":value 1", f":value {value}") + READ
        assert judge_text(text).verdict is Verdict.BROKEN
        seen = READ.replace("nil, :process 1, :time 4", f"{value}, :process 1, :time 4")
        assert judge_text((BEGUN + ENDED).replace(":value 1", f":value {value}") + seen).verdict is Verdict.HOLDS

    @pytest.mark.parametrize(("count", "verdict"), [(2000, Verdict.HOLDS), (6000, Verdict.CANNOT_TELL)])
    def test_thousands_that_never_ended(self, count: int, verdict: Verdict) -> None:
        """Each may have happened, alike ones in the order in which they began; of too many at once nothing is told."""
        pending = [f"{{:type :invoke, :f :write, :value {n % 5}, :process {n}, :time {n}}}\n" for n in range(count)]
        read = READ.replace(":process 1, :time ", ":process 50000, :time 900000")
        seen = {
            value: "".join(pending)
            + read.replace("nil, :process 50000, :time 9000004", f"{value}, :process 50000, :time 9000004")
            for value in (3, 7)
        }
        assert judge_text(seen[3]).verdict is verdict
        assert judge_text(seen[7]).verdict is Verdict.BROKEN  # nobody wrote it, however many are open
