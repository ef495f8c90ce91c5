"""
Weigh the words of the labelled messages anew: `python -m bench.resemblance [--name NAME]`

Writes `rules/language/resemblance.json` and prints what the opt-out table is worth on messages that it was not
made from: every set, and every round of the second reader, is held out once.
scikit-learn is needed here and nowhere else: `pip install 'scikit-learn>=1.5'` into an environment of its own.

Rule 1: only our own labelled messages are weighed; the corpus of bank customers is for testing.
Rule 2: the same messages give the same table.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from rules import vocabulary
from rules.book import DEFAULT_PATH
from rules.language.hearing import Hearing
from rules.language.resemblance import SHIPPED, STEPS, features, features_of_stage, loudness
from rules.language.understanding import Understander
from rules.layers import folder
from rules.shelf import take_from_shelf

LABELLED = Path(__file__).parent.parent / "rules" / "corpus"
# A feature of one message says nothing about the next.
SEEN_AT_LEAST = 2
# Weaker weights than a tenth change no decision and make most of the file.
WEAKEST = 10
ORDINARY = ("ordinary", "second_ordinary", "third_ordinary")
OPT_OUTS = frozenset({"unsubscribe", "erasure_request"})


@dataclass(frozen=True, slots=True)
class Message:
    """One labelled message and the set that it came with."""

    text: str
    stage: str
    intent: str
    is_opt_out: bool
    came_with: str


def who_understands() -> Understander:
    """The chapter that ships; what it knows of a word is weighed with the word."""
    language = take_from_shelf([folder(DEFAULT_PATH)], vocabulary.WORDINGS, None).language
    if language is None:
        raise SystemExit("the book that ships has no chapter understanding")
    return language.understander


def messages() -> list[Message]:
    """Everything in `rules/corpus`."""
    found = []
    for path in sorted(LABELLED.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            entry = json.loads(line)
            is_opt_out = entry.get("tag") == "opt_true" or entry["intent"] in OPT_OUTS
            came_with = path.stem + (str(entry["id"])[:2] if path.stem.endswith("rounds") else "")
            found.append(Message(entry["text"], entry["stage"], entry["intent"], is_opt_out, came_with))
    for path in sorted(LABELLED.glob("*.txt")):
        for line in path.read_text(encoding="utf-8").splitlines():
            found.append(Message(line, "new_lead", "default", False, path.stem))
    return found


def weighable(rows: Iterable[set[str]], known: dict[str, int] | None = None) -> tuple[csr_matrix, dict[str, int]]:
    """The features of each message as a row of numbers."""
    rows = list(rows)
    if known is None:
        counted = Counter(feature for row in rows for feature in row)
        often = sorted(feature for feature, times in counted.items() if times >= SEEN_AT_LEAST)
        known = {feature: column for column, feature in enumerate(often)}
    values, columns, ends = [], [], [0]
    for row in rows:
        found = sorted(known[feature] for feature in row if feature in known)
        values += [loudness(len(found))] * len(found)
        columns += found
        ends.append(len(columns))
    return csr_matrix((values, columns, ends), shape=(len(rows), len(known))), known


def learned(matrix: csr_matrix, labels: Sequence[object], strictness: float) -> LogisticRegression:
    """A linear model; the higher `strictness`, the closer to the examples."""
    return LogisticRegression(C=strictness, max_iter=400).fit(matrix, labels)


def worth(told: list[Message], rows: list[set[str]]) -> None:
    """Print recall and false alarms of the opt-out table on held out sets."""
    degrees: dict[str, list[tuple[float, bool]]] = {}
    for held in sorted({message.came_with for message in told}):
        kept = [place for place, message in enumerate(told) if message.came_with != held]
        out = [place for place, message in enumerate(told) if message.came_with == held]
        matrix, known = weighable(rows[place] for place in kept)
        model = learned(matrix, [told[place].is_opt_out for place in kept], 1.0)
        found = model.predict_proba(weighable((rows[place] for place in out), known)[0])[:, 1]
        degrees[held] = [(degree, told[place].is_opt_out) for degree, place in zip(found, out, strict=True)]
    sys.stdout.write(
        f"{'held out':30}{'opt-outs':>9}{'others':>8}   caught / false alarms at 0.3, 0.4, 0.5, 0.6\n"
    )
    for held, pairs in degrees.items():
        shares = []
        for least in (0.3, 0.4, 0.5, 0.6):
            caught = [degree >= least for degree, is_opt_out in pairs if is_opt_out]
            false = [degree >= least for degree, is_opt_out in pairs if not is_opt_out]
            shares.append(f"{sum(caught) / max(len(caught), 1):.2f}/{sum(false) / max(len(false), 1):.3f}")
        sys.stdout.write(f"{held:30}{len(caught):9}{len(false):8}   {'  '.join(shares)}\n")


def steps(weight: float) -> int:
    """A weight as it stands in the file."""
    return round(float(weight) * STEPS)


def opt_out_table(told: list[Message], rows: list[set[str]]) -> dict[str, object]:
    """Weights of every feature for and against an opt-out."""
    matrix, known = weighable(rows)
    model = learned(matrix, [message.is_opt_out for message in told], 1.0)
    weights = {feature: steps(model.coef_[0][column]) for feature, column in known.items()}
    strong = {feature: weight for feature, weight in weights.items() if abs(weight) >= WEAKEST}
    return {"opt_out_from": steps(model.intercept_[0]), "opt_out": strong}


def intent_table(told: list[Message], rows: list[set[str]]) -> dict[str, object]:
    """Weights of every feature for and against every intent."""
    matrix, known = weighable(rows)
    model = learned(matrix, [message.intent for message in told], 3.0)
    table = {}
    for feature, column in known.items():
        weights = [(name, steps(model.coef_[name][column])) for name in range(len(model.classes_))]
        row = [value for name, weight in weights if abs(weight) >= WEAKEST for value in (name, weight)]
        if row:
            table[feature] = row
    return {
        "names": [str(name) for name in model.classes_],
        "names_from": [steps(value) for value in model.intercept_],
        "intents": table,
    }


def at_their_stages(
    told: list[Message], heard: list[Hearing], plain: list[set[str]]
) -> tuple[list[Message], list[set[str]]]:
    """The messages with their stage as a feature; of ordinary ones we know only whether they ask."""
    messages_there, rows = [], []
    for message, one, row in zip(told, heard, plain, strict=True):
        if message.came_with in ORDINARY:
            asks = any(map(one.asks, range(len(one.reading.clauses))))
            message = replace(message, intent="question_other" if asks else "default")
        messages_there.append(message)
        rows.append(row | {feature for feature, _ in features_of_stage(message.stage, one)})
    return messages_there, rows


def main() -> None:
    """Weigh, say what it is worth, write."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument(
        "--name", default=f"labelled-{datetime.now(UTC):%Y-%m-%d}", help="the name that pages give it"
    )
    asked.add_argument("--only-write", action="store_true", help="do not say what it is worth")
    given = asked.parse_args()
    told = messages()
    understander = who_understands()
    heard = [understander.hear(message.text) for message in told]
    plain = [{feature for feature, _ in features(one)} for one in heard]
    if not given.only_write:
        worth(told, plain)
    table = {
        "name": given.name,
        **opt_out_table(told, plain),
        **intent_table(*at_their_stages(told, heard, plain)),
    }
    SHIPPED.write_text(json.dumps(table, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")
    sys.stdout.write(f"{len(told)} messages, {SHIPPED.stat().st_size // 1024} KiB in {SHIPPED.name}\n")


if __name__ == "__main__":
    main()
