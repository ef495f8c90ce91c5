#!/usr/bin/env python3
"""
Checks evidence packs of Dealix on any machine: python verify.py pack.json [more packs] [--key HEX]

It needs Python 3.9 or newer and nothing else: no network, no Dealix, no other package.

يتحقق من حزم إثبات Dealix على أي جهاز فيه بايثون، بلا شبكة وبلا أي برنامج آخر.

What is checked: the hash of every item and of every text, the hash of the whole envelope, the Ed25519 signature
(RFC 8032), and, when several packs are given, that each names the hash of the one before it. What people wrote
lies beside the envelope, which holds a salted hash of it: a text that is gone was forgotten, and the pack stays
genuine. What cannot be checked here is whose key it is: compare the key id with the one that Dealix gave you on
another way, or name the key with --key.
"""

import hashlib
import json
import sys

# Ed25519 as RFC 8032 chapter 5.1 defines it; only the checking half.
_P = 2**255 - 19
_L = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, _P - 2, _P) % _P
_SQRT_OF_MINUS_1 = pow(2, (_P - 1) // 4, _P)


def _add(a, b):
    """The sum of two points, in extended coordinates."""
    e = (a[1] - a[0]) * (b[1] - b[0]) % _P
    f = (a[1] + a[0]) * (b[1] + b[0]) % _P
    g = 2 * a[3] * b[3] * _D % _P
    h = 2 * a[2] * b[2] % _P
    e, f, g, h = f - e, h - g, h + g, f + e
    return (e * f % _P, g * h % _P, f * g % _P, e * h % _P)


def _times(number, point):
    total = (0, 1, 1, 0)
    while number:
        if number & 1:
            total = _add(total, point)
        point = _add(point, point)
        number >>= 1
    return total


def _x_of(y, sign):
    if y >= _P:
        return None
    square = (y * y - 1) * pow(_D * y * y + 1, _P - 2, _P) % _P
    if square == 0:
        return None if sign else 0
    x = pow(square, (_P + 3) // 8, _P)
    if (x * x - square) % _P:
        x = x * _SQRT_OF_MINUS_1 % _P
    if (x * x - square) % _P:
        return None
    return _P - x if (x & 1) != sign else x


def _point(raw):
    if len(raw) != 32:
        return None
    y = int.from_bytes(raw, "little")
    sign, y = y >> 255, y & ((1 << 255) - 1)
    x = _x_of(y, sign)
    return None if x is None else (x, y, 1, x * y % _P)


_BASE_Y = 4 * pow(5, _P - 2, _P) % _P
_BASE_X = _x_of(_BASE_Y, 0)
_BASE = (_BASE_X, _BASE_Y, 1, _BASE_X * _BASE_Y % _P)


def is_signed(public, message, signature):
    """Whether this key has made this signature of this message; all three are bytes."""
    key = _point(public)
    if key is None or len(signature) != 64:
        return False
    r = _point(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if r is None or s >= _L:
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % _L
    left, right = _times(s, _BASE), _add(r, _times(h, key))
    return not ((left[0] * right[2] - right[0] * left[2]) % _P or (left[1] * right[2] - right[1] * left[2]) % _P)


def canonical(value):
    """JSON as RFC 8785 says, for what a pack may hold: texts, whole numbers, booleans, null, lists, objects."""
    if value is None or isinstance(value, (bool, str)):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, int):
        if abs(value) >= 2**53:
            raise ValueError("a number is too large for JSON")
        return str(value)
    if isinstance(value, list):
        return "[" + ",".join(canonical(held) for held in value) + "]"
    if isinstance(value, dict):
        names = sorted(value, key=lambda name: name.encode("utf-16-be"))
        return "{" + ",".join(canonical(name) + ":" + canonical(value[name]) for name in names) + "}"
    raise ValueError("a pack holds no " + type(value).__name__)


def sha256(value):
    return hashlib.sha256(canonical(value).encode("utf-8")).hexdigest()


def text_hashes(value):
    """The hash of every text that the pack speaks of."""
    if isinstance(value, dict):
        own = {value["text_sha256_salted"]} if set(value) == {"text_sha256_salted"} else set()
        return own.union(*(text_hashes(held) for held in value.values()))
    if isinstance(value, list):
        return set().union(*(text_hashes(held) for held in value))
    return set()


def problems_of(document, pinned=""):
    """What is wrong with one exported pack, in words; an empty list when nothing is."""
    try:
        envelope, stored = document["envelope"], document["hash"]
        signature, key = document["signature"], document["public_key"]
        found = []
        if set(document) != {"format", "envelope", "texts", "hash", "signature", "public_key"}:
            found.append("the file holds more or less than a pack")
        if document["format"] != "dealix-evidence-pack-1":
            found.append("this is not a format that this program knows")
        for number, item in enumerate(envelope["items"]):
            rest = {name: held for name, held in item.items() if name != "sha256"}
            if item["sha256"] != sha256(rest):
                found.append(f"item {number} ({item.get('type')}) is not what was packed")
        named = text_hashes(envelope["items"])
        for text in document["texts"]:
            if set(text) != {"sha256", "salt", "text"} or text["sha256"] not in named:
                found.append("a text belongs to nothing in the pack")
            elif sha256({"salt": text["salt"], "text": text["text"]}) != text["sha256"]:
                found.append("a text is not what somebody wrote")
        if sha256(envelope) != stored:
            found.append("the envelope is not what was signed: its hash is another")
        raw = bytes.fromhex(key["hex"])
        if set(key) != {"id", "algorithm", "hex"} or set(signature) != {"key_id", "algorithm", "hex"}:
            found.append("the key or the signature holds more or less than it should")
        if key["algorithm"] != "Ed25519" or signature["algorithm"] != "Ed25519":
            found.append("this is not a signature that this program knows")
        if hashlib.sha256(raw).hexdigest()[:16] != key["id"] or key["id"] != signature["key_id"]:
            found.append("the key is not the one that the signature names")
        if pinned and key["hex"] != pinned.lower():
            found.append("the pack was signed with another key than the one you named")
        if key["hex"] != key["hex"].lower() or signature["hex"] != signature["hex"].lower():
            found.append("the key or the signature is written in another way than we write it")
        if not is_signed(raw, ("dealix pack v1 " + stored).encode(), bytes.fromhex(signature["hex"])):
            found.append("the signature is not genuine")
        return found
    except (KeyError, TypeError, ValueError, AttributeError) as unreadable:
        return [f"this is not a pack: {type(unreadable).__name__} {unreadable}"]


def links_of(documents):
    """What is wrong between packs of one tenant, in words."""
    found = []
    known = sorted((d["envelope"] for d in documents), key=lambda e: (e["tenant_id"], e["seq"]))
    hashes = {(d["envelope"]["tenant_id"], d["envelope"]["seq"]): d["hash"] for d in documents}
    if len(hashes) < len(documents):
        found.append("two packs have the same number")
    for envelope in known:
        before = hashes.get((envelope["tenant_id"], envelope["seq"] - 1))
        if before is not None and before != envelope["prev_hash"]:
            found.append(f"pack {envelope['seq']} names another pack before it")
        if envelope["seq"] == 1 and envelope["prev_hash"] != "0" * 64:
            found.append("the first pack names a pack before it")
    return found


def _once(pairs):
    """An object of JSON; one that names a field twice is refused, for readers differ in which they believe."""
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a name stands twice in one object")
    return made


def _no_fraction(text):
    raise ValueError("a pack holds no fractions: " + text)


def read(file):
    """The document in a file. Raises ValueError, OSError."""
    with open(file, "rb") as opened:  # noqa: PTH123  (this file stands alone)
        raw = opened.read()
    text = raw.decode("utf-8")
    document = json.loads(text, object_pairs_hook=_once, parse_float=_no_fraction, parse_constant=_no_fraction)
    if canonical(document).encode("utf-8") != raw:
        raise ValueError("not a byte of a pack may be written in another way than Dealix wrote it")
    return document


def main(arguments):
    """Print what was found; 0 when every pack is genuine, 1 when one is not, 2 when nothing was asked."""
    pinned = ""
    if "--key" in arguments:
        place = arguments.index("--key")
        pinned = "".join(arguments[place + 1 : place + 2])
        del arguments[place : place + 2]
    if not arguments:
        print(__doc__)
        return 2
    genuine, is_fine = [], True
    for file in arguments:
        try:
            document = read(file)
            found = problems_of(document, pinned)
        except (OSError, ValueError, RecursionError) as unreadable:
            found = [f"cannot be read: {unreadable}"]
        for problem in found:
            print(f"NOT VALID غير سليم  {file}: {problem}")
        if found:
            is_fine = False
        else:
            genuine.append(document)
            print("VALID سليم  {}: {}".format(file, document["hash"]))
            print("  signed by key {} {}".format(document["public_key"]["id"], document["public_key"]["hex"]))
            gone = len(text_hashes(document["envelope"]["items"])) - len(document["texts"])
            if gone:
                print(f"  {gone} texts were forgotten at the wish of who wrote them")
            if document["envelope"]["missing"]:
                print("  it says itself that it lacks: {}".format(", ".join(document["envelope"]["missing"])))
    for problem in links_of(genuine):
        is_fine = False
        print(f"NOT VALID غير سليم  the chain: {problem}")
    return 0 if is_fine else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
