"""Rules change under traffic: over HTTP, by two people, at once and whole, and back in one action."""

import asyncio

import pytest

from bot.errors import NotFound
from bot.tenants import DEFAULT_TENANT
from tests.house import Talk

THANKS = "شكرا"
FIRST = "على الرحب والسعة."
SECOND = "حياك الله."


@pytest.fixture
def rules(own_house):
    """Call the API about rules as somebody."""

    async def call(method, path="", body=None, *, name="Noura", role="rules_editor"):
        headers = own_house.token(role, name)
        return await own_house.http.request(method, f"/api/v1/rules{path}", json=body, headers=headers)

    return call


def sentence(words):
    return f"thanks_reply:\n  ar: {words}\n  en: With pleasure.\n"


async def submitted(rules, words, path="wording/own.yml"):
    change = (await rules("POST", "/changes", {"title": "thanks"})).json()
    saved = await rules("PUT", f"/changes/{change['id']}/files", {"v": change["v"], "path": path, "text": words})
    assert saved.status_code == 200, saved.text
    asked = await rules("POST", f"/changes/{change['id']}/submit", {"v": saved.json()["v"]})
    assert asked.status_code == 200, asked.text
    return change["id"]


async def agrees(rules, change, **who):
    seen = (await rules("GET", f"/changes/{change}")).json()
    return await rules("POST", f"/changes/{change}/agree", {"v": seen["v"]}, **who)


async def published(rules, words):
    change = await submitted(rules, sentence(words))
    agreed = await agrees(rules, change, name="Sami", role="approver")
    assert agreed.status_code == 200, agreed.text
    return agreed.json()


async def test_what_two_people_published_is_said_and_taken_back(own_house, rules):
    talk = Talk(own_house)
    await talk.says(THANKS)
    before = talk.replies[-1]

    edition = await published(rules, FIRST)
    await talk.says(THANKS)

    assert talk.replies[-1] == FIRST
    decided = dict(await own_house.history(talk.conversation))["decided"]
    assert decided["book_version"] == edition["version"]
    assert (await rules("GET")).json()["version"] == edition["version"]

    back = await rules("POST", "/rollback", {"number": 0, "reason": "x"}, name="Sami", role="approver")
    await talk.says(THANKS)

    assert back.status_code == 200
    assert talk.replies[-1] == before
    history = (await rules("GET", "/history")).json()["editions"]
    listed = [(e["number"], e["how"], e["of_number"]) for e in history]
    assert listed == [(2, "rolled_back", 0), (1, "published", 0)]


async def test_roles_and_people_are_kept_apart(rules):
    change = await submitted(rules, sentence(FIRST))

    as_reader = await rules("POST", "/changes", {}, role="approver")
    as_editor = await agrees(rules, change, name="Badr")
    as_author = await agrees(rules, change, name="noura", role="approver")
    as_nobody = await rules("GET", role="agent")
    by_an_editor = await rules("POST", "/rollback", {"number": 0})

    assert [a.status_code for a in (as_reader, as_editor, as_author, as_nobody, by_an_editor)] == [403] * 5
    assert as_author.json()["message_ar"]
    assert (await rules("GET")).json()["edition"] is None


async def test_rules_that_do_not_load_are_refused_with_their_lines(rules):
    change = (await rules("POST", "/changes", {})).json()
    body = {"v": change["v"], "path": "routing/mine.yml", "text": "id: mine\nwhen: nothing\n"}
    saved = (await rules("PUT", f"/changes/{change['id']}/files", body)).json()

    checked = (await rules("POST", f"/changes/{change['id']}/check")).json()
    refused = await rules("POST", f"/changes/{change['id']}/submit", {"v": saved["v"]})

    assert not checked["is_fit"]
    assert all(p["file"].endswith("routing/mine.yml") and p["message_ar"] for p in checked["problems"])
    assert refused.status_code == 422
    assert refused.json()["code"] == "rules_refused"
    assert refused.json()["problems"][0]["line"] >= 1
    older = await rules("PUT", f"/changes/{change['id']}/files", body)
    assert (older.status_code, older.json()["code"]) == (409, "change_moved")


async def test_another_tenants_changes_do_not_exist(own_house, rules):
    change = await submitted(rules, sentence(FIRST))

    with pytest.raises(NotFound):
        await own_house.inside.workbench.change("elsewhere", change)


async def test_no_message_is_decided_by_half_a_book_while_rules_are_switched(own_house, rules):
    """
    Three sets of rules take turns while leads write. Each decision says which one it used, and what was said is
    what that one says.
    """
    talks = [Talk(own_house) for _ in range(6)]
    for talk in talks:
        await talk.says(THANKS)
    shipped = talks[0].replies[-1]
    said_by = {(await rules("GET")).json()["version"]: shipped}
    for words in (FIRST, SECOND):
        said_by[(await published(rules, words))["version"]] = words
    is_over = asyncio.Event()

    async def switch():
        for number in (0, 1, 2, 0, 2, 1, 0, 1):
            head = (await rules("GET", "/history")).json()["editions"][0]
            if (head["of_number"] if head["how"] == "rolled_back" else head["number"]) != number:
                answer = await rules("POST", "/rollback", {"number": number}, name="Sami", role="admin")
                assert answer.status_code == 200, answer.text
            await asyncio.sleep(0.05)
        is_over.set()

    async def writes(talk):
        while not is_over.is_set():
            await talk.posts(talk.writes(THANKS))
            await asyncio.sleep(0.02)

    await asyncio.gather(switch(), *(writes(talk) for talk in talks))
    await own_house.settles()

    versions = set()
    for talk in talks:
        conversation = await own_house.remembers(f"phone:{talk.phone}")
        entries = await own_house.inside.store.timeline.of_conversation(DEFAULT_TENANT, conversation.id, 2_000)
        for entry in (e for e in entries if e.what == "decided"):
            versions.add(entry.data["book_version"])
        drafts = {d.id: d for d in conversation.outbox if d.wording == "thanks_reply"}
        for draft in drafts.values():
            assert draft.text == said_by[draft.book_version]
    assert versions <= set(said_by)
    assert len(versions) == 3
