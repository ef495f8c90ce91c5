"""
The fallback chain: which channel may carry a message now, and who is left out and why.

Rule 1: nobody here sends. The chain proposes, the outbox calls, and tells the chain what came back.
Rule 2: a provider that is known to be down is skipped without posting: it would queue the message for a day and
        send it after another provider has sent it too.
Rule 3: a provider that nobody has asked yet may be used; a send does not wait for a probe.
Rule 4: another number than the contact knows is offered only when the tenant has agreed to that.
Rule 5: only a certain refusal falls back; doubt, a wait or a refusal about the contact does not.
Rule 6: a channel of which nothing is heard any more is still used where it is the known number; whoever it has
        not met yet is written to through another, where that is allowed.
Rule 7: a channel whose provider asked us to wait is left alone until then, by every process.
Rule 8: a channel that people switched off carries nothing until they switch it on again.
"""

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from adapters.whatsapp.asked_pauses import Asked, AskedPauses
from adapters.whatsapp.breaker import Breaker
from adapters.whatsapp.causes import is_about_credentials
from bot.events import ChannelState, Outcome, SendClass
from bot.ports import Candidate, Health, Provider, SendResult, Unheard

# Green API allows one state question a second, Fonnte limits them too; a minute is what both advise.
PROBE_EVERY = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class ProviderReport:
    """What a page says about one provider."""

    name: str
    channel: str
    state: str
    """`not_configured | disabled | unknown | ok | silent | paused | degraded | down | auth_failed`"""
    breaker: str
    """`closed | open | half_open`, empty for a provider that is not configured."""
    detail_en: str
    detail_ar: str
    is_authenticated: bool = True
    """False when webhooks of this provider cannot be told from forgeries."""
    paused_until: datetime | None = None
    """Until when the provider asked us to leave the channel alone."""


_REASONS: Mapping[str, str] = {
    "down": "The provider says that it cannot send.\nالمزوّد يقول إنه لا يستطيع الإرسال.",
    "disabled": "Switched off for this tenant.\nموقوف لهذه المنشأة.",
    "other_number": "The contact knows another number, and crossing numbers is not allowed here.\n"
    "جهة الاتصال تعرف رقماً آخر، والانتقال بين الأرقام غير مسموح هنا.",
    "channel_gone": "The channel that reached this contact is not configured any more.\n"
    "القناة التي وصلت إلى جهة الاتصال لم تعد مضبوطة.",
    "breaker_open": "Too many failures in a row; tried again soon.\nإخفاقات كثيرة متتالية؛ سيُعاد المحاولة قريباً.",
}
_UNKNOWN = "Configured; not asked yet.\nمضبوط؛ لم يُسأل بعد."
_FORGEABLE = (
    " Its webhooks carry no secret: anybody who learns the address can forge messages.",
    " طلباته لا تحمل سراً: من يعرف العنوان يستطيع تزوير الرسائل.",
)


class Chain:
    """The channels of one tenant, in the tenant's order."""

    def __init__(
        self,
        providers: Sequence[Provider],
        clock: Callable[[], datetime],
        *,
        disabled: Collection[str] = (),
        missing: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        """`disabled` holds channel ids; `missing` the settings that each provider left out would need."""
        self._providers = tuple(providers)
        self._clock = clock
        self._disabled = self._left_out = frozenset(disabled)
        self._missing = dict(missing or {})
        self._health: dict[str, Health] = {}
        self._breakers = {provider.channel: Breaker() for provider in self._providers}
        self._refreshing = asyncio.Lock()
        self._unheard: Mapping[str, Unheard] = {}
        self._pauses = AskedPauses()

    def candidates(
        self, sticky_channel: str = "", allow_other_number: bool = False, began_at: datetime | None = None
    ) -> list[Candidate]:
        """
        Give every provider in the order to try, the one that reached the contact first.

        Where another number is allowed, a channel that was silent already when the conversation began
        (`began_at`) comes last.

        `skip_code` is empty for a provider that may be used, else one of `disabled`, `other_number`,
        `channel_gone`, `paused`, `down`, `auth_failed`, `not_configured` and `breaker_open`; `skip_reason` says
        it to staff in two lines, English and Arabic, and `until` when a pause ends.
        """
        line = sorted(
            self._providers,
            key=lambda provider: (
                allow_other_number and self._is_to_be_avoided(provider.channel, sticky_channel, began_at),
                provider.channel != sticky_channel,
            ),
        )
        is_gone = bool(sticky_channel) and all(provider.channel != sticky_channel for provider in line)
        known = next((p.sender_identity for p in line if p.channel == sticky_channel), "")
        found = []
        for provider in line:
            code, reason = self._obstacle(provider)
            if not code and not sticky_channel and not known:
                # Nobody has written yet, so the first number that can send is the one to get known by.
                known = provider.sender_identity
            if not code and not allow_other_number and provider.sender_identity != known:
                code = "channel_gone" if is_gone else "other_number"
                reason = _REASONS[code]
            asked = self._pauses.of(provider.channel, self._clock()) if code == "paused" else None
            found.append(Candidate(provider, code, reason, asked.until if asked else None))
        return found

    async def refresh_health(self) -> None:
        """Ask every provider whose health is older than a minute; call it from a timer, not before a send."""
        async with self._refreshing:
            now = self._clock()
            due = [provider for provider in self._providers if self._is_due(provider.channel, now)]
            for provider, health in zip(due, await asyncio.gather(*(p.probe() for p in due)), strict=True):
                self._keep(provider.channel, health)

    def note_state(self, channel: str, state: ChannelState) -> None:
        """
        Take what a webhook said about a channel; a webhook older than what we know changes nothing.

        Webhooks carry whole seconds: one of the second in which we asked is the newer of the two.
        """
        at = state.at or self._clock()
        known = self._health.get(channel)
        if channel in self._breakers and (known is None or known.checked_at.replace(microsecond=0) <= at):
            self._health[channel] = Health("ok" if state.is_healthy else "down", state.detail, at)

    def unheard(self, silent: Mapping[str, Unheard]) -> None:
        """Take which channels are silent at this moment; all others are not."""
        self._unheard = dict(silent)

    def pause(self, channel: str, until: datetime, said_at: datetime, reason: str) -> None:
        """Take that a provider asked us to leave a channel alone."""
        self._pauses.hear(channel, until, said_at, reason, self._clock())

    def switch_off(self, channels: Iterable[str]) -> None:
        """Take which channels people have switched off at this moment; all others are on."""
        self._disabled = self._left_out | frozenset(channels)

    def health(self, channel: str) -> Health | None:
        """What the provider said last of this channel, None before it said anything."""
        return self._health.get(channel)

    def note_health(self, channel: str, health: Health) -> None:
        """Take what somebody else asked the provider just now."""
        if channel in self._breakers:
            self._keep(channel, health)

    def note(self, channel: str, result: SendResult) -> None:
        """Take what one send came to."""
        breaker = self._breakers.get(channel)
        if breaker is None:
            return
        now = self._clock()
        breaker.note(result, now)
        self._pauses.note(channel, result, now)
        if is_about_credentials(result):
            self._keep(channel, Health("auth_failed", result.detail, now))
        elif result.needs_alert and result.send_class is SendClass.NOT_SENT_FALLBACK:
            self._keep(channel, Health("down", result.detail, now))

    @staticmethod
    def may_fall_back(result: SendResult) -> bool:
        """Say whether the next provider may try after this."""
        may_try = (Outcome.REJECTED_RETRYABLE, Outcome.NOT_CONFIGURED)
        return result.outcome in may_try and result.send_class is not SendClass.NOT_SENT_WAIT_PAIR_LIMIT

    def report(self) -> list[ProviderReport]:
        """Give one line for each provider, configured or not."""
        return [self._report(provider) for provider in self._providers] + [
            ProviderReport(
                name=name,
                channel="",
                state="not_configured",
                breaker="",
                detail_en=f"Not configured; missing: {', '.join(settings)}.",
                detail_ar=f"غير مضبوط؛ الناقص: {', '.join(settings)}.",
            )
            for name, settings in self._missing.items()
        ]

    def _is_due(self, channel: str, now: datetime) -> bool:
        known = self._health.get(channel)
        is_old = known is None or now - known.checked_at >= PROBE_EVERY
        return channel not in self._disabled and is_old

    def _is_to_be_avoided(self, channel: str, sticky_channel: str, began_at: datetime | None) -> bool:
        """Whether a channel is silent, and this contact was not met through it before that."""
        silence = self._unheard.get(channel)
        if silence is None:
            return False
        return channel != sticky_channel or (began_at is not None and began_at >= silence.since)

    def _obstacle(self, provider: Provider) -> tuple[str, str]:
        if provider.channel in self._disabled:
            return "disabled", _REASONS["disabled"]
        asked = self._pauses.of(provider.channel, self._clock())
        if asked is not None:
            return "paused", _paused(asked)
        health = self._health.get(provider.channel)
        if health is not None and not health.can_send:
            return health.state, health.detail or _REASONS["down"]
        if self._breakers[provider.channel].state(self._clock()) == "open":
            return "breaker_open", _REASONS["breaker_open"]
        return "", ""

    def _report(self, provider: Provider) -> ProviderReport:
        health = self._health.get(provider.channel)
        state, detail = ("unknown", _UNKNOWN) if health is None else (health.state, health.detail)
        silence = self._unheard.get(provider.channel)
        if silence is not None and state in ("unknown", "ok"):
            state, detail = "silent", silence.detail
        asked = self._pauses.of(provider.channel, self._clock())
        if asked is not None:
            state, detail = "paused", _paused(asked)
        if provider.channel in self._disabled:
            state, detail = "disabled", _REASONS["disabled"]
        english, _, arabic = detail.partition("\n")
        # Only adapters of webhooks that can lack a secret say so; anybody else's are proven.
        is_authenticated = getattr(provider, "is_authenticated", True)
        return ProviderReport(
            name=provider.name,
            channel=provider.channel,
            state=state,
            breaker=self._breakers[provider.channel].state(self._clock()),
            detail_en=english if is_authenticated else english + _FORGEABLE[0],
            detail_ar=(arabic or english) if is_authenticated else (arabic or english) + _FORGEABLE[1],
            is_authenticated=is_authenticated,
            paused_until=asked.until if asked else None,
        )

    def _keep(self, channel: str, health: Health) -> None:
        self._health[channel] = health


def _paused(asked: Asked) -> str:
    """Why a channel is left alone and until when, in two lines."""
    english, _, arabic = asked.reason.partition("\n")
    until = f"{asked.until:%Y-%m-%d %H:%M:%S} UTC"
    return f"{english} Left alone until {until}.\n{arabic or english} متوقفة حتى {until}."
