"""Dashboard, alert rules and their page speak of metrics that exist, and the alerts do what they say."""

import json
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from bot.telemetry import catalogue
from bot.telemetry.catalogue import METRICS, Kind

DOCS = Path(__file__).parents[2] / "docs"
MEASURES = DOCS.parent / "bot" / "telemetry" / "measures.py"
RULES = DOCS / "telemetry" / "rules.yml"
NAME = re.compile(r"\bdealix_[a-z_]+\b")
LABELLED = re.compile(r"\b(dealix_[a-z_]+)\{([^}]*)\}")


def exposed():
    """Every name at /metrics -> its labels."""
    found = {}
    for metric in METRICS:
        labels = set(metric.labels)
        if metric.kind is Kind.HISTOGRAM:
            found |= {f"{metric.exposed}_{part}": labels for part in ("sum", "count")}
            found[f"{metric.exposed}_bucket"] = labels | {"le"}
        else:
            found[metric.exposed] = labels
    return found


def rules():
    return [rule for group in yaml.safe_load(RULES.read_text("utf-8"))["groups"] for rule in group["rules"]]


def questions():
    """Everything that is asked of Prometheus."""
    dashboard = json.loads((DOCS / "telemetry" / "grafana.json").read_text("utf-8"))
    asked = [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", ())]
    return [*asked, *(rule["expr"] for rule in rules())]


def test_the_alert_rules_are_valid_and_fire_when_they_should():
    for words in (("check", "rules", str(RULES)), ("test", "rules", str(DOCS / "telemetry" / "rules_test.yml"))):
        done = subprocess.run(["promtool", *words], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def test_every_question_is_about_a_metric_that_the_product_has():
    known = exposed()
    asked = {name for question in questions() for name in NAME.findall(question)}

    assert asked - set(known) == set()
    recorded = {rule["record"] for rule in rules() if "record" in rule}
    used = {name for question in questions() for name in re.findall(r"\bdealix:[a-z_:0-9]+", question)}
    assert used <= recorded


def test_every_label_that_is_asked_for_is_one_of_that_metric():
    known = exposed()
    for question in questions():
        for name, inside in LABELLED.findall(question):
            labels = set(re.findall(r"(\w+)\s*[=!]", inside))
            assert labels <= known[name] | {"job", "instance"}, (name, labels)


def test_every_metric_is_asked_for_somewhere_and_explained():
    asked = {name for question in questions() for name in NAME.findall(question)}
    page = (DOCS / "telemetry.md").read_text("utf-8")
    for metric in METRICS:
        row = next((line for line in page.splitlines() if line.startswith(f"| `{metric.exposed}` ")), "")
        assert metric.meaning in row and all(label in row for label in metric.labels), metric.exposed
        names = {metric.exposed, f"{metric.exposed}_bucket", f"{metric.exposed}_count"}
        if metric.name not in NOT_SHOWN:
            assert asked & names, metric.name


def test_everything_that_can_be_counted_is_counted_somewhere():
    """A metric that nobody says is a line that stays flat for ever."""
    root = DOCS.parent
    code = {
        path: path.read_text("utf-8")
        for folder in ("bot", "adapters")
        for path in (root / folder).rglob("*.py")
        if path.name not in ("measures.py", "catalogue.py")
    }
    everywhere = "\n".join(code.values())
    functions = set(re.findall(r"^def ([a-z]\w+)", MEASURES.read_text("utf-8"), re.M))
    unused = {name for name in functions - {"begin", "end"} if f"measures.{name}(" not in everywhere}
    names = {name for name, value in vars(catalogue).items() if isinstance(value, catalogue.Metric)}
    unsaid = {name for name in names if f"catalogue.{name}" not in everywhere + MEASURES.read_text("utf-8")}

    assert unused == set() and unsaid == set()


# Kept for whoever asks; no panel is needed for it.
NOT_SHOWN = ("dealix.relay.waiting",)


@pytest.mark.parametrize("rule", [rule for rule in rules() if "alert" in rule], ids=lambda rule: rule["alert"])
def test_every_alert_has_a_severity_and_a_runbook_that_is_there(rule):
    page = (DOCS / "telemetry.md").read_text("utf-8")
    assert rule["labels"]["severity"] in ("page", "ticket")
    assert rule["annotations"]["runbook"] == f"docs/telemetry.md#{rule['alert'].lower()}"
    assert f"### {rule['alert']}\n" in page
