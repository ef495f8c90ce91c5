"""
The pages of the console besides the simulator; whoever writes one adds its line here.

`frame.py` says what a page is and what it has at hand.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from starlette.datastructures import QueryParams

from admin.console import (
    sentences_approvals,
    sentences_book,
    sentences_bulk,
    sentences_compliance,
    sentences_connectors,
    sentences_contradictions,
    sentences_evidence,
    sentences_executive,
    sentences_inbox,
    sentences_knowledge,
    sentences_map,
    sentences_models,
    sentences_operations,
    sentences_partners,
    sentences_pipeline,
    sentences_playground,
    sentences_privacy,
    sentences_replay,
    sentences_review,
    sentences_runs,
    sentences_sales,
    sentences_settings,
    sentences_trace,
    sentences_versions,
)
from admin.console.approvals_page import ApprovalsPage
from admin.console.book_page import BookPage
from admin.console.bulk_page import BulkPage
from admin.console.compliance_page import CompliancePage
from admin.console.connectors_page import ConnectorsPage
from admin.console.contradictions_page import ContradictionsPage
from admin.console.evidence_page import EvidencePage
from admin.console.executive_page import ExecutivePage
from admin.console.inbox_page import InboxPage
from admin.console.knowledge_page import KnowledgePage
from admin.console.map_page import MapPage
from admin.console.models_page import ModelsPage
from admin.console.operations_page import OperationsPage
from admin.console.partners_page import PartnersPage
from admin.console.pipeline_page import PipelinePage
from admin.console.place import Place
from admin.console.playground_page import PlaygroundPage
from admin.console.privacy_page import PrivacyPage
from admin.console.replay_page import ReplayPage
from admin.console.review_page import ReviewPage
from admin.console.runs_page import RunsPage
from admin.console.sales_page import SalesPage
from admin.console.sentences import Sentences
from admin.console.settings_page import SettingsPage
from admin.console.trace_page import TracePage
from admin.console.versions_page import VersionsPage


class Page(Protocol):
    """What stands in the middle of the frame."""

    def build(self) -> None: ...

    async def open(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Leaf:
    """One page: its name in the address, and its class."""

    name: str
    page: Callable[[Place, QueryParams], Page]
    sentences: Sentences
    sheets: tuple[str, ...] = ()
    """Files of `static/` that only this page needs: `map.css`, `map.js`."""


LEAVES: tuple[Leaf, ...] = (
    Leaf(
        "connectors",
        ConnectorsPage,
        sentences_connectors.SENTENCES,
        ("workbench.css", "trust.css", "governance.css"),
    ),
    Leaf(
        "contradictions",
        ContradictionsPage,
        sentences_contradictions.SENTENCES,
        ("workbench.css", "trust.css", "governance.css"),
    ),
    Leaf("inbox", InboxPage, sentences_inbox.SENTENCES, ("workbench.css", "inbox.css")),
    Leaf("pipeline", PipelinePage, sentences_pipeline.SENTENCES, ("workbench.css", "pipeline.css")),
    Leaf("approvals", ApprovalsPage, sentences_approvals.SENTENCES, ("workbench.css", "trust.css")),
    Leaf("bulk", BulkPage, sentences_bulk.SENTENCES, ("workbench.css", "trust.css", "book.css", "bulk.css")),
    Leaf("compliance", CompliancePage, sentences_compliance.SENTENCES, ("workbench.css", "trust.css")),
    Leaf("privacy", PrivacyPage, sentences_privacy.SENTENCES, ("workbench.css", "trust.css")),
    Leaf("evidence", EvidencePage, sentences_evidence.SENTENCES, ("workbench.css", "trust.css")),
    Leaf(
        "operations",
        OperationsPage,
        sentences_operations.SENTENCES,
        ("workbench.css", "trust.css", "operations.css"),
    ),
    Leaf(
        "executive", ExecutivePage, sentences_executive.SENTENCES, ("workbench.css", "trust.css", "executive.css")
    ),
    Leaf("book", BookPage, sentences_book.SENTENCES, ("book.css",)),
    Leaf("playground", PlaygroundPage, sentences_playground.SENTENCES, ("workbench.css",)),
    Leaf("replay", ReplayPage, sentences_replay.SENTENCES, ("workbench.css",)),
    Leaf("map", MapPage, sentences_map.SENTENCES, ("workbench.css",)),
    Leaf(
        "models",
        ModelsPage,
        sentences_models.SENTENCES,
        ("workbench.css", "trust.css", "operations.css", "models.css"),
    ),
    Leaf(
        "partners",
        PartnersPage,
        sentences_partners.SENTENCES,
        ("workbench.css", "trust.css", "runs.css", "partners.css"),
    ),
    Leaf("review", ReviewPage, sentences_review.SENTENCES, ("workbench.css",)),
    Leaf("runs", RunsPage, sentences_runs.SENTENCES, ("workbench.css", "trust.css", "runs.css")),
    Leaf(
        "knowledge",
        KnowledgePage,
        sentences_knowledge.SENTENCES,
        ("workbench.css", "trust.css", "knowledge.css"),
    ),
    Leaf("sales", SalesPage, sentences_sales.SENTENCES, ("workbench.css", "trust.css", "knowledge.css")),
    Leaf("settings", SettingsPage, sentences_settings.SENTENCES, ("workbench.css", "trust.css", "settings.css")),
    Leaf("trace", TracePage, sentences_trace.SENTENCES, ("workbench.css", "trust.css")),
    Leaf("versions", VersionsPage, sentences_versions.SENTENCES, ("book.css",)),
)
