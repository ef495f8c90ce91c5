"""The real book, loaded once for all tests of the language layer."""

from dataclasses import dataclass

import pytest

from rules.book import Book
from rules.verdict import Question, Understanding


@dataclass(frozen=True, slots=True)
class Listener:
    """Asks the book as a conversation would: the words first, what stood around them by name."""

    book: Book

    def understand(self, text: str, **around) -> Understanding:
        """What the book makes of it."""
        return self.book.understand(Question(text, **around))


@pytest.fixture(scope="session")
def book() -> Book:
    return Book.load(backend="reference")


@pytest.fixture(scope="session")
def understander(book) -> Listener:
    return Listener(book)
