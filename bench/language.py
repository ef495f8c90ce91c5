"""
What understanding one message costs, at the pages that ship and at 500: `python -m bench.language`

Rule 1: pages are added by copying real ones with their plain words made into other words: the sets and lexemes
        that phrases share stay, so that a message wakes as many phrases of a copy as analysts' own pages would.
Rule 2: time is processor time of a message that is heard the second time; words are remembered, messages are not.
"""

import re
import sys
import time
from dataclasses import replace
from pathlib import Path

from rules import vocabulary
from rules.book import DEFAULT_PATH
from rules.language.page import NotNear, UnderstandingPage
from rules.language.understanding import Understander
from rules.layers import folder
from rules.score import Labelled, read_labelled
from rules.sheet import read
from rules.shelf import take_from_shelf

LABELLED = Path(__file__).parent.parent / "rules" / "corpus"
SIZES = (0, 250, 500)
# A plain word of a phrase: no set, no lexeme, no number, no courtesy of the grammar.
_PLAIN = re.compile(r"(?<![@%#=.\w/])[^\W\d_]{2,}(?![\w~])")
# Two letters that end no Arabic or English word that people write.
FOREIGN = "ظغ"


def pages_that_ship() -> list[UnderstandingPage]:
    """Every page of the chapter."""
    language = take_from_shelf([folder(DEFAULT_PATH)], vocabulary.WORDINGS, None).language
    if language is None:
        raise SystemExit("the book that ships has no chapter understanding")
    return list(language.pages.values())


def other_words(phrases: tuple[str, ...], number: int) -> tuple[str, ...]:
    """The same phrases about something else."""
    return tuple(
        _PLAIN.sub(lambda word: f"{word.group()}{FOREIGN * (1 + number % 3)}", phrase) for phrase in phrases
    )


def copied(page: UnderstandingPage, number: int) -> UnderstandingPage:
    """A page of the same shape."""
    return replace(
        page,
        id=f"{page.id}_{number}",
        says=tuple(other_words(group, number) for group in page.says),
        unless=other_words(page.unless, number),
        unless_in_message=other_words(page.unless_in_message, number),
        not_near=tuple(NotNear(other_words(near.phrases, number), near.within) for near in page.not_near),
        examples=(),
    )


def understander_of(pages: list[UnderstandingPage]) -> Understander:
    """A chapter of these pages over the words of the book that ships."""
    files = folder(DEFAULT_PATH).files
    tables = {name: read(files[f"{name}.yml"], f"{name}.yml").plain() for name in
              ("words", "lexemes", "short_answers", "priorities")}  # fmt: skip
    priorities = tables.pop("priorities")["safest_first"]
    return Understander.load(pages, priorities=priorities, **tables)


def measured(understander: Understander, messages: list[Labelled]) -> list[float]:
    """Microseconds of processor time of every message, quickest first."""
    for message in messages:
        understander.understand(message.text, stage=message.stage)
    times = []
    for message in messages:
        started = time.process_time_ns()
        understander.understand(message.text, stage=message.stage)
        times.append((time.process_time_ns() - started) / 1000)
    return sorted(times)


def main() -> None:
    """Print the table."""
    shipped = pages_that_ship()
    messages = [message for path in sorted(LABELLED.glob("*.jsonl")) for message in read_labelled(path)]
    plain = [page for page in shipped if page.says]
    sys.stdout.write(
        f"{len(messages)} messages\n{'pages':>6}{'load s':>9}{'mean us':>9}{'p50':>7}{'p99':>7}{'max':>7}\n"
    )
    for size in SIZES:
        more = [copied(plain[number % len(plain)], number) for number in range(max(size - len(shipped), 0))]
        started = time.process_time()
        understander = understander_of([*shipped, *more])
        loaded = time.process_time() - started
        times = measured(understander, messages)
        row = (sum(times) / len(times), times[len(times) // 2], times[int(len(times) * 0.99)], times[-1])
        figures = "".join(f"{figure:{width}.0f}" for figure, width in zip(row, (9, 7, 7, 7), strict=True))
        sys.stdout.write(f"{len(shipped) + len(more):6}{loaded:9.2f}{figures}\n")


if __name__ == "__main__":
    main()
