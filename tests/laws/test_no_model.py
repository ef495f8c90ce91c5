"""Without a language model everything works, and its pages say so instead of showing zeros."""

from tests.house.fixtures import NewTalk
from tests.house.running import RunningHouse

PATH = "/api/v1/model-routing"


async def test_with_no_key_at_all_the_dashboard_says_no_calls(house: RunningHouse, new_talk: NewTalk) -> None:
    admin = house.token("admin")
    talk = new_talk()
    await talk.says("ولا شي ثاني من البرتقال الأزرق السريع")
    await house.inside.rooms.models.look()

    seen = (await house.http.get(f"{PATH}/dashboard", headers=admin)).json()
    assert seen["status"] == "no_calls"
    assert "no language model is configured" in seen["message"]["en"]
    assert "نموذج لغوي" in seen["message"]["ar"]
    assert (seen["total"]["error_rate"], seen["cost_per_conversation_sar"], seen["by_model"]) == (None, None, [])
    assert seen["terms"] | {"at": None, "by": ""} == seen["terms"] | {"is_configured": False, "is_on": False}
    health = (await house.http.get(f"{PATH}/health", headers=admin)).json()
    assert (health["status"], health["providers"]) == ("not_configured", [])
    costs = (await house.http.get(f"{PATH}/costs", headers=admin)).json()
    assert (costs["status"], costs["lines"]) == ("no_calls", [])
    advice = (await house.http.get(f"{PATH}/recommendations", headers=admin)).json()
    assert advice["recommendations"] == []
    assert talk.held, "a human is asked, as always"


async def test_what_is_not_there_cannot_be_switched_on(house: RunningHouse) -> None:
    answer = await house.http.put(f"{PATH}/settings", json={"is_on": True}, headers=house.token("admin"))
    assert answer.status_code == 422
    assert "DEALIX_MODEL_URL" in answer.text
