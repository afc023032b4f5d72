"""Histories of other tools, judged here. Vectors: measurement.md 4.2, 4.11, 5.3."""

from collections.abc import Sequence

import pytest

from consistency.analysis.judgement import Verdict
from consistency.errors import ConsistencyError, UsageError
from consistency.interchange.importing import Model
from consistency.interchange.jepsen import parse_history
from consistency.interchange.judging import judge_text

MS = 1_000_000
README = """{:index 0 :type :invoke :f :txn :process 0 :value [[:append x 1] [:r y nil]]}
{:index 1 :type :invoke :f :txn :process 1 :value [[:append x 2] [:append y 1]]}
{:index 2 :type :ok :f :txn :process 0 :value [[:append x 1] [:r y [1]]]}
{:index 3 :type :ok :f :txn :process 1 :value [[:append x 2] [:append y 1]]}
{:index 4 :type :invoke :f :txn :process 2 :value [[:r x nil]]}
{:index 5 :type :ok :f :txn :process 2 :value [[:r x [1 2]]]}"""


def log(*lines: str) -> str:
    """Lines of jepsen.util's log: `1 invoke write 3`."""
    told = []
    for line in lines:
        process, type_, name, value = line.split(" ", 3)
        told.append(f"INFO  jepsen.util - {process}\t:{type_}\t:{name}\t{value}")
    return "\n".join(told)


def write_set(*events: str) -> str:
    """A set's history in EDN, event i at i ms: `a0` and `rA` begin, `a0 ok` and `rA {0 1}` end."""
    lines, processes = [], list(dict.fromkeys(event.split()[0] for event in events))
    for index, event in enumerate(events):
        name, _, told = event.partition(" ")
        f, value = ("add", name[1:]) if name[0] == "a" else ("read", f"#{told}" if told else "nil")
        lines.append(f"{{:type {':ok' if told else ':invoke'} :f :{f} :value {value} :process {processes.index(name)} "
                     f":time {index * MS}}}")  # fmt: skip
    return "\n".join(lines)


def find_verdict(text: str, model: Model | None = None) -> Verdict:
    return judge_text(text, model).verdict


class TestSets:
    @pytest.mark.parametrize(
        ("events", "verdict", "figures"),
        [
            (["a0", "a0 ok"], Verdict.CANNOT_TELL, {"never_read": 1}),  # S1
            (["a0", "r1", "r1 {}"], Verdict.CANNOT_TELL, {"never_read": 1}),  # S2
            (["r1", "a0", "r1 {0}", "a0 ok"], Verdict.HOLDS, {"stable": 1}),  # S3
            (["a0", "a0 ok", "r1", "r1 {}"], Verdict.BROKEN, {"lost": 1, "lost_latency_q100_ms": 0}),  # S4
            (["a0", "r1", "r1 {}", "a0 ok"], Verdict.CANNOT_TELL, {"never_read": 1}),  # S5
            (["a0", "a1", "r2", "r2 {1}", "a0 ok", "a1 ok", "r3", "r3 {0 1}", "r4", "r4 {0}", "r5", "r5 {}"],
             Verdict.BROKEN, {"lost": 2, "lost_latency_q0_ms": 3, "lost_latency_q100_ms": 4}),  # S6
            (["a0", "a0 ok", "a1", "r2", "r2 {1}", "a1 ok", "rA", "rB", "rB {1}", "rA {0}"],
             Verdict.BROKEN, {"lost": 1, "stable": 1, "stale": 1, "stable_latency_q100_ms": 2}),  # S7
        ],
    )  # fmt: skip
    def test_set_full(self, events: Sequence[str], verdict: Verdict, figures: dict[str, int]) -> None:
        """Jepsen's own vectors, from EDN."""
        judged = judge_text(write_set(*events))
        (finding,) = [each for each in judged.findings if each.checker == "set_full"]
        assert (judged.model, judged.verdict) == (Model.SET_FULL, verdict)
        assert {name: finding.figures[name] for name in figures} == figures

    def test_keyed(self) -> None:
        """Each key is a set of its own: what one lacks says nothing of another."""
        text = """{:type :invoke :f :add :value [7 0] :process 0} {:type :ok :f :add :value [7 0] :process 0}
        {:type :invoke :f :read :value [8 nil] :process 0} {:type :ok :f :read :value [8 #{}] :process 0}
        {:type :invoke :f :read :value [7 nil] :process 0} {:type :ok :f :read :value [7 #{0}] :process 0}"""
        assert find_verdict(text) is Verdict.HOLDS
        assert find_verdict(text.replace("#{0}", "#{}")) is Verdict.BROKEN


class TestRegisters:
    def test_linearizable(self) -> None:
        """Porcupine's README: put(200) spans get->200, and a later get->0 that does not fit; and one that does."""
        begun = ["9 invoke write 0", "9 ok write 0", "0 invoke write 200", "1 invoke read nil"]
        old, new = ["2 invoke read nil", "2 ok read 0"], ["1 ok read 200"]
        late, early = log(*begun, *new, *old, "0 ok write 200"), log(*begun, *old, *new, "0 ok write 200")
        assert find_verdict(late) is Verdict.BROKEN
        assert find_verdict(early) is Verdict.HOLDS

    def test_compare_and_set(self) -> None:
        """Two that both found nothing cannot both have set."""
        text = log("1 invoke cas [nil 1]", "1 ok cas [nil 1]", "2 invoke cas [nil 2]", "2 ok cas [nil 2]")
        assert find_verdict(text) is Verdict.BROKEN

    def test_a_failed_compare_and_set_is_an_answer(self) -> None:
        """It found another value; of one without an answer nobody knows anything."""
        begun = ["0 invoke write 1", "0 ok write 1", "1 invoke cas [1 4]"]
        assert find_verdict(log(*begun, "1 fail cas [1 4]")) is Verdict.BROKEN
        assert find_verdict(log(*begun, "1 info cas :timed-out")) is Verdict.HOLDS
        other = log("0 invoke write 1", "1 invoke cas [1 4]", "1 fail cas [1 4]", "0 ok write 1")
        assert find_verdict(other) is Verdict.HOLDS

    def test_in_a_jepsen_history_what_failed_did_not_happen(self) -> None:
        """And nothing else is known of it: Knossos takes no answer from it, so neither do we."""
        text = """{:type :invoke :f :write :value 1 :process 0} {:type :ok :f :write :value 1 :process 0}
        {:type :invoke :f :cas :value [1 4] :process 0} {:type :fail :f :cas :value [1 4] :process 0}
        {:type :invoke :f :read :value nil :process 0} {:type :ok :f :read :value 1 :process 0}"""
        assert find_verdict(text) is Verdict.HOLDS
        assert find_verdict(text.replace(":ok :f :read :value 1", ":ok :f :read :value 4")) is Verdict.BROKEN

    def test_an_unanswered_write_may_be_why_a_compare_and_set_did_not_fit(self) -> None:
        """Though nobody read its value."""
        begun = ["0 invoke write 1", "0 ok write 1", "1 invoke write 2", "1 info write :timed-out"]
        assert find_verdict(log(*begun, "2 invoke cas [1 4]", "2 fail cas [1 4]")) is Verdict.HOLDS

    def test_an_unanswered_compare_and_set_needs_what_it_asks_for(self) -> None:
        """It is no write: where its value was never there it cannot have happened, whatever is read later."""
        begun = ["0 invoke write 1", "0 ok write 1", "1 invoke cas [2 4]", "1 info cas :timed-out"]
        judged = judge_text(log(*begun, "2 invoke read nil", "2 ok read 4"))
        (finding,) = judged.findings
        assert (judged.verdict, len(finding.anomalies[0].ops)) == (Verdict.BROKEN, 2)
        assert find_verdict(log(*begun, "2 invoke read nil", "2 ok read 4"), Model.RW_REGISTER) is not Verdict.HOLDS
        begun[:2] = ["0 invoke write 2", "0 ok write 2"]
        assert find_verdict(log(*begun, "2 invoke read nil", "2 ok read 4")) is Verdict.HOLDS

    def test_keyed_registers(self) -> None:
        """Each is judged by itself."""
        text = log("0 invoke write [7 1]", "0 ok write [7 1]", "0 invoke read [8 nil]", "0 ok read [8 nil]")
        assert find_verdict(text) is Verdict.HOLDS
        assert find_verdict(text.replace("[8", "[7")) is Verdict.BROKEN

    def test_texts_that_grow(self) -> None:
        """Porcupine's stores: what was appended is a list."""
        text = """{:process 0, :type :invoke, :f :append, :key "0", :value "x 0 0 y"}
        {:process 0, :type :ok, :f :append, :key "0", :value "x 0 0 y"}
        {:process 0, :type :invoke, :f :append, :key "0", :value "x 0 1 y"}
        {:process 0, :type :ok, :f :append, :key "0", :value "x 0 1 y"}
        {:process 1, :type :invoke, :f :get, :key "0", :value nil}
        {:process 1, :type :ok, :f :get, :key "0", :value "x 0 0 yx 0 1 y"}"""
        assert find_verdict(text) is Verdict.HOLDS
        assert find_verdict(text.replace("yx 0 1 y", "y")) is Verdict.BROKEN


class TestTransactions:
    def test_lists(self) -> None:
        """Elle's README: G1c between the first two."""
        judged = judge_text(README)
        found = {each.checker for each in judged.findings if len(each.anomalies)}
        assert (judged.model, judged.verdict) == (Model.LIST_APPEND, Verdict.BROKEN)
        assert "g1c" in found
        assert "g0" not in found

    def test_json(self) -> None:
        """In one array, or line by line."""
        lines = ['{"type":"invoke","f":"txn","value":[["w","x",2]],"process":0}',
                 '{"type":"ok","f":"txn","value":[["w","x",2]],"process":0}',
                 '{"type":"invoke","f":"txn","value":[["r","x",null]],"process":0}',
                 '{"type":"ok","f":"txn","value":[["r","x",3]],"process":0}']  # fmt: skip
        for text in ("\n".join(lines), f"[{','.join(lines)}]"):
            judged = judge_text(text)
            assert [each.checker for each in judged.findings if each.checker == "garbage_reads" and len(each.anomalies)]
            assert judged.model is Model.RW_REGISTER


class TestMistakes:
    @pytest.mark.parametrize(
        ("text", "told"),
        [
            ("{:type :ok :f :read :process 1 :value 1}", "Process 1 ends an operation (read) that it never began."),
            ("{:type :invoke :f :read :process 1} {:type :invoke :f :read :process 1}", "Process 1 begins a second"),
            ("{:a 1}", "This is no operation of a history: {'a': 1}."),
            ('[{"type": 1}', "The history is not JSON"),
            ("{:type :invoke :f :txn :value [[:q 1 2]]}", "This is no step of a transaction"),
            ("{:type :invoke :f :cas :value 3}", "This is no operation on a register: cas 3."),
        ],
    )
    def test_what_cannot_be_read(self, text: str, told: str) -> None:
        """In one sentence."""
        with pytest.raises(ConsistencyError) as raised:
            judge_text(text)
        assert str(raised.value).startswith(told)

    def test_operations_that_are_unknown(self) -> None:
        """The sentence says which are known."""
        with pytest.raises(UsageError, match="named enqueue are unknown: add, read"):
            judge_text("{:type :invoke :f :enqueue :process 0}")

    def test_the_nemesis_is_left_out(self) -> None:
        """It is no client."""
        text = "{:type :info :f :start :process :nemesis :value nil} {:type :invoke :f :read :process 0 :value nil}"
        assert parse_history(text)[0].process is None
        assert judge_text(text).verdict is Verdict.CANNOT_TELL
