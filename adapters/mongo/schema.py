"""
The collections: their validators and indexes, created at start.

Rule 1: every row carries its tenant; a validator refuses one that does not.
Rule 2: every index begins with the tenant, except those that forget by age and those of a declared sweep; one
        that makes something unique always does. A shelf that breaks this stops the start.
Rule 3: what is here is everything: export, erasure and the tests of isolation walk over this list.
"""

import asyncio
from collections.abc import Sequence
from typing import Any

from adapters.mongo import (
    alerts,
    api_keys,
    approvals,
    bookings,
    budgets,
    bulk,
    campaigns,
    channel_watches,
    compliance,
    connectors,
    consents,
    contradictions,
    conversations,
    crm,
    data_exports,
    data_requests,
    deal_terms,
    delegations,
    ended_sessions,
    forecasts,
    golden_paths,
    grants,
    idempotency,
    knowledge,
    letters,
    limits,
    marks,
    memories,
    models,
    onboarding,
    outputs,
    packs,
    partners,
    payments,
    postures,
    proposals,
    quarantine,
    reviewed,
    rulebooks,
    runs,
    seals,
    seats,
    sharing,
    standing,
    suppressions,
    task_runs,
    templates,
    timeline,
    users,
    waiting_receipts,
)
from adapters.mongo.doors import Doors
from adapters.mongo.driver import Door
from adapters.mongo.fences import TENANT
from adapters.mongo.shelf import Erasure, Shelf

SHELVES: tuple[Shelf, ...] = (
    conversations.SHELF,
    timeline.SHELF,
    quarantine.SHELF,
    waiting_receipts.SHELF,
    suppressions.SHELF,
    postures.SHELF,
    rulebooks.EDITIONS,
    rulebooks.CHANGES,
    reviewed.SHELF,
    marks.SHELF,
    marks.SEEN,
    seats.SHELF,
    alerts.SHELF,
    approvals.SHELF,
    grants.SHELF,
    delegations.SHELF,
    standing.SHELF,
    standing.USES,
    budgets.SHELF,
    models.CALLS,
    models.QUESTIONS,
    models.DAYS,
    models.TERMS,
    bulk.JOBS,
    bulk.ITEMS,
    bulk.KEYS,
    bulk.DAYS,
    campaigns.CAMPAIGNS,
    campaigns.CONTACTS,
    templates.SHELF,
    task_runs.SHELF,
    runs.RUNS,
    runs.CHECKPOINTS,
    runs.SIGNALS,
    deal_terms.SHELF,
    bookings.SHELF,
    bookings.EVENTS,
    letters.SHELF,
    forecasts.SNAPSHOTS,
    forecasts.TARGETS,
    forecasts.CALIBRATIONS,
    connectors.SHELF,
    connectors.HISTORY,
    connectors.CALLS,
    contradictions.SHELF,
    contradictions.CURSORS,
    compliance.SCANS,
    compliance.ATTESTATIONS,
    partners.SHELF,
    golden_paths.SHELF,
    memories.SHELF,
    sharing.REQUESTS,
    sharing.EXPORTS,
    seals.BLOCKS,
    seals.ANCHORS,
    packs.PACKS,
    packs.TEXTS,
    packs.REVIEWS,
    packs.OWED,
    outputs.SHELF,
    proposals.SHELF,
    proposals.PAPERS,
    payments.METHODS,
    payments.REQUESTS,
    payments.EVENTS,
    crm.SHELF,
    onboarding.SHELF,
    knowledge.SHELF,
    knowledge.GENERATIONS,
    idempotency.SHELF,
    consents.SHELF,
    data_requests.SHELF,
    data_exports.SHELF,
    users.SHELF,
    api_keys.SHELF,
    ended_sessions.SHELF,
    limits.DAYS,
    limits.PACES,
    limits.PAUSES,
    channel_watches.SHELF,
    channel_watches.GAPS,
)


class CrookedShelf(RuntimeError):
    """A collection is described so that tenants could meet in it: a fault of ours, found at the start."""


async def prepare(doors: Door | Doors, shelves: Sequence[Shelf] = SHELVES) -> None:
    """
    Create what is missing and bring validators up to date, in every database.

    Safe to run in several processes at once. Raises CrookedShelf.
    """
    faults = faults_of(shelves)
    if faults:
        raise CrookedShelf("; ".join(faults))
    for door, _ in doors.every:
        present = await door.validators()
        await asyncio.gather(*(_prepare_shelf(door, shelf, present.get(shelf.name)) for shelf in shelves))


def faults_of(shelves: Sequence[Shelf]) -> list[str]:
    """What is wrong with these descriptions, in words; empty when tenants cannot meet in them."""
    names = [shelf.name for shelf in shelves]
    twice = [f"{name} is described twice" for name in sorted(set(names)) if names.count(name) > 1]
    return [*twice, *(fault for shelf in shelves for fault in _faults_of(shelf))]


def _faults_of(shelf: Shelf) -> list[str]:
    faults = [] if TENANT in shelf.required else [f"rows of {shelf.name} need no tenant"]
    if shelf.on_erasure is not Erasure.KEEP and not shelf.contact_field:
        faults.append(f"{shelf.name} cannot forget a contact it does not name")
    for index in shelf.indexes:
        options = dict(index.options)
        if index.keys[0][0] == TENANT:
            continue
        if options.get("unique"):
            faults.append(
                f"{shelf.name}: what is unique over all tenants tells one about another ({index.answers})"
            )
        elif not shelf.swept and "expireAfterSeconds" not in options:
            faults.append(
                f"{shelf.name}: an index without the tenant, and no sweep is declared ({index.answers})"
            )
    return faults


async def _prepare_shelf(door: Door, shelf: Shelf, present: dict[str, Any] | None) -> None:
    validator = validator_of(shelf)
    if present is None:
        await door.create_missing_collection(shelf.name, validator)
    elif present != validator:  # only then: it needs a right that reading and writing do not
        await door.command("collMod", shelf.name, validator=validator, validationLevel="strict")
    if shelf.indexes:
        wanted = [(index.keys, dict(index.options)) for index in shelf.indexes]
        await door.collection(shelf.name).create_indexes(wanted)


def validator_of(shelf: Shelf) -> dict[str, Any]:
    return {
        "$jsonSchema": {
            "bsonType": "object",
            "required": list(shelf.required),
            "properties": {TENANT: {"bsonType": "string", "minLength": 1}},
        }
    }
