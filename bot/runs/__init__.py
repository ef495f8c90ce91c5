"""
Durable work in steps: a run survives every crash, goes on where it was, and is shown to whoever must look.

    flow        what a developer writes: a flow, its steps, and what a step may answer
    run         one run, its statuses and the arrows between them, its checkpoints
    moves       the run as it is to be written next
    registry    which flows and versions this process knows
    room        start, look, cancel, retry, signal: what everybody else calls
    view        one run as people see it
    engine      finds what is due and takes it in hand, in one process or in many
    grip        a run in hand: kept, written, let go
    forward     takes one run one step further
    ends        failure, cancellation, undoing
    waiting     approvals and events that a run waits for
    dead        what needs a person: failed runs and bodies nobody could place
    opening     all of it, put together
"""
