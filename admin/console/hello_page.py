"""The two small pages of the entrance: "who are you?", and "come in" for whoever has a link."""

from collections.abc import Sequence
from html import escape

from admin.console.plain_pages import whole
from admin.console.sentences import Language, say
from bot.errors import DealixError
from bot.tenant import Tenant


def hello(
    there: str, name: str, tenants: Sequence[Tenant], roles: Sequence[str], wrong: DealixError | None
) -> str:
    """Asks for a name and what this person does here; `there` is where they go afterwards."""
    language: Language = "en" if there.startswith("/console/en/") else "ar"
    told = ""
    if wrong is not None:
        why = wrong.message_ar if language == "ar" else wrong.message_en
        told = f'<p class="wrong" role="alert">{escape(why)}</p>'
    return whole(
        language,
        f"<h1>{_say('who_are_you', language)}</h1><p>{_say('who_why', language)}</p>{told}"
        '<form method="post" action="/console/hello">'
        f'<input type="hidden" name="next" value="{escape(there)}">'
        f"<label>{_say('your_name', language)}"
        f'<input type="text" name="name" value="{escape(name)}" required maxlength="60" autocomplete="name" '
        f'autofocus dir="auto"></label>'
        f"{_tenants(tenants, language)}"
        f"<fieldset><legend>{_say('what_you_do', language)}</legend>"
        f"{''.join(_role(role, language, is_first=role == roles[0]) for role in roles)}</fieldset>"
        f"<button>{_say('come_in', language)}</button></form>"
        f"{_other_language(there, language)}",
    )


def enter(key: str, name: str, role: str) -> str:
    """One button, which uses the link up."""
    forms = (
        f'<section lang="{language}" dir="{direction}"><h1>{_say("welcome", language, name=name)}</h1>'
        f"<p>{_say('you_enter_as', language, role=say(f'role_{role}', language))}</p>"
        '<form method="post" action="/console/enter">'
        f'<input type="hidden" name="key" value="{escape(key)}">'
        f"<button>{_say('come_in', language)}</button></form></section>"
        for language, direction in _DIRECTIONS
    )
    return whole("ar", "".join(forms))


_DIRECTIONS: tuple[tuple[Language, str], ...] = (("ar", "rtl"), ("en", "ltr"))


def _role(role: str, language: Language, *, is_first: bool) -> str:
    return (
        f'<label class="role"><input type="radio" name="role" value="{role}"{" checked" if is_first else ""}>'
        f"<b>{_say(f'role_{role}', language)}</b><small>{_say(f'role_{role}_does', language)}</small></label>"
    )


def _tenants(tenants: Sequence[Tenant], language: Language) -> str:
    if len(tenants) < 2:
        return ""
    choices = "".join(f'<option value="{escape(t.id)}">{escape(t.name)}</option>' for t in tenants)
    return f'<label>{_say("which_tenant", language)}<select name="tenant">{choices}</select></label>'


def _other_language(there: str, language: Language) -> str:
    turned = (
        there.replace("/console/", "/console/en/", 1)
        if language == "ar"
        else there.replace("/console/en/", "/console/", 1)
    )
    other = "en" if language == "ar" else "ar"
    return (
        f'<p class="other"><a lang="{other}" href="/console/hello?next={escape(turned)}">'
        f"{_say('other_language', language)}</a></p>"
    )


def _say(key: str, language: Language, **values: str) -> str:
    return escape(say(key, language, **values))
