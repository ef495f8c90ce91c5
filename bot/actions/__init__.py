"""
Actions: what a verdict, or a person, wants done beside the answer, as durable work that shows how it ended.

    action      what an action is, and how one may end
    deeds       which names of a verdict are kept with the conversation until their run is started
    outcome     what a flow answers at its end
    governed    what stands before every action: its configuration, the policy, the contact's will
    room        start, list, cancel: what everybody else calls
    view        one action as people see it
    simple      actions that need nobody outside: log_activity, escalate_human, enroll_sequence
    opening     all of it, put together
"""
