"""
Everything this installation talks to: how each stands, since when, and whether somebody has switched it off.

    registry    which connectors there are, and the standard that each keeps to
    states      calls and probes -> a state; pure, with hysteresis
    kept        what is remembered of each, and the plug of the place that remembers
    probes      how each is asked whether it answers, without sending anything
    standings   one connector as people see it
    room        look, check, disable, enable, history; `is_disabled` and `saw` for whoever calls out
    opening     all of it, put together
"""
