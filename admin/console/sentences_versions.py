"""What the page of versions says."""

from admin.console.sentences import Sentences

SENTENCES: Sentences = {
    "title": ("Dealix · النسخ", "Dealix · Versions"),
    "versions": ("النسخ", "Versions"),
}
