"""The middle of the page: each decision, with the rules that made it and what followed."""

from collections.abc import Callable
from dataclasses import dataclass

from admin.console.deal_bar import draw_deal
from admin.console.draw import Part, Rows, icon, pieces, put
from admin.console.marks import heard
from admin.console.place import Place
from admin.console.scene import Scene
from admin.console.sentences import SENTENCES, named
from admin.console.story import Decision, Happening, Rule, Trace, said
from admin.console.times import clock
from bot.events import SendClass

_ANSWERS = {SendClass.SIMULATED.value: "simulated", SendClass.ACCEPTED.value: "accepted"}


@dataclass(frozen=True, slots=True)
class _Told:
    happening: Happening
    is_latest: bool


class StoryPane:
    """Draws decisions; it decides nothing."""

    def __init__(self, place: Place, title_of: Callable[[str], str]) -> None:
        self._place = place
        self.title_of = title_of

    def build(self) -> None:
        self._deal = Part(put("div", "deal"), lambda deal: draw_deal(self._place, deal))
        with put("div", "pane-scroll"):
            self._reading = Part(put("div"), self._draw_reading)
            self._empty = Part(put("div"), self._draw_empty)
            self._story: Rows[_Told] = Rows(put("div", "story"), self._draw_told, tag="article")

    def show(self, scene: Scene) -> None:
        latest = next((h.id for h in reversed(scene.happenings) if isinstance(h, Decision)), "")
        self._deal.show(scene.deal)
        self._reading.show(scene.is_reading)
        self._empty.show(not scene.happenings and not scene.is_reading)
        self._story.show([(h.id, _Told(h, h.id == latest)) for h in reversed(scene.happenings)])

    def _draw_reading(self, is_reading: bool) -> None:
        if is_reading:
            with put("div", "told reading", role="status"):
                put("span", "shimmer", self._place.say("reading_why"))

    def _draw_empty(self, is_empty: bool) -> None:
        if is_empty:
            with put("div", "blank"):
                icon("book")
                put("p", text=self._place.say("story_empty"))

    def _draw_told(self, told: _Told) -> None:
        if isinstance(told.happening, Trace):
            with put("div", "told alone"):
                self._draw_trace(told.happening)
            return
        decision = told.happening
        fold = put("details", "told decision", data_decision=decision.intent)
        if told.is_latest:
            fold.props.update({"open": True})
        with fold:
            with put("summary"):
                self._draw_heard(decision)
                self._draw_gist(decision)
            self._draw_stage(decision)
            self._draw_gate(decision)
            self._draw_rules(decision)
            self._draw_rest(decision)
            self._draw_traces(decision)
            if decision.correlation_id:
                whole = self._place.address("trace", id=decision.correlation_id)
                put(
                    "a", "tiny", self._place.say("whole_story"), href=whole, data_trace_of=decision.correlation_id
                )

    def _draw_heard(self, decision: Decision) -> None:
        with put("div", "heard"):
            for message in decision.heard:
                with put("blockquote", dir="auto"):
                    if message.kind not in ("text", "button"):
                        put("span", "kind", named("kind", message.kind, self._place.language))
                    elif message.kind == "button":
                        put("span", "kind", self._place.say("kind_button"))
                    pieces(heard(message.text, decision.words))
            put("time", text=clock(decision.at), dir="ltr")

    def _draw_gist(self, decision: Decision) -> None:
        say = self._place.say
        with put("div", "gist"):
            put("strong", "intent", self._place.words("intent", decision.intent), data_intent=decision.intent)
            percent = round(decision.confidence * 100)
            with put("span", "sure", title=say("sure", percent=percent)):
                put("span", "bar", aria_hidden="true").style(f"--share:{percent}%")
                put("span", text=f"{percent}%", dir="ltr")
            put(
                "span",
                f"verdict {decision.outcome}",
                say(f"gate_{decision.outcome}"),
                data_outcome=decision.outcome,
            )
        if decision.others:
            names = " · ".join(self._place.words("intent", name) for name in decision.others)
            put("p", "faint", f"{say('also_heard')}: {names}")

    def _draw_stage(self, decision: Decision) -> None:
        say = self._place.say
        with put("section", "fact"):
            put("h4", text=say("stage"))
            with put("p"):
                put("span", "stage-name", self._stage(decision.stage_before))
                if decision.stage_after != decision.stage_before:
                    icon("arrow")
                    put("span", f"stage-name moved at-{decision.stage_after}", self._stage(decision.stage_after))
                else:
                    put("span", "faint", say("stays"))
            if decision.proposed_stage and decision.proposed_stage != decision.stage_after:
                put("p", "faint", say("proposes", stage=self._stage(decision.proposed_stage)))

    def _draw_gate(self, decision: Decision) -> None:
        say = self._place.say
        with put("section", "fact"):
            put("h4", text=say("gate"))
            put("p", text=say(f"gate_{decision.outcome}"))
            for reason in decision.reasons:
                put("p", "reason", self._reason(decision.outcome, reason))
            if decision.outcome == "held":
                put("p", "faint", say("gate_otherwise"))
            for flag in decision.flags:
                put("p", "flag", named("flag", flag, self._place.language))

    def _reason(self, outcome: str, reason: str) -> str:
        """Reasons carry their family in the name, except the few that the heart itself gives."""
        family, _, name = reason.rpartition(".")
        if outcome == "silent" and f"silence_{name}" in SENTENCES:
            return self._place.say(f"silence_{name}")
        return self._place.words(family or ("silence" if outcome == "silent" else "hold"), name)

    def _draw_rules(self, decision: Decision) -> None:
        with put("section", "fact"):
            put("h4", text=self._place.say("rules" if decision.rules else "no_rules"))
            with put("ol", "rules"):
                for rule in decision.rules:
                    self._draw_rule(rule)

    def _draw_rule(self, rule: Rule) -> None:
        with put("li", "rule shadow" if rule.is_shadow else "rule", data_rule=rule.name):
            for verb, name in said(rule.said):
                words = self._place.say(f"said_{verb}", name=self._said(verb, name))
                put("span", "rule-said", words, data_said=verb)
            put("span", "rule-title", self.title_of(rule.name), dir="auto")
            with put("span", "rule-place"):
                put("code", text=rule.file, dir="ltr")
                for word in rule.words:
                    put("mark", text=word, dir="auto")
                if rule.is_shadow:
                    put("span", "faint", self._place.say("shadow"))

    def _said(self, verb: str, name: str) -> str:
        language = self._place.language
        match verb:
            case "intent" | "hold" | "silence":
                return self._place.words(verb, name.removeprefix(f"{verb}."))
            case "go" | "propose":
                return named("event", name, language)
            case "flag":
                return named("flag", name, language)
            case "act":
                return named("action", name, language)
            case _:
                return name

    def _draw_rest(self, decision: Decision) -> None:
        say, language = self._place.say, self._place.language
        actions = [named("action", a, language) for a in decision.actions if a != "send_whatsapp"]
        with put("section", "fact small"):
            if actions:
                put("p", text=f"{say('next_actions')}: {' · '.join(actions)}")
            with put("p", "faint"):
                put("span", text=say("agreed" if decision.engine_agreed else "disagreed"))
                put("span", text=f" · {say('book')} ")
                put("code", text=decision.book_version, dir="ltr")
                if decision.wording:
                    put("span", text=f" · {say('wording')} ")
                    put("code", text=decision.wording, dir="ltr")

    def _draw_traces(self, decision: Decision) -> None:
        # The move of the deal stands above already.
        traces = [t for t in decision.traces if not (t.what == "stage_moved" and t.value("by") == "rules")]
        if not traces:
            return
        with put("section", "fact"):
            put("h4", text=self._place.say("happened"))
            with put("ol", "traces"):
                for trace in traces:
                    with put("li"):
                        self._draw_trace(trace)

    def _draw_trace(self, trace: Trace) -> None:
        put("time", text=clock(trace.at), dir="ltr")
        put("span", text=self.sentence(trace), data_trace=trace.what)

    def sentence(self, trace: Trace) -> str:
        """What happened, in the words of the page."""
        what = trace.what
        key = f"trace_{what}"
        if key not in SENTENCES:
            return what.replace("_", " ")
        language = self._place.language
        answer = trace.value("send_class")
        return self._place.say(
            key,
            channel=self._place.channel(trace.value("channel")),
            answer=named("status", _ANSWERS.get(answer, answer), language),
            code=named("code", trace.value("code"), language),
            before=self._stage(trace.value("before")),
            after=self._stage(trace.value("after")),
        )

    def _stage(self, name: str) -> str:
        return self._place.words("stage", name)
