"""How an installation stands: over HTTP, measured from what really happened in it."""

import csv
import io
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from pymongo import AsyncMongoClient

from bot.compliance.table import csv_of, safe_cell
from bot.conversation import LogEntry
from bot.store import TimelineEntry
from bot.tenants import DEFAULT_TENANT
from tests.house import Sami, Talk
from tests.house.running import RunningHouse
from tests.laws.test_follow_ups import falls_silent

BASE = "/api/v1/compliance"


@pytest.fixture
async def own(own_house: RunningHouse) -> RunningHouse:
    return own_house


async def asks(house: RunningHouse, path: str, role: str = "dpo", **more: Any) -> Any:
    answer = await house.http.get(f"{BASE}{path}", headers=house.token(role), **more)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def scans(house: RunningHouse, role: str = "dpo") -> dict[str, Any]:
    await house.inside.relay.flush()
    headers = {**house.token(role), "idempotency-key": uuid4().hex}
    answer = await house.http.post(f"{BASE}/scan", headers=headers)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def attests(house: RunningHouse, role: str = "dpo", **body: Any) -> Any:
    whole = {
        "control_id": "PDPL-C13",
        "statement": "the proxy in front of us speaks TLS 1.3 only",
        "file_ref": "audit/2026/tls.pdf",
        "expires_at": (house.clock() + timedelta(days=30)).isoformat(),
        **body,
    }
    headers = {**house.token(role), "idempotency-key": uuid4().hex}
    return await house.http.post(f"{BASE}/attestations", json=whole, headers=headers)


async def happened(house: RunningHouse, what: str, ago: timedelta, **data: Any) -> str:
    """Something that must not have happened, written behind everybody's back."""
    entry = LogEntry(f"planted:{uuid4().hex}", what, house.clock() - ago, "", data)
    await house.inside.store.timeline.add([TimelineEntry(DEFAULT_TENANT, "planted", entry)])
    return entry.id


def outcome(scan: dict[str, Any], control: str) -> dict[str, Any]:
    (found,) = [o for o in scan["outcomes"] if o["control"] == control]
    return found


async def test_before_the_first_scan_nothing_is_claimed(own):
    posture = await asks(own, "/posture")

    assert posture["posture"] == "at_risk"
    assert posture["rate"] == 0.0
    assert posture["counts"]["not_assessed"] == posture["total"] == 14
    assert (await asks(own, "/scans"))["scans"] == []


async def test_what_the_house_really_does_is_measured_as_what_it_is(own):
    talk, sami = Talk(own), Sami(own)
    await talk.says("السلام عليكم")
    await talk.says("دفعت المبلغ")
    await sami.approves(talk)
    await talk.says("وقفوا الرسايل")
    await talk.says("أريد نسخة من بياناتي")
    another = Talk(own)
    await another.says("احذفوا بياناتي")
    third = Talk(own)
    await third.says("مهتم بالخدمة")
    await sami.writes(third, "أهلًا بك")
    await third.looks()
    await own.inside.relay.flush()
    await own.inside.trust.evidence.seals.seal(DEFAULT_TENANT)

    scan = await scans(own)

    for control in ("PDPL-C01", "SDAIA-C01", "SDAIA-C02", "NCA-C01", "NCA-C02", "NCA-C04"):
        assert outcome(scan, control)["status"] == "compliant", outcome(scan, control)
    for control in ("ZATCA-C01", "ZATCA-C02"):
        assert outcome(scan, control)["status"] == "not_applicable"
    (yes,) = outcome(scan, "SDAIA-C02")["findings"]
    assert yes["numbers"]["looked_at"] >= 3
    # The faked providers speak plain HTTP, and that is found.
    tls = outcome(scan, "PDPL-C13")
    assert tls["status"] == "non_compliant" and any("green_api" in e for e in tls["findings"][0]["evidence"])


async def test_a_real_follow_up_rests_on_what_the_contact_opened(own):
    talk, sami = Talk(own), Sami(own)
    await falls_silent(talk)
    await own.moves(hours=20, minutes=1)
    await talk.looks()
    talk.waits_for_a_human("hold.follow_up")
    await sami.approves(talk)
    talk.hears("follow_up_first")

    scan = await scans(own)

    for control in ("PDPL-C01", "PDPL-C03", "SDAIA-C02"):
        found = outcome(scan, control)
        assert found["status"] == "compliant", found
    assert outcome(scan, "PDPL-C01")["findings"][0]["numbers"]["looked_at"] == 1


async def test_a_proactive_send_without_a_consent_turns_the_posture_and_sami_is_told(own):
    before = await scans(own)
    assert outcome(before, "PDPL-C01")["status"] == "compliant"
    bad = await happened(own, "attempt_started", timedelta(minutes=5), draft="d", kind="follow_up", consent="")

    after = await scans(own)

    found = outcome(after, "PDPL-C01")
    assert found["status"] == "non_compliant" and bad in found["findings"][0]["evidence"]
    assert after["previous_id"] == before["id"]
    assert {"control": "PDPL-C01", "before": "compliant", "after": "non_compliant"} in after["regressions"]
    alerts = [a for a in await own.inside.trust.alerts.latest(DEFAULT_TENANT) if a.kind == "compliance_regressed"]
    told = [a for a in alerts if "PDPL-C01" in a.title_en]
    assert len(told) == 1 and "PDPL-C01" in told[0].title_ar and told[0].about == after["id"]
    cell = [
        c
        for c in (await asks(own, "/risk-heatmap"))["cells"]
        if (c["category"], c["risk"]) == ("pdpl", "critical")
    ]
    assert "PDPL-C01" in cell[0]["controls"] and cell[0]["count"] == len(cell[0]["controls"])


async def test_a_crash_between_a_scan_and_its_alerts_loses_no_alert(own):
    room = own.inside.trust.compliance
    await scans(own)
    await happened(own, "attempt_started", timedelta(minutes=5), draft="d", kind="follow_up", consent="")
    scan = await scans(own)
    alerts = own.inside.trust.alerts
    before = {a.key for a in await alerts.latest(DEFAULT_TENANT)}

    await room.look_daily()  # the first look of a process is none
    await room.look_daily()
    await room.look_daily()

    assert {a.key for a in await alerts.latest(DEFAULT_TENANT)} == before
    assert len([key for key in before if scan["id"] in key]) == len(scan["regressions"])


async def test_a_changed_history_is_found(own):
    talk = Talk(own)
    await talk.says("السلام عليكم")
    await own.inside.relay.flush()
    await own.inside.trust.evidence.seals.seal(DEFAULT_TENANT)
    assert outcome(await scans(own), "NCA-C04")["status"] == "compliant"

    raw = own.inside.store.timeline
    entries = await raw.of_conversation(DEFAULT_TENANT, talk.conversation.id, 10)
    async with AsyncMongoClient(own.settings.mongodb_uri.get_secret_value()) as client:
        rows = client[own.settings.mongodb_database]["timeline"]
        done = await rows.update_one(
            {"_id": f"{DEFAULT_TENANT}:{entries[0].id}"}, {"$set": {"data.channel": "another"}}
        )
        assert done.modified_count == 1

    found = outcome(await scans(own), "NCA-C04")
    assert found["status"] == "non_compliant" and found["findings"][0]["evidence"] == [entries[0].id]


async def test_the_daily_scan_happens_once_a_day(own):
    room = own.inside.trust.compliance
    await room.look_daily()
    await room.look_daily()
    assert [s["trigger"] for s in (await asks(own, "/scans"))["scans"]] == ["daily"]

    own.clock.moves(timedelta(hours=23))
    await room.look_daily()
    assert len((await asks(own, "/scans"))["scans"]) == 1

    own.clock.moves(timedelta(hours=1, seconds=1))
    await room.look_daily()
    history = (await asks(own, "/scans"))["scans"]
    assert len(history) == 2 and history[0]["started_at"] > history[1]["started_at"]
    assert (await asks(own, f"/scans/{history[1]['id']}"))["id"] == history[1]["id"]


async def test_an_attestation_stands_in_until_it_ends(own):
    control = "PDPL-C13"
    assert (await asks(own, f"/controls/{control}"))["status"] == "not_assessed"

    answer = await attests(own)
    assert answer.status_code == 201, answer.text

    now = await asks(own, f"/controls/{control}")
    assert (now["status"], now["basis"]) == ("compliant", "attested")
    assert now["attestations"][0]["file_ref"] == "audit/2026/tls.pdf"
    own.clock.moves(timedelta(days=30, seconds=1))
    assert (await asks(own, f"/controls/{control}"))["status"] == "not_assessed"


async def test_an_attestation_does_not_outweigh_what_was_measured(own):
    assert (await attests(own)).status_code == 201

    scan = await scans(own)

    assert outcome(scan, "PDPL-C13")["status"] == "non_compliant"
    assert (await asks(own, "/controls/PDPL-C13"))["basis"] == "measured"


async def test_scans_and_attestations_are_in_the_audit_log(own):
    scan = await scans(own)
    await attests(own)

    since, until = own.clock() - timedelta(hours=1), own.clock() + timedelta(hours=1)
    timeline = own.inside.store.timeline
    (scanned,) = await timeline.of_kind(DEFAULT_TENANT, "compliance_scanned", since, until, 10)
    (attested,) = await timeline.of_kind(DEFAULT_TENANT, "compliance_attested", since, until, 10)
    assert scanned.entry.data["scan"] == scan["id"] and scanned.entry.data["by"].endswith("dpo")
    assert attested.entry.data["control"] == "PDPL-C13"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"control_id": "PDPL-C99"}, 404),
        ({"status": "not_assessed"}, 422),
        ({"status": "splendid"}, 422),
        ({"statement": "short"}, 422),
        ({"file_ref": ""}, 422),
        ({"expires_at": "2020-01-01T00:00:00Z"}, 422),
        ({"expires_at": "2999-01-01T00:00:00Z"}, 422),
        ({"expires_at": "2027-01-01T00:00:00"}, 422),
        ({"by": "somebody else"}, 422),
    ],
)
async def test_an_attestation_that_nobody_could_rely_on_is_refused(house, body, status):
    answer = await attests(house, **body)

    assert answer.status_code == status, answer.text
    assert answer.json()["message_ar"] and answer.json()["message_en"]


async def test_who_may_look_and_who_may_do(house):
    for role in ("approver", "agent", "service", "rules_editor"):
        assert (await house.http.get(f"{BASE}/matrix", headers=house.token(role))).status_code == 403
    for role in ("executive", "approver"):
        assert (await attests(house, role)).status_code == 403
        keyed = {**house.token(role), "idempotency-key": uuid4().hex}
        assert (await house.http.post(f"{BASE}/scan", headers=keyed)).status_code == 403
    for role in ("admin", "dpo", "executive"):
        assert (await asks(house, "/matrix", role))["total"] == 14
    assert (await house.http.get(f"{BASE}/matrix")).status_code == 401


async def test_what_does_not_exist_is_404(house):
    for path in ("/controls/NCA-C99", "/scans/never"):
        answer = await house.http.get(f"{BASE}{path}", headers=house.token("dpo"))
        assert answer.status_code == 404 and answer.json()["message_ar"], answer.text


async def test_the_matrix_as_a_file_has_a_line_for_each_control(house):
    answer = await house.http.get(f"{BASE}/matrix", params={"format": "csv"}, headers=house.token("dpo"))

    assert answer.headers["content-type"].startswith("text/csv")
    head, *rows = list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert len(rows) == 14 and all(len(row) == len(head) for row in rows)


@pytest.mark.parametrize(
    "evil",
    [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        " =1+1",
        "\t=1",
        "\r=1",
        "\n=1",
        "\u200f=1",
        "\ufeff=1",
        "＝1",
        "|cmd",
        "%x",
    ],
)
def test_no_cell_becomes_a_formula(evil):
    assert safe_cell(evil) == f"'{evil}"
    (row,) = list(csv.reader(io.StringIO(csv_of(("a",), [(evil,)]).removeprefix("\ufeff"), newline="")))[1:]
    assert row == [f"'{evil}"]


@pytest.mark.parametrize("plain", ["", "عادي", "a=b", "1", "PDPL-C01"])
def test_an_ordinary_cell_stays_as_it_is(plain):
    assert safe_cell(plain) == plain
