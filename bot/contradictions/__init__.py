"""
Two things that are both on record and cannot both be true: found by the service or reported by people, kept in a
register until somebody decides.

    register    one contradiction, its status and the arrows between them; pure
    kinds       what each detector looks for, how bad it is, and what to do about it
    in_rules    two answers to one message, wrong prices, forbidden words, texts that promise other than is set
    promises    what a text promises in hours and days; pure
    in_contacts consent and stop at once, stage and payment, statements that conflict; pure
    statements  what a contact said of themselves, as far as it can contradict itself; pure
    in_metrics  one number defined twice; pure
    kept        the plugs of the places where all of it is kept and read
    scan        looks at rules and contacts, bounded, and remembers how far it came
    room        report, list, review, resolve, accept, scan
    opening     all of it, put together
"""
