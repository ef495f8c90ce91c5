"""A partner is examined, agreed to by people or not, and proved; the values are those anybody can reckon."""

import asyncio
import time
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from bot.runs.flow import Flow, Next, Step, Turn, again
from bot.tenants import DEFAULT_TENANT
from tests.house.running import PATIENCE, RunningHouse

API = "/api/v1/golden-path"
FULL = {
    "sector_fit": "high",
    "size": "medium",
    "cr_verified": True,
    "references": 2,
    "pdpl_readiness": "documented",
}
PARTNER = {"partner_name": "Najd Systems", "partner_name_ar": "أنظمة نجد", "partner_type": "reseller"}


class PartnerDesk:
    """Whoever works on partners, over HTTP."""

    def __init__(self, house: RunningHouse) -> None:
        self.house = house

    async def posts(self, path: str, role: str = "admin", who: str = "lena", key: str = "", **body: Any) -> Any:
        headers = {**self.house.token(role, who), "idempotency-key": key or uuid4().hex}
        return await self.house.http.post(path, json=body, headers=headers)

    async def gets(self, path: str, role: str = "admin", **params: Any) -> Any:
        return await self.house.http.get(path, params=params, headers=self.house.token(role, "lena"))

    async def starts(self, **body: Any) -> dict[str, Any]:
        answer = await self.posts(f"{API}/run", **{**PARTNER, "inputs": FULL, **body})
        assert answer.status_code == 202, answer.text
        return await self.stands(answer.json()["id"], "waiting_approval")

    async def stands(self, path_id: str, *statuses: str, is_filed: bool = False) -> dict[str, Any]:
        """
        Wait until it stands so; its run may be in other hands than the test's.

        Args:
            is_filed: and until its last step is filed, which is a moment after that step has ended it.
        """
        deadline = time.monotonic() + PATIENCE
        while True:
            found = (await self.gets(f"{API}/{path_id}")).json()
            is_at_rest = all(step["state"] == "done" for step in found["chain"])
            if found["status"] in statuses and (is_at_rest or not is_filed):
                return found
            assert time.monotonic() < deadline, f"never {statuses}, but {found}"
            await asyncio.sleep(0.02)

    async def decides(self, path: dict[str, Any], what: str) -> None:
        approval = f"/api/v1/approvals/{path['steps']['3']['approval_id']}"
        v = (await self.gets(approval)).json()["v"]
        answer = await self.posts(f"{approval}/{what}", "approver", "sami", v=v)
        assert answer.status_code == 200, answer.text

    async def requests(self, path_id: str) -> list[dict[str, Any]]:
        """Every request for a yes that was ever made for a golden path."""
        found = (await self.gets("/api/v1/approvals", kind="partnership")).json()["approvals"]
        return [one for one in found if one["resource"] == f"golden_path:{path_id}"]

    async def packs(self, path_id: str) -> list[dict[str, Any]]:
        return (await self.gets("/api/v1/evidence-packs", entity_id=path_id)).json()["packs"]


@pytest.fixture
def desk(house: RunningHouse) -> PartnerDesk:
    return PartnerDesk(house)


async def test_a_partner_that_people_agree_to_has_a_chain_with_one_correlation_id(desk: PartnerDesk) -> None:
    path = await desk.starts(revenue_potential_sar=100_000, cost_sar=20_000, requested_by="Noura")
    dossier, economics, packet = (path["steps"][n] for n in "123")
    assert (dossier["score"], dossier["recommendation"], dossier["confidence"]) == (
        25 + 12 + 25 + 11 + 14,
        "proceed",
        1,
    )
    assert (dossier["missing"], dossier["declared_by"], path["requested_by"]) == ([], "Noura", "api:lena")
    assert (economics["net_halalas"], economics["payback_months"], economics["roi_pct"]) == (8_000_000, 2.4, 400)
    assert economics["break_even_multiplier"] == 0.2
    rows = {row["name"]: row for row in economics["sensitivity"]}
    told = {
        name: (r["revenue"], r["cost"], r["net"], r["payback_months"], r["roi_pct"]) for name, r in rows.items()
    }
    assert told == {
        "base": (100_000, 20_000, 80_000, 2.4, 400),
        "revenue_plus_30": (130_000, 20_000, 110_000, 1.8, 550),
        "revenue_minus_30": (70_000, 20_000, 50_000, 3.4, 250),
        "cost_plus_20": (100_000, 24_000, 76_000, 2.9, 316.7),
        "combined_worst": (70_000, 24_000, 46_000, 4.1, 191.7),
    }
    assert (packet["action"], packet["action_class"], packet["priority"]) == ("activate_partnership", "B", "high")
    waiting = (await desk.gets(f"/api/v1/approvals/{packet['approval_id']}")).json()
    asked, due = waiting["created_at"], waiting["due_at"]
    assert (packet["sla_hours"], packet["reversibility"]) == (24, "partially_reversible")
    assert _moment(due) - _moment(asked) == timedelta(hours=24)

    for step in "123":  # each is a typed result like every other, read back through its model
        kept = (await desk.gets(f"/api/v1/structured-outputs/{path['steps'][step]['output_id']}")).json()
        assert (kept["about"], kept["content_sha256"]) == (
            path["id"] if step != "3" else packet["approval_id"],
            path["steps"][step]["output_sha256"],
        )
        assert kept["output"]["provenance"]["sources"], kept

    await desk.decides(path, "approve")
    ended = await desk.stands(path["id"], "completed", is_filed=True)

    (pack,) = await desk.packs(path["id"])
    assert (pack["type"], pack["pack_id"], pack["missing"]) == ("golden_path", ended["steps"]["4"]["pack_id"], [])
    verdict = (await desk.gets(f"/api/v1/evidence-packs/{pack['pack_id']}/verify")).json()
    assert verdict["valid"] is True, verdict
    ids = {ended["correlation_id"], ended["trace_id"], waiting["correlation_id"]}
    assert ids | {ended["steps"][n]["correlation_id"] for n in "1234"} == {path["trace_id"]}
    assert "agreed to" in ended["summary"]["en"] and "80,000" in ended["summary"]["ar"]
    entries = await desk.house.inside.store.seals.story(DEFAULT_TENANT, "", path["trace_id"], 100)
    happened = [row.entry.what for row in entries]
    for once in ("golden_path_started", "partner_dossier_made", "partner_economics_made", "approval_requested"):
        assert happened.count(once) == 1, happened
    for once in ("approval_approved", "grant_used", "partnership_activated", "golden_path_ended"):
        assert happened.count(once) == 1, happened


@pytest.mark.parametrize(("decision", "status"), [("reject", "rejected"), ("cancel", "cancelled")])
async def test_a_no_has_its_proof_too(desk: PartnerDesk, decision: str, status: str) -> None:
    path = await desk.starts()
    if decision == "cancel":
        approval = path["steps"]["3"]["approval_id"]
        v = (await desk.gets(f"/api/v1/approvals/{approval}")).json()["v"]
        assert (await desk.posts(f"/api/v1/approvals/{approval}/cancel", v=v)).status_code == 200
    else:
        await desk.decides(path, decision)
    ended = await desk.stands(path["id"], status)
    (pack,) = await desk.packs(path["id"])
    assert (pack["type"], pack["missing"], pack["pack_id"]) == (
        "decision_record",
        [],
        ended["steps"]["4"]["pack_id"],
    )
    wrong = await desk.posts("/api/v1/evidence-packs/assemble", type="golden_path", entity_id=path["id"])
    assert wrong.status_code == 409, wrong.text


async def test_what_nobody_declared_lowers_the_confidence_and_holds_the_partner(desk: PartnerDesk) -> None:
    answer = await desk.posts(f"{API}/run", partner_name="Only A Name")
    path = await desk.stands(answer.json()["id"], "waiting_approval")
    dossier = path["steps"]["1"]
    assert (dossier["score"], dossier["recommendation"], dossier["confidence"]) == (0, "hold", 0)
    assert dossier["missing"] == ["sector_fit", "size", "cr_verified", "references", "pdpl_readiness"]
    assert dossier["because"][0] == "cr_unverified"
    best = {**FULL, "references": 9, "size": "large", "pdpl_readiness": "ready", "cr_verified": False}
    held = (await desk.posts(f"{API}/dossier", **PARTNER, inputs=best)).json()
    assert (held["score"], held["recommendation"], held["confidence"]) == (75, "hold", 1)
    poor = (await desk.posts(f"{API}/dossier", **PARTNER, inputs={"cr_verified": True, "size": "micro"})).json()
    assert (poor["score"], poor["recommendation"], poor["confidence"]) == (30, "reject", 0.4)


async def test_the_same_request_is_the_same_golden_path(desk: PartnerDesk) -> None:
    key, run_id = uuid4().hex, f"try-{uuid4().hex[:8]}"
    first, again = [await desk.posts(f"{API}/run", key=key, **PARTNER) for _ in range(2)]
    assert first.json()["id"] == again.json()["id"]
    named = [await desk.posts(f"{API}/run", **PARTNER, run_id=run_id) for _ in range(2)]
    assert [one.json()["id"] for one in named] == [run_id, run_id]
    await desk.stands(run_id, "waiting_approval")
    assert len(await desk.requests(run_id)) == 1
    other = await desk.posts(f"{API}/run", **{**PARTNER, "partner_name": "Another"}, run_id=run_id)
    assert other.status_code == 409
    listed = (await desk.gets(API, status="waiting_approval")).json()["golden_paths"]
    assert [one["id"] for one in listed].count(run_id) == 1


async def test_the_id_of_other_work_is_refused_and_leaves_nothing(desk: PartnerDesk) -> None:
    async def rest(_turn: Turn) -> Next:
        return again(3_600)

    runs, run_id = desk.house.inside.trust.runs, f"other-{uuid4().hex[:8]}"
    runs.register(Flow("other_work", 1, (Step("rest", rest, title_en="Rest", title_ar="راحة"),)))
    await runs.start_run(DEFAULT_TENANT, "other_work", run_id=run_id, state={})
    answer = await desk.posts(f"{API}/run", **PARTNER, run_id=run_id)
    assert answer.status_code == 409, answer.text
    assert (await desk.gets(f"{API}/{run_id}")).status_code == 404


@pytest.mark.parametrize(
    "wrong",
    [
        {"cost_sar": -1},
        {"cost_sar": 0.001},
        {"cost_sar": True},
        {"revenue_potential_sar": "NaN"},
        {"revenue_potential_sar": 10**13},
        {"partner_name": " "},
        {"partner_type": "Two Words"},
        {"inputs": {"references": -1}},
        {"inputs": {"cr_verified": "yes"}},
        {"inputs": {"sector_fit": "huge"}},
        {"tenant_id": "other"},
        {"run_id": "sharing:1"},
    ],
)
async def test_what_is_no_declaration_is_refused(desk: PartnerDesk, wrong: dict[str, Any]) -> None:
    answer = await desk.posts(f"{API}/run", **{**PARTNER, **wrong})
    assert answer.status_code == 422, answer.text


async def test_who_may_not_ask_is_refused_and_what_is_not_there_is_not_found(desk: PartnerDesk) -> None:
    assert (await desk.posts(f"{API}/run", "agent", **PARTNER)).status_code == 403
    assert (await desk.gets(f"{API}/nowhere")).status_code == 404
    assert (await desk.gets(API, "agent")).status_code == 403


async def test_without_revenue_there_is_no_payback_and_the_reason_stands_there(desk: PartnerDesk) -> None:
    path = await desk.starts(revenue_potential_sar=0, cost_sar=0)
    economics = path["steps"]["2"]
    assert (economics["payback_months"], economics["payback_reason"]) == (None, "no_monthly_upside")
    assert (economics["roi_pct"], economics["roi_reason"]) == (None, "no_cost")
    assert (economics["break_even_multiplier"], economics["break_even_reason"]) == (None, "no_revenue")
    assert all(row["payback_months"] is None for row in economics["sensitivity"])


async def test_a_run_that_is_given_up_leaves_no_request_behind(desk: PartnerDesk) -> None:
    path = await desk.starts()
    assert (await desk.posts(f"/api/v1/runs/{path['id']}/cancel")).status_code == 200
    ended = await desk.stands(path["id"], "cancelled")
    (request,) = await desk.requests(path["id"])
    assert (request["status"], ended["steps"]["4"]["pack_id"]) == ("cancelled", None)


async def test_a_step_that_cannot_go_on_leaves_no_request_behind(desk: PartnerDesk) -> None:
    run_id = f"planted-{uuid4().hex[:8]}"
    outputs = desk.house.inside.store.outputs
    made = (await desk.posts(f"{API}/dossier", **PARTNER)).json()
    stored = await outputs.get(DEFAULT_TENANT, made["output_id"])
    planted = {"id": f"{run_id}.packet", "content_sha256": "0" * 64}
    await outputs.add(type(stored)(**{**_fields(stored), **planted}))
    answer = await desk.posts(f"{API}/run", **PARTNER, run_id=run_id)
    failed = await desk.stands(answer.json()["id"], "failed")
    assert failed["error"]["code"] == "output_changed"
    (request,) = await desk.requests(run_id)
    assert request["status"] == "cancelled"


async def test_nobody_decides_in_time(desk: PartnerDesk) -> None:
    path = await desk.starts()
    await desk.house.moves(hours=80)
    ended = await desk.stands(path["id"], "expired")
    (pack,) = await desk.packs(path["id"])
    assert (pack["type"], pack["missing"]) == ("decision_record", [])
    assert "not decided in time" in ended["summary"]["en"]


def _fields(stored: Any) -> dict[str, Any]:
    return {name: getattr(stored, name) for name in type(stored).__dataclass_fields__}


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
