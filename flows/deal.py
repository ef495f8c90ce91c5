"""
The deal: 13 stages from a first message to won, lost or opted out.

Rule 1: a lead's words never move money or contracts; those transitions belong to `SystemEvent`s, which come from
        verified sources (a booking, a verified payment, an approver).
Rule 2: opted_out is left only by `consent_renewed`.
Rule 3: an event that a stage does not know raises; nothing happens silently.
"""
