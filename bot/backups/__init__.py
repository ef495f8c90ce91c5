"""
A whole installation in one file, and back.

    sealing.py    the file under a passphrase: scrypt, AES-256-GCM in chunks, in order, none missing
    archive.py    what is in the file: a compressed tar of rows and files, its list of contents last
    manifest.py   that list: how many rows of which collection, and the hashes of all of it
    ports.py      what is asked of the databases
    taking.py     make one; look through one
    restoring.py  bring one back
"""
