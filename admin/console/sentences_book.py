"""What the page of the book says."""

from admin.console.sentences import Sentences

SENTENCES: Sentences = {
    "title": ("Dealix · الكتاب", "Dealix · Book"),
    "book": ("كتاب القواعد", "The rule book"),
}
