"""
The room of actions: what a verdict or a person wants done, started once, listed with how it stands.

    await actions.ask(tenant_id, conversation_id, "send_email", by, {"subject": ..., "text": ...})

Rule 1: the id of the run comes from conversation, correlation id and name: asked for twice, it is done once.
Rule 2: a name that nobody does here ends as `not_configured`, and says so; it is never an error of the line.
Rule 3: a contact who stopped us is not reached: what would is refused when asked for, cancelled when it waits.
Rule 4: another tenant's conversation does not exist.
Rule 5: what looks at the contact only when it runs is not started again while it waits to run.
"""

import hashlib
from collections.abc import Awaitable, Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from bot.actions.action import Action, ActionView, Asked, Watcher, Words
from bot.actions.deeds import MOVED, STOP
from bot.actions.governed import AGREED, BY_DEALIX, FIRST, Government, Watching
from bot.actions.view import action_view, is_action
from bot.authority.policy import Asking
from bot.conversation import Conversation, Deed
from bot.errors import AlreadyDecided, BadRequest, Expired, NotAllowed, NotFound, Outdated
from bot.people import NOBODY, Human
from bot.runs.flow import Flow, Next, Step, Turn, finished
from bot.runs.room import Runs
from bot.runs.run import Run, RunStatus
from bot.storable import well_formed

# Where names end up for which nobody has written anything.
UNKNOWN = "action_nobody_does"

# What every message that asks for an unconfigured action belongs to.
NOT_CONFIGURED = "not-configured"

MOST_SHOWN = 500

# What waits is among the newest; who has written for years has hundreds that are over.
LOOKED_AT = 50

WhenMoved = Callable[[str, str], Awaitable[None]]
"""(tenant, conversation)"""

BEFORE_IT_BEGINS = (RunStatus.PENDING, RunStatus.RUNNING, RunStatus.WAITING_APPROVAL)


class ContactStopped(NotAllowed):
    """The contact may not be reached."""

    code, status = "contact_stopped", 409


class Actions:
    """Everything that others may do with actions."""

    def __init__(self, government: Government, new_id: Callable[[], str]) -> None:
        self._house = government
        self._new_id = new_id
        self._actions: dict[str, Action] = {}
        self._watching = Watching()
        self._when_moved: list[WhenMoved] = []
        self.register(Action(UNKNOWN, _nobody(), reaches_contact=False, missing=_nobody_does_it))

    @property
    def names(self) -> tuple[str, ...]:
        """What can be asked for by hand."""
        return tuple(sorted(name for name in self._actions if name != UNKNOWN))

    @property
    def runs(self) -> Runs:
        return self._house.runs

    def register(self, action: Action) -> None:
        """Make an action known. Raises ValueError for a name that is known already."""
        if action.name in self._actions:
            raise ValueError(f"the action {action.name} is registered twice")
        self._actions[action.name] = action
        self.runs.register(self._house.flow_of(action, self._watching))

    def watched_by(self, watcher: Watcher) -> None:
        """Ask this one whether a connector is switched off, before anything that needs it."""
        self._watching.watcher = watcher

    def when_moved(self, look: WhenMoved) -> None:
        """Look at a deal whenever something that really happened has moved it; perhaps twice after a crash."""
        self._when_moved.append(look)

    @property
    def watched(self) -> Watcher:
        """Ask before a call whether its connector is switched off, and say afterwards how it went."""
        return self._watching

    async def is_disabled(self, tenant_id: str, key: str) -> bool:
        """Whether somebody switched a connector off."""
        return await self._watching.is_disabled(tenant_id, key)

    def action(self, name: str) -> Action:
        """Raises NotFound."""
        found = self._actions.get(name)
        if found is None or name == UNKNOWN:
            raise NotFound(
                f"there is no action {name[:60]!r} here; known are: {', '.join(self.names)}",
                f"لا يوجد إجراء بهذا الاسم هنا؛ المعروف: {'، '.join(self.names)}",
            )
        return found

    async def ask(
        self,
        tenant_id: str,
        conversation_id: str,
        name: str,
        by: Human = NOBODY,
        facts: Mapping[str, Any] | None = None,
        correlation_id: str = "",
        *,
        roles: Collection[str] = (),
    ) -> ActionView:
        """
        Start an action by hand, or answer the one that was started under this correlation id.

        Args:
            facts: what this action may be told; checked here.
            roles: of whoever asks; empty for our own code, which has asked already.

        Raises NotFound (conversation, name), BadRequest (facts), PolicyRefused, ContactStopped.
        """
        action, correlation_id = self.action(name), correlation_id or self._new_id()
        told = _checked(action, facts or {})
        conversation = await self._conversation(tenant_id, conversation_id)
        await self._house.policy.require(
            Asking(tenant_id, name, by, tuple(roles), correlation_id=correlation_id, evidence=correlation_id)
        )
        if action.reaches_contact and (conversation.is_suppressed or conversation.restricted):
            raise ContactStopped(
                f"{name} would reach a contact who stopped us, or whose data may not be used",
                "هذا الإجراء يصل إلى عميل أوقف مراسلتنا أو قُيّد استعمال بياناته",
            )
        run = await self._start(action, conversation, correlation_id, Asked(), told, by)
        return action_view(await self.runs.get(tenant_id, run.id))

    def is_unset(self, tenant_id: str, name: str) -> bool:
        """Whether nobody does this here."""
        return self._actions.get(name, self._actions[UNKNOWN]).missing(tenant_id) is not None

    async def begin(self, conversation: Conversation, deed: Deed) -> bool:
        """
        Start what a decision asked for; the worker calls this, perhaps again after a crash.

        Answers whether anybody does it here.
        """
        if deed.name == STOP:
            await self.stop(conversation.tenant_id, conversation.id)
            return True
        if deed.name == MOVED:
            await self._moved(conversation, deed)
            return True
        action = self._actions.get(deed.name, self._actions[UNKNOWN])
        tenant_id, belongs_to = conversation.tenant_id, deed.correlation_id
        is_unset = self.is_unset(tenant_id, deed.name)
        if is_unset:
            belongs_to = NOT_CONFIGURED  # said once for each contact, not for each of their messages
        asked = Asked(deed.pages, deed.is_by_book, deed.hold, deed.number, deed.at)
        run_id = run_id_of(conversation.id, belongs_to, deed.name)
        if action.carries_newest and await self._is_carried(action, conversation, asked):
            return not is_unset
        await self._start(action, conversation, deed.correlation_id, asked, {}, NOBODY, deed.name, run_id)
        return not is_unset

    async def stop(self, tenant_id: str, conversation_id: str) -> None:
        """Cancel everything that still waits and would reach this contact; a second time changes nothing."""
        for view in await self.runs.concerning(tenant_id, conversation_id):
            action = self._actions.get(str(view.run.state.get("action", "")))
            if not is_action(view) or view.run.is_over or action is None or not action.reaches_contact:
                continue
            try:
                await self.runs.cancel(tenant_id, view.run.id, BY_DEALIX)
            except (AlreadyDecided, NotFound):
                continue  # it ended, or was forgotten, in this moment
            await self._withdraw(view.run)

    async def list(self, tenant_id: str, conversation_id: str) -> list[ActionView]:
        """The actions of one conversation, newest first. Raises NotFound."""
        await self._conversation(tenant_id, conversation_id)
        found = await self.runs.concerning(tenant_id, conversation_id, MOST_SHOWN)
        return [action_view(view) for view in found if is_action(view)]

    async def get(self, tenant_id: str, conversation_id: str, action_id: str) -> ActionView:
        """One action of one conversation. Raises NotFound."""
        view = await self.runs.get(tenant_id, action_id)
        if not is_action(view) or view.run.about != conversation_id:
            raise NotFound(f"there is no action {action_id[:60]!r} here", "لا يوجد إجراء بهذا المعرّف هنا")
        return action_view(view)

    async def cancel(self, tenant_id: str, conversation_id: str, action_id: str, by: Human) -> ActionView:
        """End one that still waits, and undo what it did. Raises NotFound, AlreadyDecided."""
        await self.get(tenant_id, conversation_id, action_id)
        run = (await self.runs.get(tenant_id, action_id)).run
        await self.runs.cancel(tenant_id, action_id, by)
        await self._withdraw(run)
        return await self.get(tenant_id, conversation_id, action_id)

    async def _moved(self, conversation: Conversation, deed: Deed) -> None:
        for look in self._when_moved:
            await look(conversation.tenant_id, conversation.id)
        for action in [one for one in self._actions.values() if one.follows_moves]:
            if (
                action.missing(conversation.tenant_id) is None
            ):  # nobody asked for it: nothing is said where it is not
                await self.begin(conversation, replace(deed, name=action.name, is_by_book=True))

    async def _is_carried(self, action: Action, conversation: Conversation, asked: Asked) -> bool:
        """Whether work that has not looked at the contact yet does what is asked for now, with what is new."""
        found = await self.runs.concerning(conversation.tenant_id, conversation.id, LOOKED_AT)
        return any(is_yet_to_look(view.run, action, asked) for view in found)

    async def _withdraw(self, run: Run) -> None:
        """Nobody is asked any more about what is off."""
        asked = str(run.state.get("asked_for", ""))
        if not asked or run.status is not RunStatus.WAITING_APPROVAL:
            return
        with suppress(AlreadyDecided, Expired, NotFound, Outdated):  # somebody decided in this moment
            approval = await self._house.centre.read(run.tenant_id, asked)
            await self._house.centre.cancel(
                run.tenant_id, asked, approval.v, BY_DEALIX, ("admin",), "the action was cancelled"
            )

    async def _start(
        self,
        action: Action,
        conversation: Conversation,
        correlation_id: str,
        asked: Asked,
        facts: Mapping[str, Any],
        by: Human,
        name: str = "",
        run_id: str = "",
    ) -> Run:
        wanted = name or action.name
        return await self.runs.start_run(
            conversation.tenant_id,
            action.flow.name,
            run_id=run_id or run_id_of(conversation.id, correlation_id, wanted),
            state={
                "action": wanted,
                "conversation_id": conversation.id,
                "asked": {
                    "by_pages": list(asked.by_pages),
                    "is_by_book": asked.is_by_book,
                    "hold": asked.hold,
                    "number": asked.number,
                    "at": asked.at,
                },
                "facts": dict(facts),
            },
            correlation_id=correlation_id,
            by=by,
            about=conversation.id,
        )

    async def _conversation(self, tenant_id: str, conversation_id: str) -> Conversation:
        found = await self._house.store.conversations.read(tenant_id, conversation_id)
        if found is None:
            raise NotFound(
                f"there is no conversation {conversation_id[:60]} here", "لا توجد محادثة بهذا المعرّف هنا"
            )
        return found


def run_id_of(conversation_id: str, correlation_id: str, name: str) -> str:
    """The id of the one run of an action that one message, or one request, asked for."""
    stem = "\0".join((conversation_id, correlation_id, name))
    return f"act:{name}:{hashlib.sha256(stem.encode()).hexdigest()[:32]}"


def is_yet_to_look(run: Run, action: Action, asked: Asked) -> bool:
    """Whether a run has not begun its work, and goes on as freely as one that is asked for now would."""
    if run.flow != action.flow.name or run.is_parked or run.cancel_by.id:
        return False
    if run.step == action.flow.first:
        return run.status is RunStatus.PENDING
    is_before = run.step in (FIRST, AGREED) and run.status in BEFORE_IT_BEGINS
    theirs = run.state["asked"]
    return is_before and (theirs["is_by_book"], theirs["hold"]) == (asked.is_by_book, asked.hold)


def _checked(action: Action, facts: Mapping[str, Any]) -> dict[str, Any]:
    """What was said, as plain values. Raises BadRequest that names each field."""
    try:
        return action.facts.model_validate(dict(facts)).model_dump(mode="json")
    except ValidationError as wrong:
        found = (f"{'.'.join(map(str, e['loc'])) or 'facts'}: {e['msg']}" for e in wrong.errors()[:10])
        told = well_formed("; ".join(found)[:1_000])
        raise BadRequest(
            f"{action.name} cannot be told this: {told}", f"بيانات الإجراء غير صحيحة: {told}"
        ) from wrong


def _nobody() -> Flow:
    async def never(_turn: Turn) -> Next:
        return finished()

    return Flow(
        UNKNOWN,
        1,
        (Step("nothing", never),),
        title_en="An action that nobody does here",
        title_ar="إجراء لا ينفذه أحد هنا",
    )


def _nobody_does_it(_tenant_id: str) -> Words:
    return Words(
        "this installation has nobody who does this; a person must",
        "لا يوجد في هذا النظام من ينفذ هذا الإجراء؛ يلزم أن ينفذه إنسان",
    )
