"""One request of the approval centre as a card, a line of a list, and a page with everything. Pure."""

from collections.abc import Iterator, Sequence

from admin.telegram.approval_sentences import say
from admin.telegram.pages import Reader
from admin.telegram.plain import code, quoted
from admin.telegram.sentences import Language
from admin.telegram.sentences import say as say_of_drafts
from admin.telegram.staff_sentences import roles_in_words
from admin.telegram.times import clock, span
from bot.authority.approval import ApprovalStatus, Step
from bot.authority.approval_view import ApprovalView

SUMMARY_AT_MOST = 2_400
FACTS_AT_MOST = 8
FACT_AT_MOST = 120


def card_page(view: ApprovalView, reader: Reader) -> str:
    """What somebody must know to decide."""
    return reader.page([*_head(view, reader), *_body(view, reader, FACTS_AT_MOST), *_deadlines(view, reader)])


def details_page(view: ApprovalView, reader: Reader) -> str:
    """The same, and what binds the decision: action, content, recipient."""
    language = reader.language
    bonds = [
        say("id_is", language, name=code(view.id)),
        f"{code(view.action)} · {say('class_is', language, name=code(view.action_class))}",
        say("about", language, name=code(view.resource)),
    ]
    if view.recipient:
        bonds.append(say("for_whom", language, name=code(view.recipient)))
    bonds.append(say("content", language, name=code(view.content_sha256)))
    if view.correlation_id:
        bonds.append(say("belongs_to", language, name=code(view.correlation_id)))
    body = _body(view, reader, len(view.facts))
    return reader.page([*_head(view, reader), *body, *_deadlines(view, reader), *bonds])


def line_of(number: int, view: ApprovalView, reader: Reader) -> str:
    """One line of a list, numbered like its button."""
    mark = _state(view, reader.language).split()[0]
    ago = say_of_drafts("ago", reader.language, left=span(reader.now - view.created_at, reader.language))
    return f"{number}. {mark} <b>{_title(view, reader, 60)}</b> · {ago} · {_summary(view, reader, 60)}"


def list_page(views: Sequence[ApprovalView], shown: int, reader: Reader) -> str:
    """What waits in the approval centre."""
    if not views:
        return reader.page([say("list_empty", reader.language)])
    lines = [f"<b>{say('list_title', reader.language, count=len(views))}</b>"]
    lines += [line_of(number, view, reader) for number, view in enumerate(views[:shown], start=1)]
    if len(views) > shown:
        lines.append(say("list_more", reader.language, count=len(views) - shown))
    return reader.page(lines)


def outcome_of(view: ApprovalView, reader: Reader) -> str:
    """Where a request stands and who decided, in one line without markup."""
    line = _outcome(view, reader)
    return f"{_state(view, reader.language)} · {line}" if line else _state(view, reader.language)


def _head(view: ApprovalView, reader: Reader) -> Iterator[str]:
    language = reader.language
    yield f"<b>{_state(view, language)}</b>"
    if outcome := _outcome(view, reader):
        yield outcome
    if view.decision_note:
        yield say("note", language, note=quoted(view.decision_note, 300))
    yield f"<b>{_title(view, reader, 150)}</b>"


def _body(view: ApprovalView, reader: Reader, facts: int) -> Iterator[str]:
    language = reader.language
    if view.summary_en or view.summary_ar:
        yield _summary(view, reader, SUMMARY_AT_MOST)
    if view.requested_by.name:
        at = clock(view.created_at, reader.now, language)
        yield say("asked_by", language, name=quoted(view.requested_by.name, 40), at=at)
    yield f"{say('risk', language, risk=say(f'risk_{view.risk}', language))} · {reader.named('kind', view.kind)}"
    if view.facts:
        yield f"<b>{say('facts', language)}</b>"
        for name, value in list(view.facts.items())[:facts]:
            yield f"• {quoted(reader.named('fact', name), 60)}: {quoted(str(value), FACT_AT_MOST)}"
        if len(view.facts) > facts:
            yield say("list_more", language, count=len(view.facts) - facts)
    yield f"<b>{say('steps', language)}</b>" + (f" · {say('four_eyes', language)}" if view.four_eyes else "")
    yield from (_step(step, reader) for step in view.steps)


def _step(step: Step, reader: Reader) -> str:
    role = roles_in_words((step.role,), reader.language)
    if step.at is None:
        return say("step_open", reader.language, role=role)
    at = clock(step.at, reader.now, reader.language)
    done = say("step_done", reader.language, role=role, name=quoted(step.by.name, 40), at=at)
    if step.on_behalf_of.id:
        done += f" ({say('for_somebody', reader.language, name=quoted(step.on_behalf_of.name, 40))})"
    return done


def _deadlines(view: ApprovalView, reader: Reader) -> Iterator[str]:
    if view.status is not ApprovalStatus.PENDING:
        return
    language, now = reader.language, reader.now
    parts = [say_of_drafts("deadlines", language, now=clock(now, now, language))]
    if view.due_at is not None:
        key = "due_in" if view.due_at > now else "due_since"
        left, at = span(view.due_at - now, language), clock(view.due_at, now, language)
        parts.append(say_of_drafts(key, language, left=left, at=at))
    if view.expires_at is not None:
        left, at = span(view.expires_at - now, language), clock(view.expires_at, now, language)
        parts.append(say_of_drafts("expires_in", language, left=left, at=at))
    yield " · ".join(parts)


def _state(view: ApprovalView, language: Language) -> str:
    if view.status is ApprovalStatus.PENDING:
        return say(f"pending_{view.level}", language)
    return say(view.status.value, language)


def _outcome(view: ApprovalView, reader: Reader) -> str:
    if view.decided_at is None or not view.decided_by.name:
        return ""
    at = clock(view.decided_at, reader.now, reader.language)
    line = say("by", reader.language, name=quoted(view.decided_by.name, 40), at=at)
    if view.on_behalf_of.id:
        line += f" ({say('for_somebody', reader.language, name=quoted(view.on_behalf_of.name, 40))})"
    return line


def _title(view: ApprovalView, reader: Reader, at_most: int) -> str:
    return quoted(view.title_ar if reader.language == "ar" else view.title_en, at_most)


def _summary(view: ApprovalView, reader: Reader, at_most: int) -> str:
    return quoted(view.summary_ar if reader.language == "ar" else view.summary_en, at_most)
