"""
Where a book comes from: layers of files, from a folder or from memory.

Rule 1: the first layer is the book itself; each further one replaces or adds files of the layers before.
Rule 2: a file is known by its path inside the book, `routing/price.yml`; a file of a further layer carries the
        name of its layer before it, `riyadh-clinics:routing/price.yml`, so that an error says whose it is.
Rule 3: a file that cannot be read is a problem like any other: all of them are reported at once.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rules.problems import Problem

# A page is about 1 kB; the largest word list stays far below. Beyond this a file is a mistake.
MAX_BYTES = 512_000


@dataclass(frozen=True, slots=True)
class Layer:
    """The files of a book, or those that a tenant lays over it."""

    name: str
    """Empty for the book itself."""
    files: Mapping[str, str]
    """Path inside the book -> its text."""
    problems: tuple[Problem, ...] = ()
    """Files that could not be read."""

    def label(self, file: str) -> str:
        """The name by which errors call a file."""
        return f"{self.name}:{file}" if self.name else file


def path_of(label: str) -> str:
    """The path inside the book of a file that errors call so."""
    return label.rpartition(":")[2]


def layer_of(label: str) -> str:
    """The name of the layer of a file that errors call so; empty for the book itself."""
    return label.rpartition(":")[0]


def folder(root: Path, name: str = "") -> Layer:
    """Read every YAML file of a folder."""
    layer = Layer(name, {})
    files: dict[str, str] = {}
    problems: list[Problem] = []
    if not root.is_dir():
        problems.append(Problem(root.name, 1, "this folder does not exist. Give the folder of a book."))
    for path in sorted([*root.rglob("*.yml"), *root.rglob("*.yaml")]):
        file = path.relative_to(root).as_posix()
        if path.suffix == ".yaml":
            problems.append(Problem(layer.label(file), 1, "files of a book end in .yml. Rename it."))
            continue
        raw = path.read_bytes()
        try:
            files[file] = raw.decode("utf-8")
        except UnicodeDecodeError:
            problems.append(Problem(layer.label(file), 1, "the file is not UTF-8. Save it as UTF-8."))
    return Layer(name, files, tuple(problems))
