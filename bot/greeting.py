"""What the terminal shows when everything is ready: where to look, what is simulated, what would make it real."""

from bot.building import House
from bot.roles import ALL
from bot.settings import Settings


def greeting(house: House, settings: Settings) -> str:
    """A few lines for a person who has just typed `make run`."""
    address = f"http://{settings.host}:{settings.port}"
    if house.roles != ALL:
        return _of_some_roles(house, address)
    lines = ["", f"  Dealix is ready · Dealix جاهز    {address}", ""]
    lines += [f"  database   {_database(house, settings)}"]
    book = house.playbooks.shipped.book
    lines += [f"  rules      book {book.version}, {len(book.pages)} pages, matchers: {book.backend}"]
    lines += [f"  whatsapp   {line}" for line in _whatsapp(house)]
    lines += [f"  telegram   {_telegram(settings)}"]
    pages = f"{address}/console"
    if house.simulated is not None:
        lines += [
            "",
            f"  Try it     {pages}/simulator   (its phone is simulated: no message leaves this machine)",
        ]
        lines += ["             الهاتف في هذه الصفحة محاكاة: لا تخرج أي رسالة من هذا الجهاز"]
        lines += [f"  Rules      {pages}/book   (read, change, try out; a second person agrees)"]
    else:
        lines += ["", f"  Rules      {pages}/book, by the link of: dealix login NAME --role rules_editor"]
    lines += ["  API        dealix token --tenant default --role admin", "  Stop       Ctrl-C", ""]
    return "\n".join(lines)


def _of_some_roles(house: House, address: str) -> str:
    named = ", ".join(sorted(house.roles))
    rings = "by the broker" if house.ring is not None else "none (DEALIX_NATS_URL), found by sweeping"
    return f"\n  Dealix is ready · Dealix جاهز    {named}    health at {address}/readyz\n  rings      {rings}\n"


def _database(house: House, settings: Settings) -> str:
    if settings.mongodb_uri.get_secret_value():
        return f"MONGODB_URI, database {settings.mongodb_database}"
    return (
        f"embedded MongoDB on {settings.data_dir}, single node, not for production; set MONGODB_URI for your own"
    )


def _whatsapp(house: House) -> list[str]:
    reports = [report for chain in house.chains.values() for report in chain.report()]
    lines = []
    for report in reports:
        if report.name == "simulated":
            lines.append("SIMULATED: nothing reaches WhatsApp")
        elif report.state != "not_configured":
            warning = "" if report.is_authenticated else "; set its webhook secret, or anybody can forge messages"
            lines.append(f"{report.channel}: configured, webhooks at /webhooks/{report.channel}{warning}")
    missing = [report for report in reports if report.state == "not_configured"]
    lines += [f"{report.name}: off ({report.detail_en})" for report in missing]
    return lines


def _telegram(settings: Settings) -> str:
    if not settings.telegram_bot_token.get_secret_value():
        return "off: set TELEGRAM_BOT_TOKEN and TELEGRAM_APPROVER_IDS, and Sami approves in Telegram"
    way = "webhook" if settings.telegram_webhook_secret.get_secret_value() else "long polling"
    return f"on, {way}, {len(settings.telegram_approver_ids)} approver(s)"
