"""The command line: `dealix up`, `dealix token`, `dealix rules`."""

import sys
from datetime import timedelta
from typing import Annotated, NoReturn

import typer
import uvicorn
from pydantic import ValidationError

from bot import logs
from bot.access import ROLES, Keyring
from bot.bootstrap import Installation, application
from bot.building import House, new_id, now
from bot.commands.access import keys as key_commands
from bot.commands.access import users as user_commands
from bot.commands.backup import backup_command, restore_command, resume_command
from bot.commands.bulk import app as bulk_commands
from bot.commands.campaigns import campaigns as campaign_commands
from bot.commands.campaigns import templates as template_commands
from bot.commands.channels import channels_command, limits_command
from bot.commands.compliance import app as compliance_commands
from bot.commands.connectors import app as connectors_commands
from bot.commands.doctor import doctor_command
from bot.commands.evidence import app as evidence_commands
from bot.commands.executive import executive as executive_commands
from bot.commands.executive import forecast as forecast_commands
from bot.commands.gaps import app as gaps_commands
from bot.commands.knowledge import app as knowledge_commands
from bot.commands.models import app as models_commands
from bot.commands.partners import partners as partner_commands
from bot.commands.privacy import consent as consent_commands
from bot.commands.privacy import privacy as privacy_commands
from bot.commands.rules import app as rules_commands
from bot.commands.runs import app as runs_commands
from bot.commands.tenants import app as tenant_commands
from bot.commands.trace import trace_command
from bot.errors import DealixError
from bot.greeting import greeting
from bot.settings import Settings
from bot.tenants import DEFAULT_TENANT, configured

commands = typer.Typer(
    no_args_is_help=True, add_completion=False, help="Dealix: WhatsApp sales with a human at the gate."
)
commands.add_typer(bulk_commands, name="bulk", help="Import many leads at once; nothing is sent.")
commands.add_typer(partner_commands, name="partners", help="Partners who are examined before a yes.")
commands.add_typer(campaign_commands, name="campaigns", help="One approved wording to many who agreed.")
commands.add_typer(template_commands, name="templates", help="The words that Meta has approved.")
commands.add_typer(compliance_commands, name="compliance", help="How this installation stands, measured.")
commands.add_typer(connectors_commands, name="connectors", help="What we talk to outside, and its switches.")
commands.add_typer(evidence_commands, name="evidence", help="Check that nobody has changed what happened.")
commands.add_typer(executive_commands, name="executive", help="The signed packs of each week.")
commands.add_typer(forecast_commands, name="forecast", help="What was forecast, and what came in.")
commands.add_typer(gaps_commands, name="gaps", help="What providers have and we do not.")
commands.add_typer(knowledge_commands, name="knowledge", help="What the bot may answer from.")
commands.add_typer(models_commands, name="models", help="How language models stand, and what they cost.")
commands.add_typer(runs_commands, name="runs", help="What runs, waits and failed; retry and cancel it.")
commands.add_typer(rules_commands, name="rules", help="Read, test, explain, replay and publish the rules.")
commands.add_typer(consent_commands, name="consent", help="Who agreed to hear from us.")
commands.add_typer(privacy_commands, name="privacy", help="What contacts ask about their own data.")
commands.add_typer(tenant_commands, name="tenants", help="Who is served here; let one leave.")
commands.add_typer(user_commands, name="users", help="Who may do what.")
commands.add_typer(key_commands, name="keys", help="Keys of machines.")

commands.command("backup")(backup_command)
commands.command("restore")(restore_command)
commands.command("resume")(resume_command)
commands.command("channels")(channels_command)
commands.command("limits")(limits_command)
commands.command("doctor")(doctor_command)
commands.command("trace")(trace_command)

# How long what is in hand may take after SIGTERM before the doors are shut for good.
GRACE_SECONDS = 20


@commands.command()
def up(
    port: Annotated[int | None, typer.Option(help="Instead of DEALIX_PORT.")] = None,
    role: Annotated[
        list[str] | None,
        typer.Option(help="Only this of web, worker, sender, bot, timers; repeatable. Instead of DEALIX_ROLES."),
    ] = None,
) -> None:
    """Start everything, or some roles of it, and stay until SIGTERM or Ctrl-C."""
    settings = _settings()
    if role:
        settings.roles = tuple(role)
    if port is not None:
        settings.port = port
    try:
        installation = Installation(settings)
    except DealixError as refused:
        _give_up(refused)
    logs.configure(installation.secrets, pretty=sys.stderr.isatty())
    installation.said_hello = lambda house: _say_hello(house, settings)
    server = uvicorn.Server(
        uvicorn.Config(
            application(installation),
            host=settings.host,
            port=settings.port,
            access_log=False,  # addresses carry provider secrets
            log_level="warning",
            log_config=None,  # its lines follow our rules: its own would quote what people wrote
            timeout_graceful_shutdown=GRACE_SECONDS,
            forwarded_allow_ips=settings.trusted_proxies,
            server_header=False,
        )
    )
    # Not by a signal: uvicorn would send it to itself once more at the end, and nobody would say why.
    installation.leave = lambda: setattr(server, "should_exit", True)
    server.run()
    if installation.refused is not None:
        _give_up(installation.refused)


@commands.command()
def token(
    tenant: Annotated[str, typer.Option(help="The tenant that the token opens.")] = DEFAULT_TENANT,
    role: Annotated[str, typer.Option(help=f"One of {', '.join(ROLES)}.")] = "admin",
    hours: Annotated[int, typer.Option(min=1, max=24 * 365, help="How long it is valid.")] = 24 * 30,
    name: Annotated[str, typer.Option("--as", help="Who acts with it; by default the role.")] = "",
) -> None:
    """Print a bearer token for the API, signed with the key of this data folder."""
    settings = _settings()
    keyring = Keyring(settings.data_dir / "keys")
    _warn_of_unserved(settings, tenant)
    try:
        typer.echo(keyring.issue(tenant, role, now(), timedelta(hours=hours), subject=name.strip()))
    except ValueError as refused:
        typer.echo(str(refused), err=True)
        raise typer.Exit(2) from refused


@commands.command()
def login(
    name: Annotated[str, typer.Argument(help="Who comes in, as the history will show them.")],
    role: Annotated[str, typer.Option(help=f"One of {', '.join(ROLES)}.")] = "rules_editor",
    tenant: Annotated[str, typer.Option(help="The tenant that they see.")] = DEFAULT_TENANT,
) -> None:
    """Print a link to the console; it opens once, within ten minutes."""
    settings = _settings()
    keyring = Keyring(settings.data_dir / "keys")
    _warn_of_unserved(settings, tenant)
    try:
        key = keyring.open_login(tenant, role, name, now(), new_id())
    except (ValueError, DealixError) as refused:
        typer.echo(str(refused), err=True)
        raise typer.Exit(2) from refused
    address = settings.public_url.rstrip("/") or f"http://{settings.host}:{settings.port}"
    typer.echo(f"{address}/console/enter?key={key}")


def _warn_of_unserved(settings: Settings, tenant: str) -> None:
    """What is made for a tenant that is not in the settings opens nothing until it is."""
    try:
        known = [one.id for one in configured(settings)]
    except DealixError as refused:
        typer.echo(f"{refused.message_en}\n{refused.message_ar}", err=True)
        return
    if tenant not in known:
        typer.echo(
            f'there is no tenant "{tenant}" here, so this opens nothing; there are: {", ".join(known)}\n'
            f"لا توجد منشأة «{tenant}» هنا، ولن يفتح هذا شيئًا؛ الموجود: {'، '.join(known)}",
            err=True,
        )


def main() -> None:
    """The `dealix` command."""
    commands()


def _settings() -> Settings:
    try:
        return Settings()
    except ValidationError as invalid:
        for error in invalid.errors(include_input=False):
            typer.echo(f"{'.'.join(map(str, error['loc']))}: {error['msg']}", err=True)
        typer.echo("Dealix does not start with these settings; see .env.example.", err=True)
        raise typer.Exit(2) from invalid


def _say_hello(house: House, settings: Settings) -> None:
    typer.echo(greeting(house, settings))
    sys.stdout.flush()


def _give_up(refused: Exception) -> NoReturn:
    typer.echo(f"Dealix does not start: {refused}", err=True)
    if isinstance(refused, DealixError) and refused.message_ar != str(refused):
        typer.echo(refused.message_ar, err=True)
    raise typer.Exit(1)
