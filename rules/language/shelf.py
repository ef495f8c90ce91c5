"""Read the language part of a book folder: pages, words, lexemes, short answers, priorities."""

from collections.abc import Mapping
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError

from rules.language.page import PageError, UnderstandingPage
from rules.language.understanding import Understander

BOOK = Path(__file__).parent.parent / "book"


def read_shelf(book: Path = BOOK) -> Understander:
    """Load every page of `book/understanding/`; raises PageError for the first bad one."""
    plain = YAML(typ="safe")

    def table(name: str) -> Mapping[str, object]:
        return plain.load((book / name).read_text(encoding="utf-8"))

    return Understander.load(
        read_pages(book),
        words=table("words.yml"),  # type: ignore[arg-type]
        lexemes=table("lexemes.yml"),  # type: ignore[arg-type]
        short_answers=table("short_answers.yml"),
        priorities=[str(name) for name in table("priorities.yml")["safest_first"]],  # type: ignore[attr-defined]
    )


def read_pages(book: Path = BOOK) -> list[UnderstandingPage]:
    """All pages of the chapter, in the order of their names."""
    return [read_page(path, book) for path in sorted((book / "understanding").glob("*.yml"))]


def read_page(path: Path, book: Path = BOOK) -> UnderstandingPage:
    """One page; raises PageError."""
    file = path.relative_to(book).as_posix()
    try:
        mapping = YAML(typ="rt").load(path.read_text(encoding="utf-8"))
    except MarkedYAMLError as exc:
        line = exc.problem_mark.line + 1 if exc.problem_mark else 1
        raise PageError(file, line, f"this is not YAML: {exc.problem}") from exc
    if not isinstance(mapping, CommentedMap):
        raise PageError(file, 1, "a page is a mapping that begins with `id:`")

    def line_of(keys: tuple[str | int, ...]) -> int:
        node: object = mapping
        line = 1
        for key in keys:
            if isinstance(node, CommentedMap) and key in node:
                line = node.lc.key(key)[0] + 1
            elif isinstance(node, CommentedSeq) and isinstance(key, int) and key < len(node):
                line = node.lc.item(key)[0] + 1
            else:
                break
            node = node[key]
        return line

    return UnderstandingPage.from_mapping(mapping, file, line_of)
