"""
What the service shows of itself while it works: traces, metrics and log lines, for whoever runs it.

    from bot.telemetry import measures, spans

    with spans.span("send.attempt", within=draft.traceparent, provider="green_api") as span:
        ...
        span.tag(outcome="accepted")
    measures.sent("green_api", "accepted", 0.21)

    spans, measures, lines    what everybody calls; they know no library and cost next to nothing unwatched
    catalogue                 every metric by name, with its meaning, unit and labels
    sdk, exports, doors       OpenTelemetry: the only files that import it
    opening                   decides from the settings what is on, and puts it together

Rule 1: telemetry is of the process, as its log is: one set for all that runs in it, reached without being passed.
Rule 2: nothing that a contact wrote, no whole phone and no secret gets in: names of attributes are a closed list,
        and what leaves is filtered once more by it.
Rule 3: telemetry never changes what happens: what it cannot do it leaves undone, and says so at most once a
        minute.
"""
