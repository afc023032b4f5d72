"""The sentences of the first screen."""

import re
from collections import Counter
from dataclasses import replace
from random import Random

from consistency.analysis.judge import judge
from consistency.analysis.judgement import ActionSummary, Judgement, Verdict
from consistency.claim import parse_claim
from consistency.operation import Action
from consistency.report.facts import list_claims
from consistency.report.sentences import say_finding, say_retries, say_tail
from consistency.workload import Workload
from tests.analysis.runs import make_manifest
from tests.analysis.runs import make_plan as make_judged_plan
from tests.histories import write_history
from tests.report.judgements import (
    claim,
    make_judgement,
    make_lagged,
    make_material,
    make_series,
    make_summaries,
    summarise,
)

QUERY, GET = Action.GLOBAL_QUERY, Action.KEY_GET


def plainly(sentence: str) -> str:
    return sentence.replace("**", "")


def finding(judgement: Judgement) -> str:
    return plainly(say_finding(make_material(judgement)))


def ramp(n: int, width_ms: int = 50) -> ActionSummary:
    """Entity k is missed at once and at 10·k ms, and seen by the end of a call 50 ms later."""
    told = [((1, "miss"), (10 * k, "miss"), (10 * k + width_ms - 2, "hit")) for k in range(1, n + 1)]
    return summarise(QUERY, [make_series(QUERY, k, each) for k, each in enumerate(told)])


class TestFinding:
    def test_holds(self) -> None:
        """The number, its interval, n, the bound that decided, and the limit."""
        said = finding(make_judgement([ramp(40)], [claim(QUERY, "p90 <= 2s", Verdict.HOLDS)]))
        assert said == (
            "90 % of entities were visible to a global query within 410 ms of the write's acknowledgement "
            "(between 320 and 450 ms, 95 %; 40 entities). The limit is held against the one-sided 95 % bound: at most "
            "450 ms. Limit 2 s: holds."
        )

    def test_what_is_deleted_is_gone_and_not_visible(self) -> None:
        """Where a read that finds nothing is the hit, the sentences say so."""
        told = make_material(make_judgement([ramp(40)], [claim(QUERY, "p90 <= 2s", Verdict.HOLDS)]))
        told = replace(told, plan=told.plan.model_copy(update={"workload": Workload.DELETE}))
        assert plainly(say_finding(told)).startswith(
            "90 % of deleted entities were gone for a global query within 410 ms"
        )
        assert "None was found at the" in say_tail(told)
        assert "All were still found by the first global query." in say_tail(told)

    def test_broken(self) -> None:
        """The bound lies beyond the limit, and is said so."""
        said = finding(make_judgement([ramp(40)], [claim(QUERY, "p50 <= 90ms", Verdict.BROKEN)]))
        assert "within 250 ms" in said
        assert said.endswith("one-sided 95 % bound: more than 150 ms. Limit 90 ms: broken.")

    def test_cannot_tell_says_how_many_more_would_decide(self) -> None:
        """Neither bound is given: none of them decided."""
        judged = claim(QUERY, "p90 <= 420ms", Verdict.CANNOT_TELL, more=900)
        said = finding(make_judgement([ramp(40)], [judged]))
        assert said.endswith("Limit 420 ms: cannot tell; about 900 more entities would decide.")
        assert "one-sided" not in said

    def test_the_page_and_the_claim_round_with_the_same_words(self) -> None:
        """Whatever the bound is, sentence and reason name one number."""
        history = write_history([(10 * k, 10 * k + 48) for k in range(1, 41)])
        judgement = judge(make_judged_plan("p90 <= 2s"), make_manifest(), history)
        (judged,) = judgement.claims
        (bound,) = re.findall(r"at most (\S+ m?s)", judged.reason)
        assert f"one-sided 95 % bound: at most {bound}." in finding(judgement)

    def test_a_rounded_bound_does_not_contradict_the_verdict(self) -> None:
        """448 ms is below 449 ms: rounded up to 450 it would not be."""
        bound = [ramp(40, width_ms=48)]
        assert "at most 450 ms" in finding(make_judgement(bound, [claim(QUERY, "p90 <= 2s", Verdict.HOLDS)]))
        assert "at most 448 ms" in finding(make_judgement(bound, [claim(QUERY, "p90 <= 449ms", Verdict.HOLDS)]))

    def test_a_percentile_that_n_cannot_carry_is_a_sentence(self) -> None:
        """With n and the n that is needed, and with no number in its place."""
        said = finding(make_judgement([ramp(40)], [claim(QUERY, "p99 <= 2s", Verdict.CANNOT_TELL)]))
        assert said.startswith("p99 needs 299 entities and this run has 40, so it names no time")
        assert "within **" not in said

    def test_the_worst_claim_leads(self) -> None:
        """A broken claim is told before one that holds, and no claim that holds is told as if it were the verdict."""
        claims = [claim(QUERY, "p90 <= 2s", Verdict.HOLDS), claim(GET, "always visible", Verdict.BROKEN)]
        gets = summarise(GET, [make_series(GET, k, ((1, "miss" if k == 3 else "hit"), (50, "hit"))) for k in range(40)])
        said = finding(make_judgement([ramp(40), gets], claims))
        assert said.startswith("1 of 40 entities was missed by the first key get (between 0.06 and 13 %, 95 %).")
        assert said.endswith("One miss is enough. Always visible: broken.")

    def test_always_visible_holds_with_its_bound(self) -> None:
        """No counterexample is not the same as none possible."""
        gets = summarise(GET, [make_lagged(GET, k, 0, Random(k)) for k in range(30)])
        said = finding(make_judgement([gets], [claim(GET, "always visible", Verdict.HOLDS)]))
        assert said == (
            "No counterexample in 30 entities: each was seen by its first key get (at most 9.5 % of entities are "
            "missed, 95 % one-sided). Always visible: holds."
        )

    def test_always_gone_holds_with_its_bound(self) -> None:
        """What was deleted was not seen, and no claim about it says that it is visible."""
        gets = summarise(GET, [make_lagged(GET, k, 0, Random(k)) for k in range(30)])
        told = make_material(make_judgement([gets], [claim(GET, "always visible", Verdict.HOLDS)]))
        told = replace(told, plan=told.plan.model_copy(update={"workload": Workload.DELETE}))
        assert plainly(say_finding(told)) == (
            "No counterexample in 30 entities: each was gone for its first key get (at most 9.5 % of entities are "
            "still found, 95 % one-sided). Always gone: holds."
        )
        assert [each.claim for each in list_claims(told)] == ["key get: always gone"]

    def test_always_visible_says_how_many_it_left_out(self) -> None:
        """Then the reason that judging gave is told, whose n is smaller than that of the probe."""
        gets = summarise(GET, [make_lagged(GET, k, 0, Random(k)) for k in range(30)])
        reason = "No counterexample in 29 entities. 1 of 30 was left out: its first attempt was late."
        judged = replace(claim(GET, "always visible", Verdict.HOLDS, reason), left_out=1)
        assert finding(make_judgement([gets], [judged])) == f"{reason} Always visible: holds."

    def test_shares_and_checkers_give_their_reasons(self) -> None:
        """And end like all others."""
        gets = summarise(GET, [make_lagged(GET, k, 0, Random(k)) for k in range(30)])
        share = claim(GET, "stale.share <= 0.5%", Verdict.CANNOT_TELL, "0 of 30.", 568)
        assert finding(make_judgement([gets], [share])) == (
            "0 of 30. Limit 0.5 %: cannot tell; about 568 more entities would decide."
        )
        checker = replace(share, claim=parse_claim("read_your_writes", "violations == 0"), more_entities=None)
        assert finding(make_judgement([gets], [checker])) == ("0 of 30. No violation of read your writes: cannot tell.")
        broken = replace(checker, verdict=Verdict.BROKEN, reason="2 among 30 reads.")
        assert finding(make_judgement([gets], [broken])).startswith(
            "A client did not see its own write: 2 among 30 reads. No violation of read your writes: broken."
        )

    def test_transactions_that_nobody_probes(self) -> None:
        """What was acknowledged, and what the checkers found."""
        judgement = make_judgement([])
        counted = replace(judgement, pacing=replace(judgement.pacing, writes=Counter({"ok": 3, "fail": 1})))
        said = say_finding(make_material(counted, workload="counter", probes={}))
        assert said == "**3 of 4 transactions** were acknowledged. No checker found an anomaly in them."

    def test_a_flicker_breaks_without_a_miss_at_first(self) -> None:
        """Then the reason that judging gave is told."""
        gets = summarise(GET, [make_lagged(GET, 0, 0, Random(1))])
        judged = claim(GET, "always visible", Verdict.BROKEN, "Entity 0 was seen and then missed.")
        assert finding(make_judgement([gets], [judged])) == (
            "Entity 0 was seen and then missed. Always visible: broken."
        )

    def test_a_quantile_without_an_estimate_gives_the_reason(self) -> None:
        """p75 is not among the estimates."""
        judged = claim(QUERY, "p75 <= 2s", Verdict.HOLDS, "p75 is at most 300 ms.")
        assert finding(make_judgement([ramp(40)], [judged])) == "p75 is at most 300 ms. Limit 2 s: holds."

    def test_no_claims_gives_the_finding_without_a_verdict_word(self) -> None:
        """The highest percentile that n carries."""
        said = finding(make_judgement([ramp(40)]))
        assert said.startswith("90 % of entities were visible to a global query within 410 ms")
        assert not {"holds", "broken", "cannot"} & set(said.split())

    def test_nothing_seen(self) -> None:
        """With the deadline, and with no number for a latency."""
        unseen = summarise(QUERY, [make_series(QUERY, k, ((1, "miss"), (9_900, "miss"))) for k in range(30)])
        assert finding(make_judgement([unseen])) == (
            "None of 30 entities was seen by a global query before the deadline of 10 s."
        )

    def test_a_quantile_beyond_the_deadline_is_at_least(self) -> None:
        """The deadline is not recorded as if it had been measured."""
        told = [((1, "miss"), (60 if k < 20 else 9_900, "hit" if k < 20 else "miss")) for k in range(40)]
        summary = summarise(QUERY, [make_series(QUERY, k, each) for k, each in enumerate(told)])
        said = finding(make_judgement([summary], [claim(QUERY, "p90 <= 2s", Verdict.BROKEN)]))
        assert "only after the deadline, at least 9.90 s after the write's acknowledgement" in said

    def test_one_entity(self) -> None:
        """Too few for any percentile."""
        said = finding(make_judgement([ramp(1)]))
        assert said == "1 entity was probed by a global query, too few for any percentile (p50 needs 5)."

    def test_zero_entities(self) -> None:
        """Nothing can be said, with or without a claim."""
        nothing = "No write was acknowledged, so nothing can be said about visibility."
        assert finding(make_judgement([summarise(QUERY, [])])) == nothing
        judged = claim(QUERY, "p90 <= 2s", Verdict.CANNOT_TELL)
        assert finding(make_judgement([summarise(QUERY, [])], [judged])) == f"{nothing} Limit 2 s: cannot tell."

    def test_errors_only(self) -> None:
        """Errors are no misses: their codes are told, and nothing is said of the deadline, since nobody could look."""
        failing = summarise(QUERY, [make_series(QUERY, k, ((1, "UNAVAILABLE"), (50, "ABORTED"))) for k in range(3)])
        judgement = make_judgement([failing])
        assert finding(judgement) == (
            "None of 3 entities was seen by a global query before its search ended. "
            "3 of 3 were neither seen nor answered to the end. 6 attempts failed: ABORTED 3 and UNAVAILABLE 3."
        )
        assert "(errors: ABORTED 3 and UNAVAILABLE 3): each of these could" in say_retries(make_material(judgement))


class TestTail:
    def test_none_missing(self) -> None:
        """With the bound that n allows, and the longest wait with its entity."""
        assert say_tail(make_material(make_judgement([ramp(40)]))) == (
            "None was missing at the 10 s deadline (so at most 7.2 % are, 95 % one-sided). "
            "All were missed by the first global query. The longest wait was at most 450 ms: entity 39."
        )

    def test_some_never_seen(self) -> None:
        """Their wait is at least so long."""
        said = say_tail(make_material(make_judgement(make_summaries(30, unseen=2))))
        assert said.startswith("2 of 30 were still missing at the 10 s deadline (between 0.8 and 22 %, 95 %).")
        assert "The longest wait was at least 9.9" in said

    def test_what_was_not_answered_is_not_missing(self) -> None:
        """Two of ten were missed at 100 ms, then nobody could look: they are neither missing nor waited for long."""
        told = [((1, "miss"), (150, "hit"))] * 8 + [((1, "miss"), (100, "miss"), (9_900, "UNAVAILABLE"))] * 2
        query = summarise(QUERY, [make_series(QUERY, k, each) for k, each in enumerate(told)])
        assert say_tail(make_material(make_judgement([query]))) == (
            "None of the 8 that were looked for until then was missing at the 10 s deadline (so at most 56 % are, "
            "95 % one-sided). 2 of 10 were neither seen nor answered to the end. All were missed by the first global "
            "query. The longest wait was at most 160 ms: entity 0."
        )

    def test_a_search_that_began_late_tells_of_no_first_attempt_and_of_no_wait(self) -> None:
        """Three entities were looked for at once, seven 17 s later: nobody knows anything of the time before."""
        told = [((1, "hit"),)] * 3 + [((17_000, "hit"),)] * 7
        query = summarise(QUERY, [make_series(QUERY, k, each) for k, each in enumerate(told)])
        assert say_tail(make_material(make_judgement([query]), deadline="30s")) == (
            "None was missing at the 30 s deadline (so at most 26 % are, 95 % one-sided). Of the 3 whose first "
            "attempt was prompt and answered, none was missed by the first global query. 7 of 10 entities were not "
            "looked for within 50 ms of the acknowledgement, so nobody knows what a first global query at once would "
            "have told. The longest known wait was at most 3 ms: entity 0."
        )

    def test_nobody_looked_early(self) -> None:
        """Where every search began late, no wait is known at all."""
        query = summarise(QUERY, [make_series(QUERY, k, ((17_000, "hit"),)) for k in range(3)])
        said = say_tail(make_material(make_judgement([query]), deadline="30s"))
        assert "longest wait" not in said
        assert "missed by the first" not in said
        assert "3 of 3 entities were not looked for within 50 ms" in said
        assert "0 of 3" not in say_retries(make_material(make_judgement([query])))

    def test_doubt_leaves_nothing_else_to_say(self) -> None:
        """Neither a tail nor retries: the whole run is worth nothing."""
        judgement = replace(make_judgement([ramp(3)]), doubt="The store was polluted.", verdict=Verdict.CANNOT_TELL)
        material = make_material(judgement)
        assert plainly(say_finding(material)) == "The store was polluted. Cannot tell."
        assert say_tail(material) == say_retries(material) == ""

    def test_nothing_probed(self) -> None:
        """No second sentence."""
        assert say_tail(make_material(make_judgement([]))) == ""


class TestRetries:
    def test_the_founding_result(self) -> None:
        """Which actions needed retries, and which never did."""
        said = plainly(say_retries(make_material(make_judgement(make_summaries(30)))))
        assert said == (
            "Global queries needed retries for 30 of 30 entities (up to 17). Key gets and ancestor queries never "
            "needed a retry (0 of 30 and 0 of 30 entities; at most 9.5 % of entities do, 95 % one-sided)."
        )

    def test_the_most_retries_are_those_of_entities_that_were_seen(self) -> None:
        """One never seen was missed as often as one looked: the table leaves it out, and so does the sentence."""
        told = [((1, "miss"), (2, "hit")), tuple((k, "miss") for k in range(1, 9))]
        gets = summarise(GET, [make_series(GET, k, each) for k, each in enumerate(told)])
        said = plainly(say_retries(make_material(make_judgement([gets]))))
        assert said == "Key gets needed retries for 2 of 2 entities (up to 1 by those that were seen)."

    def test_an_entity_lost_to_errors_is_not_counted_as_never_retried(self) -> None:
        """It was not seen, so nobody can say that no retry was needed."""
        told = [((1, "hit"),), ((1, "UNAVAILABLE"),)]
        gets = summarise(GET, [make_series(GET, k, each) for k, each in enumerate(told)])
        said = plainly(say_retries(make_material(make_judgement([gets]))))
        assert said == (
            "Key gets missed no entity, but the first attempts for 1 of 2 were late or not answered "
            "(errors: UNAVAILABLE 1): each of these could have been a miss."
        )
