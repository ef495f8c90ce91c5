"""
The golden path of a partner: from what is declared to a decision that can be proved.

    weights.yml    what each declared input is worth, published
    scoring.py     declared inputs -> score, recommendation, what is missing
    economics.py   upside and cost -> net, payback, what changes when things go otherwise
    case.py        one partner under examination, and where it is kept
    work.py        what each step does, so that twice is as good as once
    flow.py        the steps as a durable run
    summary.py     the outcome in two sentences
    room.py        start one, look at one, keep no request open that nobody waits for
"""
