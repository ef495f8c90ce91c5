"""
The analysts' workbench: change rules, see what would be different, get a second pair of eyes, publish, go back.

Rule 1: the console, the command line, the API and Telegram call these functions and no others, so nothing that
        one of them refuses can be done through another.
Rule 2: what is published passed check, test and replay in exactly the form in which it comes into force; whenever
        something else was published or shipped meanwhile, it passes them again.
Rule 3: nobody agrees to a change that they began, wrote a part of, or submitted.
Rule 4: publishing and rolling back are one write each; an edition is never changed afterwards.
Rule 5: a change that touches a file that somebody else has published meanwhile must be looked at again; nothing
        is merged inside a file.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import structlog

from bot.errors import BadRequest, NotAllowed, NotFound
from bot.people import NOBODY, Human, folded, is_same_person
from bot.playbook import Playbook, Playbooks, RulesRefused
from bot.storable import well_formed
from bot.store import Store
from bot.tenant import Tenant
from bot.workbench.editions import Change, ChangeMoved, Edition, How, State
from bot.workbench.examination import Examination, examine, glance, in_the_way_back
from bot.workbench.replay_report import Report
from rules.checks import Finding
from rules.layers import MAX_BYTES

logger = structlog.get_logger()

CHAPTERS = (
    "safety",
    "understanding",
    "routing",
    "replies",
    "approval",
    "follow_up",
    "policies",
    "chats",
    "wording",
)
LOOSE = ("words.yml", "lexemes.yml", "qualification.yml")
_PATH = re.compile(rf"(?:{'|'.join(CHAPTERS)})/[a-z0-9_]{{1,80}}\.yml|{'|'.join(map(re.escape, LOOSE))}")

# A tenant's own pages are dozens; more than this is a copy of the whole book, which no longer grows with ours.
MOST_FILES = 400

# An edition is one document, and MongoDB takes 16 MB; what people write is a hundredth of this.
MOST_CHARACTERS = 4_000_000

# A week holds every kind of day; older decisions were often made by other rules.
REPLAY_DAYS = 7

LISTED = 50

Progress = Callable[[int, int], None]
Files = Mapping[str, str]
Replaying = Callable[[str, Files, Files, datetime, datetime, Progress], Awaitable[Report]]


class TouchedMeanwhile(NotAllowed):
    """Somebody published files that this change touches."""

    code, status = "touched_meanwhile", 409


class NotFit(NotAllowed):
    """A change did not pass what every published change passes."""

    code, status = "not_fit", 422


@dataclass(frozen=True, slots=True)
class Review:
    """A change with everything that a second person looks at."""

    change: Change
    examination: Examination
    replay: Report | None
    conflicts: tuple[str, ...]
    """Files that somebody else has published since the change began."""


class Workbench:
    """Everything that people do with rules."""

    def __init__(
        self,
        store: Store,
        playbooks: Playbooks,
        tenants: Mapping[str, Tenant],
        replaying: Replaying,
        now: Callable[[], datetime],
        new_id: Callable[[], str],
    ) -> None:
        """`replaying` decides what was decided between two moments again, by two sets of own files."""
        self._store = store
        self._rulebooks = store.rulebooks
        self._playbooks = playbooks
        self._tenants = tenants
        self._replaying = replaying
        self._now = now
        self._new_id = new_id

    # looking

    def live(self, tenant_id: str) -> Playbook:
        """The rules in force."""
        return self._playbooks.of(tenant_id)

    def shipped_files(self) -> Mapping[str, str]:
        """Path -> text of the rules that we ship."""
        return self._playbooks.base.files

    async def changes(self, tenant_id: str, *, is_open: bool = True) -> list[Change]:
        """Changes under way, or those that ended; latest touched first."""
        states = (State.OPEN, State.SUBMITTED) if is_open else (State.PUBLISHED, State.REFUSED, State.WITHDRAWN)
        return await self._rulebooks.changes(tenant_id, [state.value for state in states], LISTED)

    async def change(self, tenant_id: str, change_id: str) -> Change:
        """Raises NotFound."""
        found = await self._rulebooks.change(tenant_id, change_id)
        if found is None:
            raise NotFound(f"there is no change {change_id} here", "لا يوجد تعديل بهذا المعرّف هنا")
        return found

    async def history(self, tenant_id: str, limit: int = LISTED) -> list[Edition]:
        """What was in force, newest first; before the first edition stand the rules that we ship."""
        return await self._rulebooks.editions(tenant_id, limit)

    async def own_files(self, tenant_id: str, number: int | None = None) -> dict[str, str]:
        """The tenant's own files in an edition, by default the latest; edition 0 has none. Raises NotFound."""
        wanted = await self._head(tenant_id) if number is None else number
        if wanted == 0:
            return {}
        edition = await self._rulebooks.edition(tenant_id, wanted)
        if edition is None:
            raise NotFound(f"there is no edition {wanted} here", f"لا توجد نسخة رقمها {wanted} هنا")
        return dict(edition.files)

    async def playbook_of(self, change: Change) -> Playbook:
        """The rules as they would be with a change. Raises RulesRefused."""
        own = change.over(await self.own_files(change.tenant_id))
        return await asyncio.to_thread(self._playbooks.compose, change.tenant_id, own)

    async def glance(self, change: Change, path: str = "", text: str | None = None) -> Examination:
        """What check finds in a change, with one file as it is being typed; quick, and nothing is saved."""
        draft = replace(change, edits={**change.edits, **({path: text} if path else {})})
        own = draft.over(await self.own_files(change.tenant_id))
        return await asyncio.to_thread(glance, self._playbooks, self._tenants[change.tenant_id], own)

    async def examine(self, change: Change) -> Examination:
        """Check, and every example and chat, over the whole book with a change."""
        own = change.over(await self.own_files(change.tenant_id))
        return await asyncio.to_thread(examine, self._playbooks, self._tenants[change.tenant_id], own)

    async def replay(
        self, change: Change, *, days: int = REPLAY_DAYS, progress: Progress = lambda done, total: None
    ) -> Report:
        """What the decisions of the last days would have been with a change; nothing is sent."""
        before = await self.own_files(change.tenant_id)
        until = self._now()
        since = until - timedelta(days=days)
        return await self._replaying(change.tenant_id, before, change.over(before), since, until, progress)

    async def conflicts(self, change: Change) -> tuple[str, ...]:
        """Files of a change that somebody else has published since it began."""
        before = await self.own_files(change.tenant_id, change.base_number)
        now = await self.own_files(change.tenant_id)
        return tuple(sorted(path for path in change.edits if before.get(path) != now.get(path)))

    # writing

    async def begin(self, tenant_id: str, by: Human, title: str = "") -> Change:
        """Start a change."""
        change = self._new_change(tenant_id, by, title, await self._head(tenant_id))
        await self._rulebooks.save_change(change)
        return change

    def _new_change(self, tenant_id: str, by: Human, title: str, base_number: int) -> Change:
        if tenant_id not in self._tenants:
            raise BadRequest(f"the tenant {tenant_id!r} does not exist here", "لا توجد منشأة بهذا المعرّف هنا")
        now = self._now()
        return Change(
            id=self._new_id(),
            tenant_id=tenant_id,
            title=_title(title),
            author=by,
            created_at=now,
            updated_at=now,
            base_number=base_number,
        )

    async def begin_from(
        self, tenant_id: str, by: Human, title: str, files: Mapping[str, str], remove: Sequence[str] = ()
    ) -> Change:
        """
        Start a change from files, such as a folder that somebody edited, laid over what is in force.

        What the folder does not name stays as it is; what is equal to ours becomes no file of the tenant.
        `remove` takes own files of the tenant away. Raises BadRequest.
        """
        number = await self._head(tenant_id)
        own = await self.own_files(tenant_id, number)
        change = self._new_change(tenant_id, by, title, number)
        change.editors = [by]
        wanted: dict[str, str | None] = {**files, **dict.fromkeys(remove)}
        for path, text in wanted.items():
            self._put(change.edits, own, path, text)
        _check_size(change.over(own))
        await self._rulebooks.save_change(change)
        return change

    async def edit(
        self, tenant_id: str, change_id: str, v: int, path: str, text: str | None, by: Human
    ) -> Change:
        """
        Put the new text of one file into a change; None takes the tenant's own file away.

        Raises ChangeMoved when somebody saved since version `v`, BadRequest for a path that no book has.
        """
        change = await self._open(tenant_id, change_id, v)
        own = await self.own_files(tenant_id)
        self._put(change.edits, own, path, text)
        _check_size(change.over(own))
        if by not in change.editors:
            change.editors.append(by)
        await self._save(change)
        return change

    def _put(self, edits: dict[str, str | None], own: Mapping[str, str], path: str, text: str | None) -> None:
        """Let a change say this about a file, or nothing when that is how it is. Raises BadRequest."""
        if text is not None and text == self._playbooks.base.files.get(path):
            text = None  # equal to ours: no file of the tenant's own
        if text == own.get(path):
            edits.pop(path, None)
            return
        _check_file(path, text)
        edits[path] = text

    async def undo(self, tenant_id: str, change_id: str, v: int, path: str, by: Human) -> Change:
        """Take one file out of a change: that shapes it as much as writing. Raises ChangeMoved."""
        change = await self._open(tenant_id, change_id, v)
        change.edits.pop(path, None)
        if by not in change.editors:
            change.editors.append(by)
        await self._save(change)
        return change

    async def rename(self, tenant_id: str, change_id: str, v: int, title: str) -> Change:
        """Say what a change is for. Raises ChangeMoved."""
        change = await self._open(tenant_id, change_id, v)
        change.title = _title(title)
        await self._save(change)
        return change

    async def bring_up_to_date(self, tenant_id: str, change_id: str, v: int) -> Change:
        """Let a change stand on what is in force now; the author has seen the conflicts. Raises ChangeMoved."""
        change = await self._open(tenant_id, change_id, v)
        change.base_number = await self._head(tenant_id)
        await self._save(change)
        return change

    async def withdraw(self, tenant_id: str, change_id: str, by: Human, reason: str = "") -> Change:
        """Give a change up; its text stays readable."""
        change = await self.change(tenant_id, change_id)
        _require(change, State.OPEN, State.SUBMITTED)
        return await self._end(change, State.WITHDRAWN, by, reason)

    async def reopen(self, tenant_id: str, change_id: str) -> Change:
        """Go on writing a change that was submitted or refused."""
        change = await self.change(tenant_id, change_id)
        if (known := await self._edition_of(change)) is not None:
            await self._published(change, known)
        _require(change, State.SUBMITTED, State.REFUSED)
        change.state = State.OPEN
        await self._save(change)
        return change

    # publishing

    async def submit(
        self,
        tenant_id: str,
        change_id: str,
        v: int,
        by: Human,
        progress: Progress = lambda done, total: None,
    ) -> Review:
        """
        Ask a second person to agree. Check, test and replay must pass.

        Raises RulesRefused, NotFit, TouchedMeanwhile, ChangeMoved.
        """
        change = await self._open(tenant_id, change_id, v)
        if not change.edits:
            raise BadRequest("this change changes nothing yet", "لا يغيّر هذا التعديل شيئًا بعد")
        review = await self._reviewed(change, progress)
        change.state = State.SUBMITTED
        change.submitted_by, change.submitted_at = by, self._now()
        change.summary = _summary(review)
        await self._save(change)
        logger.info("rules_submitted", tenant=tenant_id, change=change.id, version=review.examination.version)
        return Review(change, review.examination, review.replay, review.conflicts)

    async def agree(self, tenant_id: str, change_id: str, by: Human, v: int) -> Edition:
        """
        Publish a submitted change, as its second person, who saw it at version `v`.

        Raises NotAllowed for whoever wrote a part of it, TouchedMeanwhile, NotFit, RulesRefused, EditionTaken,
        ChangeMoved.
        """
        change = await self.change(tenant_id, change_id)
        if (known := await self._edition_of(change)) is not None:
            await self._published(change, known)
            return known
        _require(change, State.SUBMITTED)
        if change.v != v:
            raise ChangeMoved(
                "this change was written anew since you saw it; look at it again",
                "تغيّر هذا التعديل بعد أن رأيته؛ راجعه من جديد",
            )
        if any(_is_same(by, writer) for writer in (change.author, change.submitted_by, *change.editors)):
            raise NotAllowed(
                "somebody else must agree to a change of yours",
                "يجب أن يوافق على تعديلك شخص آخر",
            )
        number = await self._head(tenant_id)
        await self._raise_conflicts(change)
        own = change.over(await self.own_files(tenant_id, number))
        playbook = await asyncio.to_thread(self._playbooks.prove, tenant_id, own)
        summary = change.summary
        if playbook.version != summary.get("version"):
            review = await self._reviewed(change, lambda done, total: None)
            summary = _summary(review)
        edition = Edition(
            tenant_id=tenant_id,
            number=number + 1,
            version=playbook.version,
            files=own,
            how=How.PUBLISHED,
            title=change.title,
            by=change.author,
            agreed_by=by,
            at=self._now(),
            change_id=change.id,
            summary=summary,
        )
        await self._rulebooks.add_edition(edition)
        await self._published(change, edition)
        await self._playbooks.look()
        logger.info("rules_published", tenant=tenant_id, edition=edition.number, version=edition.version)
        return edition

    async def refuse(self, tenant_id: str, change_id: str, by: Human, reason: str) -> Change:
        """Say no to a submitted change, and why."""
        change = await self.change(tenant_id, change_id)
        _require(change, State.SUBMITTED)
        if not reason.strip():
            raise BadRequest(
                "say why, so that the author can mend it", "اذكر السبب ليتمكن صاحب التعديل من إصلاحه"
            )
        return await self._end(change, State.REFUSED, by, reason)

    async def roll_back(self, tenant_id: str, number: int, by: Human, reason: str = "") -> Edition:
        """
        Put an earlier edition in force again, in one action; 0 for the rules that we ship.

        Raises NotFound, EditionTaken; RulesRefused when what we ship has moved on so far that it no longer fits;
        NotFit for what check refuses today, and for words that the rules in force forbid: those come back by a
        change that a second person agrees to, or not at all.
        """
        head = await self._head(tenant_id)
        own = await self.own_files(tenant_id, number)
        if number == head:
            raise BadRequest(f"edition {number} is in force already", f"النسخة {number} سارية الآن")
        playbook = await asyncio.to_thread(self._playbooks.prove, tenant_id, own)
        if found := await asyncio.to_thread(in_the_way_back, self._playbooks, tenant_id, playbook):
            raise _no_way_back(number, found)
        edition = Edition(
            tenant_id=tenant_id,
            number=head + 1,
            version=playbook.version,
            files=own,
            how=How.ROLLED_BACK,
            title=reason.strip()[:200],
            by=by,
            agreed_by=NOBODY,
            at=self._now(),
            of_number=number,
        )
        await self._rulebooks.add_edition(edition)
        await self._playbooks.look()
        logger.warning("rules_rolled_back", tenant=tenant_id, edition=edition.number, to=number)
        return edition

    # the steps

    async def _reviewed(self, change: Change, progress: Progress) -> Review:
        """Everything that a change must pass. Raises what is in its way."""
        await self._raise_conflicts(change)
        examination = await self.examine(change)
        if examination.problems:
            raise RulesRefused(examination.problems)
        own = change.over(await self.own_files(change.tenant_id))
        await asyncio.to_thread(self._playbooks.prove, change.tenant_id, own)
        if not examination.is_fit:
            raise NotFit(
                f"this change does not pass:\n{examination.told}", f"هذا التعديل لا يجتاز:\n{examination.told}"
            )
        report = await self.replay(change, progress=progress)
        if report.blocks:
            raise NotFit(
                f"replay speaks against it: {'; '.join(report.blocks)}",
                f"إعادة التشغيل تمنعه: {'؛ '.join(report.blocks_ar)}",
            )
        return Review(change, examination, report, ())

    async def _raise_conflicts(self, change: Change) -> None:
        if conflicts := await self.conflicts(change):
            raise TouchedMeanwhile(
                f"somebody published {', '.join(conflicts)} since this change began; look at them, then bring "
                "the change up to date",
                f"نُشرت هذه الملفات بعد بدء التعديل: {'، '.join(conflicts)}؛ راجعها ثم حدّث التعديل",
            )

    async def _edition_of(self, change: Change) -> Edition | None:
        """The edition that this change became, when the process died before the change said so."""
        if change.state is State.PUBLISHED:
            raise NotAllowed("this change is published already", "هذا التعديل منشور من قبل")
        if change.state is not State.SUBMITTED:
            return None
        for edition in await self._rulebooks.editions(change.tenant_id, LISTED):
            if edition.change_id == change.id:
                # Written anew since, it is not that edition any more.
                return edition if edition.version == change.summary.get("version") else None
        return None

    async def _published(self, change: Change, edition: Edition) -> None:
        change.state = State.PUBLISHED
        change.decided_by, change.decided_at = edition.agreed_by, edition.at
        try:
            await self._save(change)
        except ChangeMoved:
            # The edition stands; the change is told so when anybody opens it again.
            logger.warning("published_change_moved", tenant=change.tenant_id, change=change.id)

    async def _end(self, change: Change, state: State, by: Human, reason: str) -> Change:
        change.state = state
        change.decided_by, change.decided_at = by, self._now()
        change.reason = reason.strip()[:1_000]
        await self._save(change)
        return change

    async def _open(self, tenant_id: str, change_id: str, v: int) -> Change:
        change = await self.change(tenant_id, change_id)
        _require(change, State.OPEN)
        if change.v != v:
            raise ChangeMoved(
                "somebody else saved this change meanwhile; open it again, nothing was overwritten",
                "حفظ شخص آخر هذا التعديل في هذه الأثناء؛ افتحه من جديد، ولم يُستبدل شيء",
            )
        return change

    async def _save(self, change: Change) -> None:
        change.updated_at = self._now()
        await self._rulebooks.save_change(change)

    async def _head(self, tenant_id: str) -> int:
        latest = await self._rulebooks.editions(tenant_id, 1)
        return latest[0].number if latest else 0


def _no_way_back(number: int, found: Sequence[Finding]) -> NotFit:
    en = "\n".join(map(str, found))
    ar = "\n".join(f"{finding.file} السطر {finding.line}: {finding.what_ar}" for finding in found)
    return NotFit(
        f"edition {number} would not be published today; write a change instead, for a second person:\n{en}",
        f"لا تُنشر النسخة {number} اليوم؛ اكتب تعديلًا يقرؤه شخص ثانٍ:\n{ar}",
    )


def _is_same(one: Human, other: Human) -> bool:
    """One person may come through Telegram today and a page tomorrow: the name is compared too."""
    return is_same_person(one.id, other.id) or folded(one.name) == folded(other.name)


def _require(change: Change, *states: State) -> None:
    if change.state not in states:
        raise NotAllowed(
            f"this change is {change.state.value}; it must be {' or '.join(states)} for that",
            f"حالة هذا التعديل {change.state.value}؛ والمطلوب {' أو '.join(states)}",
        )


def _check_file(path: str, text: str | None) -> None:
    if not _PATH.fullmatch(path):
        raise BadRequest(
            f"{path!r} is no file of a book; write <chapter>/<name>.yml, with small letters, digits and _",
            f"{path!r} ليس ملفًا من ملفات الكتاب؛ اكتب <الفصل>/<الاسم>.yml بأحرف لاتينية صغيرة وأرقام و_",
        )
    if text is None:
        return
    if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise BadRequest(f"{path} is too large; split it", f"الملف {path} كبير جدًا؛ قسّمه")
    if well_formed(text) != text:
        raise BadRequest(f"{path} holds a broken character; write it again", f"في {path} رمز تالف؛ أعد كتابته")


def _check_size(own: Mapping[str, str]) -> None:
    if len(own) > MOST_FILES or sum(map(len, own.values())) > MOST_CHARACTERS:
        raise BadRequest(
            f"a tenant has at most {MOST_FILES} files of its own, with {MOST_CHARACTERS:,} characters in all",
            f"للمنشأة {MOST_FILES} ملف خاص على الأكثر، فيها {MOST_CHARACTERS:,} حرف",
        )


def _title(title: str) -> str:
    return " ".join(title.split())[:200]


def _summary(review: Review) -> dict[str, Any]:
    """What is kept of an examination and a replay with the edition."""
    report = review.replay
    return {
        "version": review.examination.version,
        **review.examination.counts,
        "replay": report.without_texts().as_data() if report else None,
    }
