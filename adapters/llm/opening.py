"""The providers of an installation, from its settings: the first one, and whoever stands in for it."""

from collections.abc import Callable
from datetime import datetime

from adapters.llm.openai import OpenAiWire
from bot.errors import Misconfigured
from bot.models.provider import Provider, Providers, Task
from bot.settings import Settings


def providers_of(settings: Settings, now: Callable[[], datetime]) -> Providers | None:
    """None when no model is configured. Raises Misconfigured for half of one."""
    first = settings.model_provider, settings.model_url, settings.model_key, settings.model_names
    second = (
        settings.model_fallback_provider,
        settings.model_fallback_url,
        settings.model_fallback_key,
        settings.model_fallback_names,
    )
    found = []
    for prefix, (name, url, key, models) in (("DEALIX_MODEL", first), ("DEALIX_MODEL_FALLBACK", second)):
        if not url and not models:
            continue
        if not url or not models:
            raise Misconfigured(
                f"the language model is half configured: set {prefix}_URL and {_names(prefix)}, or neither",
                f"إعداد النموذج اللغوي ناقص: عيّن {prefix}_URL و{_names(prefix)} معًا أو احذفهما",
            )
        wire = OpenAiWire(
            url,
            key.get_secret_value(),
            setting=f"{prefix}_URL",
            now=now,
            timeout_seconds=settings.model_timeout_seconds,
            answers_as=settings.model_answers_as,
        )
        found.append(Provider(name, wire, models_of(models, _names(prefix))))
    if len(found) == 2 and found[0].name == found[1].name:
        raise Misconfigured(
            "DEALIX_MODEL_PROVIDER and DEALIX_MODEL_FALLBACK_PROVIDER are the same name: the records of calls "
            "could not tell them apart: choose two",
            "DEALIX_MODEL_PROVIDER وDEALIX_MODEL_FALLBACK_PROVIDER اسم واحد؛ سمّ كلًا باسم مختلف",
        )
    return tuple(found) or None


def models_of(written: str, setting: str) -> dict[Task, str]:
    """`gpt-4o-mini` for everything, or `intent=gpt-4o-mini,wording=gpt-4o`. Raises Misconfigured."""
    if "=" not in written:
        return dict.fromkeys(Task, written.strip())
    models: dict[Task, str] = {}
    for part in filter(None, (part.strip() for part in written.split(","))):
        name, _, model = part.partition("=")
        if name.strip() not in tuple(Task) or not model.strip():
            raise Misconfigured(
                f"{setting} is a model, or one for each task: {', '.join(f'{task}=...' for task in Task)}; "
                f"not {part}",
                f"الإعداد {setting} اسم نموذج أو نموذج لكل مهمة: {'، '.join(f'{task}=...' for task in Task)}",
            )
        models[Task(name.strip())] = model.strip()
    return models


def _names(prefix: str) -> str:
    return "DEALIX_MODEL" if prefix == "DEALIX_MODEL" else f"{prefix}_NAMES"
