"""
What is wrong with a set-up, why it matters, and what to do: `dealix doctor`.

    findings.py          what one look came to, in two languages
    hands.py             what the doctor asks of the world; `bot/commands/doctor_hands.py` has the real ones
    settings_checks.py   names and values
    folder_checks.py     the data folder, its keys, its lock
    database_checks.py   the databases and what is in them
    machine_checks.py    this machine and the rules
    outside_checks.py    providers, Telegram, the broker, who signs people in, telemetry
    round.py             all of them at once, none of them for long
"""
