"""Every promise has a check, and every check sees the history that breaks it."""

import hashlib

import pytest

from bench.chaos.checks import CHECKS, Seen, judge
from bench.chaos.checks.evidence import recoveries
from bench.chaos.history import (
    Call,
    Card,
    Chain,
    Contact,
    DraftEnd,
    Fact,
    Fault,
    History,
    Post,
    Scripted,
    Setup,
    Stray,
    Taken,
    Tap,
    read,
)

SHA = hashlib.sha256(b"hello").hexdigest()
PHONE = "966500000001"
T0 = 1_700_000_000.0
ONE, TWO = "CH0001x000001", "CH0001x000002"


class World:
    """A history in which all is well: one lead asked, a draft was held, Sami said yes, it was taken once."""

    def __init__(self):
        setup = Setup(
            seed=1,
            shape="one",
            command="",
            began=T0,
            healed=T0 + 50,
            quiet=T0 + 60,
            machine="",
            commit="",
            tenants={"acme": (1001, 1002)},
            rows=10,
        )
        self.history = History(setup)
        self.writes = 0
        self.history.scripted.append(Scripted(ONE, "acme", "green", "green_api", PHONE, "hello?", "ask_price"))
        self.posts(ONE, at=1)
        self.write(1.5, self.received(ONE), ("decided", {"intent": "ask_price"}), self.held("d1"))
        self.history.taps.append(Tap("acme", 1001, "d1", "approve", T0 + 2))
        self.write(2.1, self.approved("d1", "g1"))
        self.sends("d1", "a1", at=3, grant="g1")
        self.ends(DraftEnd("d1", "reply", "read", 0.0))
        self.history.chains.append(Chain("acme", 0, "", 0, 5))

    # What happens

    def posts(self, token, at, status=200, kind="message"):
        self.history.posts.append(Post(kind, "acme", "green", (token,), T0 + at, T0 + at + 0.05, status))

    def write(self, at, *facts):
        self.writes += 1
        for number, (what, data) in enumerate(facts):
            name = f"c1:{self.writes:08}:{number:03}"
            self.history.facts.append(Fact("acme", "c1", name, what, T0 + at, "k", data))

    def sends(self, draft, attempt, *, at, grant="", taken=True, end="accepted", kind="reply"):
        started = {"draft": draft, "attempt": attempt, "channel": "green", "kind": kind}
        self.write(at, ("attempt_started", {**started, "text_sha256": SHA, "grant": grant}))
        if taken:
            self.takes(at + 0.05)
        if end:
            ended = {"draft": draft, "attempt": attempt, "send_class": end}
            self.write(at + 0.1, ("attempt_ended", ended))

    def takes(self, at, **more):
        fields = {"tenant": "acme", "provider": "green_api", "phone": PHONE, "text_sha256": SHA, "reference": ""}
        name = f"m{len(self.history.taken)}"
        self.history.taken.append(Taken(**{**fields, "id": name, "at": T0 + at, **more}))

    def ends(self, *drafts, **more):
        fields = {"stage": "new_lead", "is_suppressed": False, "seen": (ONE,), "unread": ()}
        contact = Contact(**{"tenant": "acme", "id": "c1", "phone": PHONE, "drafts": drafts, **fields, **more})
        self.history.contacts[:] = [contact]

    @staticmethod
    def received(token):
        return "message_received", {"key": f"green|7105:{PHONE}@c.us:{token}", "provider_message_id": token}

    @staticmethod
    def held(draft):
        return "draft_held", {"draft": draft, "wording": "w", "why": ("hold.x",)}

    @staticmethod
    def queued(draft):
        return "reply_queued_by_bot", {"draft": draft, "wording": "w"}

    @staticmethod
    def approved(draft, grant, by="telegram:1001", sha=SHA):
        return "draft_approved", {"draft": draft, "by": by, "grant": grant, "text_sha256": sha}

    def without(self, *kinds):
        self.history.facts[:] = [fact for fact in self.history.facts if fact.what not in kinds]

    def broken(self):
        return {count.name: [e.what for e in count.broken] for count in judge(self.history) if count.broken}


@pytest.fixture
def world():
    return World()


def test_a_history_in_which_all_is_well_breaks_nothing(world):
    assert world.broken() == {}
    counted = {count.name: count.n for count in judge(world.history)}
    assert counted["lost"] == counted["repeated"] == counted["unapproved"] == 1


def _nobody_handled_it(w):
    w.posts(TWO, at=5)


def _still_unread(w):
    w.posts(TWO, at=5)
    w.ends(DraftEnd("d1", "reply", "read", 0.0), unread=(TWO,), seen=(ONE, TWO))


def _handled_twice(w):
    w.write(9, w.received(ONE), w.queued("d9"), ("draft_outdated", {"draft": "d9", "by": "x"}))


def _handled_without_an_outcome(w):
    w.posts(TWO, at=5)
    w.write(6, w.received(TWO))


def _held_and_shown_to_one_only(w):
    w.write(6, w.held("d2"))
    w.ends(DraftEnd("d1", "reply", "read", 0.0), DraftEnd("d2", "reply", "held", 0.0))
    w.history.cards.append(Card("acme", 1001, "d2", ("approve",)))


def _doubted_and_shown_to_nobody(w):
    w.history.faults.append(Fault("kill", "all", T0 + 7.05, T0 + 9))
    w.write(6, w.queued("d2"))
    w.sends("d2", "a2", at=7, taken=False, end="ambiguous")
    w.ends(DraftEnd("d1", "reply", "read", 0.0), DraftEnd("d2", "reply", "unknown", 0.0))


def _queued_for_ever(w):
    w.write(6, w.queued("d2"))
    w.ends(DraftEnd("d1", "reply", "read", 0.0), DraftEnd("d2", "reply", "queued", T0 + 20))


def _open_for_ever(w):
    w.ends(DraftEnd("d1", "reply", "sending", 0.0))


def _left_the_record_unfinished(w):
    w.write(6, w.queued("d2"))


def _taken_twice_for_one_attempt(w):
    w.takes(3.2)


def _taken_by_two_attempts(w):
    w.history.calls.append(Call("acme", "green_api", PHONE, SHA, T0 + 3, T0 + 3.1, "ok", True))
    w.sends("d1", "a2", at=9, grant="g1")


def _taken_from_nowhere(w):
    w.takes(9, text_sha256="0" * 64)


def _a_follow_up_made_twice(w):
    for draft in ("d2", "d3"):
        w.write(6, ("draft_held", {"draft": draft, "wording": "follow_up_first", "why": (), "step": "first"}))


def _doubt_without_a_cause(w):
    w.write(6, w.queued("d2"))
    w.sends("d2", "a2", at=7, taken=False, end="ambiguous")
    w.write(8, ("doubt_resolved", {"draft": "d2", "arrived": True, "by": "record"}))


def _doubt_repeated_by_itself(w):
    w.history.faults.append(Fault("kill", "all", T0 + 7.05, T0 + 9))
    w.write(6, w.queued("d2"))
    w.sends("d2", "a2", at=7, taken=False, end="ambiguous")
    w.sends("d2", "a3", at=9)


def _orphan_repeated_by_itself(w):
    w.history.faults.append(Fault("kill", "all", T0 + 7.05, T0 + 9))
    w.write(6, w.queued("d2"))
    w.sends("d2", "a2", at=7, taken=False, end="")
    w.sends("d2", "a3", at=9)


def _seen_and_gone(w):
    w.ends(DraftEnd("d1", "reply", "read", 0.0), seen=(ONE, TWO))


def _a_receipt_that_did_not_count(w):
    w.history.posts.append(Post("receipt", "acme", "green", ("m0:read",), T0 + 4, T0 + 4.1, 200))
    w.history.posts.append(Post("receipt", "acme", "green", ("m0:sent",), T0 + 5, T0 + 5.1, 200))
    w.ends(DraftEnd("d1", "reply", "sent", 0.0, ("m0",)))


def _answered_out_of_order(w):
    w.write(6, w.queued("d2"))
    w.write(7, w.queued("d3"))
    w.sends("d3", "a3", at=8)
    w.sends("d2", "a2", at=9)


def _read_out_of_order(w):
    w.posts(TWO, at=0.2)
    w.write(6, w.received(TWO), ("kept_silent", {"reason": "x"}))


def _a_jump(w):
    w.write(6, ("stage_moved", {"before": "new_lead", "after": "closed_won", "event": "payment_verified"}))
    w.ends(DraftEnd("d1", "reply", "read", 0.0), stage="closed_won")


def _a_gap(w):
    w.write(6, ("stage_moved", {"before": "qualifying", "after": "qualified", "event": "qualified"}))
    w.ends(DraftEnd("d1", "reply", "read", 0.0), stage="qualified")


def _another_end(w):
    w.ends(DraftEnd("d1", "reply", "read", 0.0), stage="qualified")


def _without_a_yes(w):
    w.write(6, w.held("d2"))
    w.sends("d2", "a2", at=7)


def _money_without_a_yes(w):
    w.write(6, ("decided", {"intent": "paid"}), w.queued("d2"))
    w.sends("d2", "a2", at=7)


def _yes_to_another_text(w):
    w.without("draft_approved")
    w.write(2.1, w.approved("d1", "g1", sha="f" * 64))
    # A write after the send would be a yes too late; this one is moved before it.
    w.history.facts[-1] = Fact("acme", "c1", "c1:00000002:000", *_rest(w.history.facts[-1]))


def _yes_too_late(w):
    w.without("draft_approved")
    w.write(9, w.approved("d1", "g1"))


def _yes_of_a_stranger(w):
    w.without("draft_approved")
    w.write(9, w.approved("d1", "g1", by="telegram:2001"))
    w.history.facts[-1] = Fact("acme", "c1", "c1:00000002:000", *_rest(w.history.facts[-1]))


def _yes_that_nobody_tapped(w):
    w.history.taps.clear()


def _begun_after_the_stop(w):
    w.posts(TWO, at=5)
    w.write(6, w.received(TWO), ("opted_out", {"before": "new_lead", "after": "opted_out"}), w.queued("dc"))
    w.sends("dc", "ac", at=6.1, kind="opt_out_confirmation")
    w.write(7, w.queued("d2"))
    w.sends("d2", "a2", at=8)
    w.ends(DraftEnd("d1", "reply", "read", 0.0), stage="opted_out", is_suppressed=True)


def _begun_between_the_answer_and_the_reading(w):
    w.posts(TWO, at=5)
    w.write(5, w.queued("d2"))
    w.sends("d2", "a2", at=5.5)
    w.write(6, w.received(TWO), ("opted_out", {"before": "new_lead", "after": "opted_out"}), w.queued("dc"))
    w.ends(DraftEnd("d1", "reply", "read", 0.0), stage="opted_out", is_suppressed=True)


def _a_stop_that_did_not_count(w):
    w.history.scripted.append(Scripted(TWO, "acme", "green", "green_api", PHONE, "stop", "stop"))
    w.posts(TWO, at=5)
    w.write(6, w.received(TWO), ("kept_silent", {"reason": "x"}))


def _a_stop_that_was_forgotten(w):
    w.write(6, ("opted_out", {"before": "new_lead", "after": "opted_out"}))
    w.ends(DraftEnd("d1", "reply", "read", 0.0), stage="opted_out")


def _at_night(w):
    night = 1_700_000_000 - 1_700_000_000 % 86_400 + 20 * 3_600 - T0  # 23:00 in Riyadh
    w.write(night, w.queued("d2"))
    w.sends("d2", "a2", at=night + 1, kind="follow_up")


def _a_foreign_row(w):
    w.history.strays.append(Stray("conversations", "acme", "row 'x' holds the canary of binda"))


def _a_foreign_word(w):
    w.history.taken[0] = Taken(
        "acme", "green_api", PHONE, SHA, "", "m0", w.history.taken[0].at, canaries=("binda",)
    )


def _a_foreign_phone(w):
    w.takes(9, phone="966599999999")


def _a_foreign_card(w):
    w.history.cards.append(Card("acme", 1001, "", (), ("binda",)))


def _a_forgery_taken(w):
    w.posts("CH0001x900001", at=4, kind="forged")


def _forged_words_kept(w):
    w.history.strays.append(Stray("forged", "acme", "quarantine 'x' holds forged words"))


def _a_broken_chain(w):
    w.history.chains[:] = [Chain("acme", 1, "BROKEN", 0, 5)]


def _a_gap_in_the_chain(w):
    w.history.chains[:] = [Chain("acme", 0, "", 1, 5)]


def _nobody_verified(w):
    w.history.chains.clear()


def _never_up_again(w):
    w.history.faults.append(Fault("kill", "all", T0 + 20, T0 + 21))
    w.posts(TWO, at=22, status=0)


def _never_quiet(w):
    from dataclasses import replace

    w.history.setup = replace(w.history.setup, quiet=0.0)


def _rest(fact):
    return fact.what, fact.at, fact.correlation, fact.data


BREAKS = [
    ("lost", _nobody_handled_it),
    ("lost", _still_unread),
    ("lost", _handled_twice),
    ("lost", _handled_without_an_outcome),
    ("forgotten", _held_and_shown_to_one_only),
    ("forgotten", _doubted_and_shown_to_nobody),
    ("forgotten", _queued_for_ever),
    ("forgotten", _open_for_ever),
    ("forgotten", _left_the_record_unfinished),
    ("repeated", _taken_twice_for_one_attempt),
    ("repeated", _taken_by_two_attempts),
    ("repeated", _taken_from_nowhere),
    ("repeated", _a_follow_up_made_twice),
    ("doubt", _doubt_without_a_cause),
    ("doubt", _doubt_repeated_by_itself),
    ("doubt", _orphan_repeated_by_itself),
    ("dedupe", _seen_and_gone),
    ("receipts", _a_receipt_that_did_not_count),
    ("order", _answered_out_of_order),
    ("order", _read_out_of_order),
    ("stages", _a_jump),
    ("stages", _a_gap),
    ("stages", _another_end),
    ("unapproved", _without_a_yes),
    ("unapproved", _money_without_a_yes),
    ("unapproved", _yes_to_another_text),
    ("unapproved", _yes_too_late),
    ("unapproved", _yes_of_a_stranger),
    ("unapproved", _yes_that_nobody_tapped),
    ("after_stop", _begun_after_the_stop),
    ("after_stop", _begun_between_the_answer_and_the_reading),
    ("stop_lost", _a_stop_that_did_not_count),
    ("stop_lost", _a_stop_that_was_forgotten),
    ("quiet_hours", _at_night),
    ("tenants", _a_foreign_row),
    ("tenants", _a_foreign_word),
    ("tenants", _a_foreign_phone),
    ("tenants", _a_foreign_card),
    ("forged", _a_forgery_taken),
    ("forged", _forged_words_kept),
    ("chain", _a_broken_chain),
    ("chain", _a_gap_in_the_chain),
    ("chain", _nobody_verified),
    ("recovery", _never_up_again),
    ("recovery", _never_quiet),
]


@pytest.mark.parametrize(("check", "breaks"), BREAKS, ids=[f"{c}-{b.__name__[1:]}" for c, b in BREAKS])
def test_a_check_sees_what_breaks_its_promise(world, check, breaks):
    breaks(world)
    assert check in world.broken(), world.broken()


def test_no_promise_is_without_a_history_that_breaks_it():
    assert {check for check, _ in BREAKS} == set(CHECKS)


def test_a_fall_is_counted_from_its_end_and_once_where_falls_follow_each_other(world):
    world.history.faults += [
        Fault("freeze", "all", T0 + 2, T0 + 8, released=T0 + 7),
        Fault("kill", "all", T0 + 9, T0 + 12),
    ]
    world.posts(TWO, at=13)
    world.write(14, world.received(TWO), world.queued("d2"))
    world.sends("d2", "a2", at=14)
    (found,) = recoveries(world.history, Seen(world.history))
    assert (found[0].kind, round(found[1], 2)) == ("kill", 5.05)


def test_what_a_human_sent_again_after_a_doubt_is_no_repetition(world):
    world.history.faults.append(Fault("kill", "all", T0 + 7.05, T0 + 9))
    world.write(6, world.held("d2"))
    world.sends("d2", "a2", at=7, taken=False, end="ambiguous")
    world.history.taps.append(Tap("acme", 1001, "d2", "send_again", T0 + 8))
    again = {"draft": "d2", "arrived": False, "by": "telegram:1001", "grant": "g2", "text_sha256": SHA}
    world.write(8, world.held("d3"), ("doubt_resolved", again))
    world.sends("d2", "a3", at=9, grant="g2")
    assert not {"doubt", "repeated", "unapproved"} & set(world.broken())


def test_a_call_under_way_when_the_stop_came_is_told_and_breaks_nothing(world):
    world.write(4.5, world.queued("d2"))
    world.sends("d2", "a2", at=4.9, taken=False)
    world.takes(5.4)
    world.posts(TWO, at=5)
    world.write(6, world.received(TWO), ("opted_out", {"before": "new_lead", "after": "opted_out"}))
    world.write(6.1, world.queued("dc"))
    world.sends("dc", "ac", at=6.2, kind="opt_out_confirmation")
    world.ends(DraftEnd("d1", "reply", "read", 0.0), stage="opted_out", is_suppressed=True)
    count = next(count for count in judge(world.history) if count.name == "after_stop")
    assert not count.broken and "under way" in count.remarks[0]


def test_a_check_with_nothing_to_look_at_claims_nothing(world):
    quiet = next(count for count in judge(world.history) if count.name == "quiet_hours")
    assert (quiet.n, quiet.bound) == (0, None)
    assert quiet.remarks


def test_a_history_is_judged_the_same_from_its_file(world, tmp_path):
    _taken_by_two_attempts(world)
    world.history.write(tmp_path / "history.jsonl.gz")
    assert judge(read(tmp_path / "history.jsonl.gz")) == judge(world.history)
