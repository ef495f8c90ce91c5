"""
The rules over HTTP: what analysts do on the workbench, for programs and scripts.

Rule 1: the tenant and the person come from the token.
Rule 2: nothing here decides: each route is one function of `bot.workbench.bench`, so that what a page refuses is
        refused here too.
"""

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from bot.access import Forbidden, Principal, console_human
from bot.people import Human
from bot.web.caller import Callers, caller_of
from bot.workbench.bench import MOST_FILES, REPLAY_DAYS, Workbench
from bot.workbench.editions import Change, Edition
from bot.workbench.examination import Examination
from rules.checks import in_arabic
from rules.layers import MAX_BYTES
from rules.problems import Problem

WRITERS = ("admin", "rules_editor")
DECIDERS = ("admin", "approver")
READERS = ("admin", "rules_editor", "approver", "executive")

LONGEST_REPLAY_DAYS = 90

# More saves or editions than this nobody makes; a larger number is a mistake.
MOST_VERSIONS = 1_000_000


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


Version = Annotated[int, Field(ge=1, le=MOST_VERSIONS, description="The version of the change that you saw.")]


Number = Annotated[int, Path(ge=0, le=MOST_VERSIONS, description="The number of an edition.")]


class Begin(_Body):
    title: str = Field("", max_length=200, description="What the change is for.")
    files: dict[str, str] = Field(
        default_factory=dict, max_length=MOST_FILES, description="Path to text, laid over what is in force."
    )
    remove: list[str] = Field(default_factory=list, max_length=MOST_FILES, description="Own files to take away.")


class Save(_Body):
    v: Version
    path: str = Field(description="routing/my_page.yml")
    text: str | None = Field(
        max_length=MAX_BYTES, description="The whole new text; null takes your own file away."
    )


class Seen(_Body):
    v: Version


class Why(_Body):
    reason: str = Field("", max_length=1_000)


class RollBack(Why):
    number: int = Field(
        ge=0, le=MOST_VERSIONS, description="The edition to go back to; 0 for the rules that we ship."
    )


def router(workbench: Workbench, callers: Callers) -> APIRouter:
    """The routes of one installation."""
    routes = APIRouter(prefix="/api/v1/rules", tags=["rules"])

    Caller = caller_of(callers)

    @routes.get("")
    async def in_force(caller: Caller) -> dict[str, Any]:
        """Which rules decide now."""
        caller.require(*READERS)
        live = workbench.live(caller.tenant_id)
        latest = await workbench.history(caller.tenant_id, 1)
        return {
            "version": live.version,
            "pages": len(live.book.pages),
            "own_files": sorted(live.own),
            "edition": _edition(latest[0]) if latest else None,
        }

    @routes.get("/files")
    async def files(caller: Caller) -> dict[str, str]:
        """Every file in force, path to text."""
        caller.require(*READERS)
        return dict(workbench.live(caller.tenant_id).files)

    @routes.get("/changes")
    async def changes(caller: Caller, ended: bool = False) -> dict[str, Any]:
        """Changes under way, or those that ended."""
        caller.require(*READERS)
        found = await workbench.changes(caller.tenant_id, is_open=not ended)
        return {"changes": [{**_change(change), "edits": sorted(change.edits)} for change in found]}

    @routes.post("/changes", status_code=201)
    async def begin(body: Begin, caller: Caller) -> dict[str, Any]:
        """Start a change, empty or with files."""
        human = _human(caller, *WRITERS)
        if not body.files and not body.remove:
            return _change(await workbench.begin(caller.tenant_id, human, body.title))
        begun = await workbench.begin_from(caller.tenant_id, human, body.title, body.files, body.remove)
        return _change(begun)

    @routes.get("/changes/{change_id}")
    async def change(change_id: str, caller: Caller) -> dict[str, Any]:
        caller.require(*READERS)
        found = await workbench.change(caller.tenant_id, change_id)
        return {**_change(found), "conflicts": list(await workbench.conflicts(found))}

    @routes.put("/changes/{change_id}/files")
    async def save(change_id: str, body: Save, caller: Caller) -> dict[str, Any]:
        """Put one file into a change."""
        human = _human(caller, *WRITERS)
        return _change(await workbench.edit(caller.tenant_id, change_id, body.v, body.path, body.text, human))

    @routes.post("/changes/{change_id}/check")
    async def check(change_id: str, caller: Caller) -> dict[str, Any]:
        """Load the rules with this change and check them."""
        caller.require(*READERS)
        return _examination(await workbench.glance(await workbench.change(caller.tenant_id, change_id)))

    @routes.post("/changes/{change_id}/test")
    async def test(change_id: str, caller: Caller) -> dict[str, Any]:
        """Check, and run every example and chat."""
        caller.require(*READERS)
        return _examination(await workbench.examine(await workbench.change(caller.tenant_id, change_id)))

    @routes.post("/changes/{change_id}/replay")
    async def replay(
        change_id: str, caller: Caller, days: Annotated[int, Query(ge=1, le=LONGEST_REPLAY_DAYS)] = REPLAY_DAYS
    ) -> dict[str, Any]:
        """What the decisions of the last days would have been."""
        caller.require(*WRITERS, *DECIDERS)
        found = await workbench.change(caller.tenant_id, change_id)
        return dict((await workbench.replay(found, days=days)).as_data())

    @routes.post("/changes/{change_id}/submit")
    async def submit(change_id: str, body: Seen, caller: Caller) -> dict[str, Any]:
        """Ask a second person; check, test and replay must pass."""
        review = await workbench.submit(caller.tenant_id, change_id, body.v, _human(caller, *WRITERS))
        return _change(review.change)

    @routes.post("/changes/{change_id}/up-to-date")
    async def up_to_date(change_id: str, body: Seen, caller: Caller) -> dict[str, Any]:
        """Let a change stand on what is in force now."""
        caller.require(*WRITERS)
        return _change(await workbench.bring_up_to_date(caller.tenant_id, change_id, body.v))

    @routes.post("/changes/{change_id}/agree")
    async def agree(change_id: str, body: Seen, caller: Caller) -> dict[str, Any]:
        """Publish a submitted change, as its second person, in the version that you saw."""
        human = _human(caller, *DECIDERS)
        return _edition(await workbench.agree(caller.tenant_id, change_id, human, body.v))

    @routes.post("/changes/{change_id}/refuse")
    async def refuse(change_id: str, body: Why, caller: Caller) -> dict[str, Any]:
        human = _human(caller, *DECIDERS)
        return _change(await workbench.refuse(caller.tenant_id, change_id, human, body.reason))

    @routes.post("/changes/{change_id}/withdraw")
    async def withdraw(change_id: str, body: Why, caller: Caller) -> dict[str, Any]:
        human = _human(caller, *WRITERS)
        return _change(await workbench.withdraw(caller.tenant_id, change_id, human, body.reason))

    @routes.post("/changes/{change_id}/reopen")
    async def reopen(change_id: str, caller: Caller) -> dict[str, Any]:
        caller.require(*WRITERS)
        return _change(await workbench.reopen(caller.tenant_id, change_id))

    @routes.get("/history")
    async def history(caller: Caller) -> dict[str, Any]:
        """What was in force, newest first."""
        caller.require(*READERS)
        return {"editions": [_edition(edition) for edition in await workbench.history(caller.tenant_id)]}

    @routes.get("/history/{number}/files")
    async def edition_files(number: Number, caller: Caller) -> dict[str, str]:
        """The tenant's own files in one edition."""
        caller.require(*READERS)
        return await workbench.own_files(caller.tenant_id, number)

    @routes.post("/rollback")
    async def roll_back(body: RollBack, caller: Caller) -> dict[str, Any]:
        """Put an earlier edition in force again."""
        human = _human(caller, *DECIDERS)
        return _edition(await workbench.roll_back(caller.tenant_id, body.number, human, body.reason))

    return routes


def _human(caller: Principal, *roles: str) -> Human:
    """Who acts: by name, because nobody agrees to a change of their own. Raises Forbidden, BadRequest."""
    caller.require(*roles)
    if caller.is_nameless:
        raise Forbidden(
            "this token names a role and no person; make one with: dealix token --as NAME",
            "هذا الرمز باسم دور لا باسم شخص؛ أصدر رمزًا بالأمر: dealix token --as NAME",
        )
    return caller.human if caller.person else _named(caller)


def _named(caller: Principal) -> Human:
    """Somebody whom only their token knows."""
    shown = console_human(caller.subject)
    return Human(f"api:{shown.name.casefold()}", shown.name)


def _change(change: Change) -> dict[str, Any]:
    fields = asdict(change)
    return {**fields, "state": change.state.value}


def _edition(edition: Edition) -> dict[str, Any]:
    fields = asdict(edition)
    fields.pop("files")
    return {**fields, "how": edition.how.value, "files": sorted(edition.files)}


def _examination(found: Examination) -> dict[str, Any]:
    return {
        "is_fit": found.is_fit,
        "is_complete": found.is_complete,
        "version": found.version,
        **found.counts,
        "problems": [_problem(problem) for problem in found.problems],
        "findings": [asdict(finding) for finding in found.findings],
        "failed_examples": [_problem(problem) for problem in found.failed_examples],
    }


def _problem(problem: Problem) -> dict[str, Any]:
    return {
        "file": problem.file,
        "line": problem.line,
        "message_en": problem.what,
        "message_ar": in_arabic(problem),
    }
