"""
What is remembered of a contact, and what a person must know who takes over.

    fact.py        one fact: where it comes from, how sure, until when; and where facts are kept
    vocabulary.py  places and systems that contacts name, and how they name them
    heard.py       what was said and decided -> facts
    room.py        remember, recall, forget, and what contradicts itself
    handover.py    a conversation in one glance, for whoever takes over
"""
