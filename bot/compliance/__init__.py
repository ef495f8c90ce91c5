"""
How this installation stands against its controls: measured from real records, or attested by somebody, or open.

    controls   what is asked, as data           checks    what measures it, one function each
    findings   what a measurement says          posture   what all of it means together
    room       the scan, its history, and what is told when something got worse
"""
