"""`dealix trace CORRELATION_ID`: the story of one message as a tree."""

from typing import Annotated

import typer
from rich.text import Text
from rich.tree import Tree

from bot.building import now
from bot.commands.terminal import out, stop, with_room
from bot.commands.workroom import Workroom
from bot.errors import NotFound
from bot.telemetry.story import Step, Story, lasting
from bot.telemetry.trace_room import TraceRoom
from bot.tenants import DEFAULT_TENANT


def trace_command(
    correlation_id: Annotated[
        str, typer.Argument(help="As it stands on a draft, in the log, in an answer of /os.")
    ],
    tenant: Annotated[str, typer.Option(help="Whose message.")] = DEFAULT_TENANT,
    language: Annotated[str, typer.Option(help="ar or en.")] = "en",
) -> None:
    """Tell everything that one inbound message caused, in order."""
    if language not in ("ar", "en"):
        stop(f"{language!r} is no language of ours: ar or en\nاللغة ar أو en")

    async def ask(room: Workroom) -> Story:
        return await _traces(room).story(tenant, correlation_id)

    try:
        story = with_room(ask, tenant)
    except NotFound as unknown:
        stop(f"{unknown.message_en}\n{unknown.message_ar}")
    # Nothing is cut, however narrow the terminal or the pipe: a line that is too long is folded.
    out.print(drawn(story, language), soft_wrap=False, overflow="fold")


def drawn(story: Story, language: str) -> Tree:
    """A story as a tree: one branch for each step, with what it says beneath."""
    took = lasting(story.lasted, language)
    began = f"{story.began_at:%Y-%m-%d %H:%M:%S} UTC"
    tree = Tree(Text.assemble((story.correlation_id, "bold"), f"  {began}  {took}"))
    for trace_id in story.trace_ids:
        tree.add(Text(f"trace {trace_id}", "dim"))
    for step in story.steps:
        _grow(tree, step, language)
    return tree


def _grow(tree: Tree, step: Step, language: str) -> None:
    colour = "red" if step.is_trouble else "green"
    gap = lasting(step.since_previous, language)
    branch = tree.add(Text.assemble(("●", colour), f" {step.told(language)}  ", (f"+{gap} {step.what}", "dim")))
    for name, value in step.data.items():
        shown = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
        branch.add(Text(f"{name}: {shown}", "dim"))


def _traces(room: Workroom) -> TraceRoom:
    wordings = room.playbooks.shipped.wordings

    def words(key: str, language: str) -> str:
        return wordings.render(key, language).text if key in wordings.keys else key

    return TraceRoom(room.store.timeline, room.store.traces, words, now)
