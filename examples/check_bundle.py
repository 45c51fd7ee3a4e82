#!/usr/bin/env python3
"""Checks evidence about calls as docs/evidence.md describes it, with nothing of karnay: Python's standard library alone.

    python3 check_bundle.py [--key PUBLIC] evidence.json ...

Prints a line for each file. Exit codes: 0 all are whole, 1 one is not, 2 wrong use.
What belongs to persons stays closed here: opening it takes AES-256-GCM, which the standard library has not.
"""

import hashlib
import json
import re
import sys

# Ed25519 (RFC 8032), verification only, in extended coordinates.
P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)


def add(a, b):
    e, f = (a[1] - a[0]) * (b[1] - b[0]), (a[1] + a[0]) * (b[1] + b[0])
    g, h = 2 * a[3] * b[3] * D, 2 * a[2] * b[2]
    e, f, g, h = f - e, h - g, h + g, f + e
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def times(number, point):
    found = (0, 1, 1, 0)
    while number:
        if number & 1:
            found = add(found, point)
        point, number = add(point, point), number >> 1
    return found


def point(data):
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if x * x % P != square:
        x = x * ROOT % P
    if x * x % P != square or (x == 0 and sign):
        return None
    x = P - x if x & 1 != sign else x
    return (x, y, 1, x * y % P)


BASE = point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def is_signed(text, key, signature):
    key, signature = bytes.fromhex(key), bytes.fromhex(signature)
    a, r, s = point(key), point(signature[:32]), int.from_bytes(signature[32:], "little")
    if a is None or r is None or s >= L:
        return False
    k = hashlib.sha512(signature[:32] + key + text.encode()).digest()
    left, right = times(s, BASE), add(r, times(int.from_bytes(k, "little") % L, a))
    same = (left[0] * right[2] - right[0] * left[2]) % P == 0
    return same and (left[1] * right[2] - right[1] * left[2]) % P == 0


class Wrong(Exception):
    pass


def need(right, place, what):
    if not right:
        raise Wrong(f"{place}: {what}")


# The shape of the file: nothing may be missing, and nothing may be there that is not described.
COUNT, TIME, TEXT, UUID = "count", "time", "text", "uuid"
CHECKPOINT = {"number": COUNT, "position": COUNT, "digest": 64, "signedAt": TIME, "key": 64, "signature": 128}
SHAPE = {
    "format": TEXT,
    "statement": {
        "organization": TEXT, "kind": TEXT, "id": TEXT, "madeAt": TIME, "own": [COUNT], "causes": [COUNT],
        "digests": [64], "key": 64, "signature": 128,
    },
    "events": [{
        "position": COUNT, "kind": TEXT, "stream": TEXT, "sequence": COUNT, "eventType": TEXT,
        "eventVersion": TEXT, "payload": TEXT, "metadata": TEXT, "occurredAt": TIME, "recordedAt": TIME,
    }],
    "paths": [{
        "after": COUNT, "digest": 64, "batches": [{"recordedAt": TIME, "hashes": [64]}], "checkpoint": CHECKPOINT,
    }],
    "keys": [{
        "number": COUNT, "key": 64, "madeAt": TIME, "firstCheckpoint": COUNT, "vouchedBy": 64, "signature": 128,
    }],
    "personalKeys": [{"id": UUID, "secret": 64}],
}


def shaped(value, shape, place):
    if isinstance(shape, dict):
        need(isinstance(value, dict) and value.keys() == shape.keys(), place, "it has other members")
        for name, inner in shape.items():
            shaped(value[name], inner, f"{place}.{name}" if place else name)
    elif isinstance(shape, list):
        need(isinstance(value, list), place, "it is no list")
        for number, inner in enumerate(value):
            shaped(inner, shape[0], f"{place}[{number}]")
    elif isinstance(shape, int):
        digits = isinstance(value, str) and re.fullmatch(f"[0-9a-f]{{{shape}}}", value)
        need(digits, place, f"it is not {shape} digits of 0-9 and a-f")
    elif shape in (COUNT, TIME):
        least = 0 if shape == COUNT else -(2**63)
        need(type(value) is int and least <= value < 2**64, place, "it is no such number")
    else:
        need(isinstance(value, str), place, "it is no text")


def once(pairs):
    need(len({name for name, _ in pairs}) == len(pairs), "the file", "a member is there twice")
    return dict(pairs)


def check_keys(keys):
    before = None
    for number, key in enumerate(keys, 1):
        place = f"keys: signing key {number}"
        need(key["number"] == number, place, "it is missing")
        text = (
            f"karnay key 1\nnumber {number}\nkey {key['key']}\nmade {key['madeAt']}\n"
            f"first {key['firstCheckpoint']}\nby {key['vouchedBy']}\n"
        )
        need(is_signed(text, key["vouchedBy"], key["signature"]), place, "it is not the one that was vouched for")
        by = {key["key"]} | ({before["key"]} if before else set())
        need(key["vouchedBy"] in by, place, "the key before it does not vouch for it")
        need(key["firstCheckpoint"] >= (before["firstCheckpoint"] if before else 1), place, "it signs too early")
        before = key
    need(len({key["key"] for key in keys}) == len(keys), "keys", "one was in use before")


def check_statement(evidence):
    said, keys = evidence["statement"], [key["key"] for key in evidence["keys"]]
    own, causes = (",".join(map(str, said[name])) for name in ("own", "causes"))
    text = (
        f"karnay evidence 1\norganization {said['organization']}\nkind {said['kind']}\nid {said['id']}\n"
        f"made {said['madeAt']}\nown {own}\ncauses {causes}\ndigests {','.join(said['digests'])}\nkey {said['key']}\n"
    )
    need(said["key"] in keys, "statement.key", "it is not among the keys")
    need(is_signed(text, said["key"], said["signature"]), "statement", "it is not the one that was signed")
    positions = [event["position"] for event in evidence["events"]]
    need(positions == sorted(set(positions)), "events", "they are not in the order of the journal")
    need(sorted(said["own"] + said["causes"]) == positions, "events", "they are not the ones that are stated")
    digests = [path["checkpoint"]["digest"] for path in evidence["paths"]]
    need(said["digests"] == digests, "statement.digests", "they are not those of the checkpoints")


def check_checkpoint(checkpoint, keys, place):
    of_then = [key["key"] for key in keys if key["firstCheckpoint"] <= checkpoint["number"]]
    need(of_then and of_then[-1] == checkpoint["key"], place, "it names another key than the one of its time")
    text = (
        f"karnay checkpoint 1\nnumber {checkpoint['number']}\nposition {checkpoint['position']}\n"
        f"digest {checkpoint['digest']}\nsigned {checkpoint['signedAt']}\nkey {checkpoint['key']}\n"
    )
    need(is_signed(text, checkpoint["key"], checkpoint["signature"]), place, "it is not the one that was signed")


def number(value):
    return value.to_bytes(8, "big", signed=value < 0)


def event_hash(event):
    def text(name):
        data = event[name].encode()
        return len(data).to_bytes(4, "big") + data

    return hashlib.sha256(
        text("kind") + text("stream") + number(event["sequence"]) + text("eventType") + text("eventVersion")
        + text("payload") + text("metadata") + number(event["occurredAt"])
    ).hexdigest()


def check_path(path, events, place):
    position, digest, recorded_at = path["after"], bytes.fromhex(path["digest"]), -(2**63)
    need(position > 0 or digest == bytes(32), f"{place}.digest", "the first batch chains to nothing")
    for nth, batch in enumerate(path["batches"]):
        here = f"{place}.batches[{nth}]"
        need(batch["hashes"] and batch["recordedAt"] >= recorded_at, here, "it is empty, or out of order")
        recorded_at = batch["recordedAt"]
        data = digest + number(recorded_at)
        for hashed in batch["hashes"]:
            position += 1
            event = events.pop(position, None)
            if event is not None:
                need(event_hash(event) == hashed, f"position {position}", "it is not the event that was recorded")
                need(event["recordedAt"] == recorded_at, f"position {position}", "its time is not its batch's")
            data += number(position) + bytes.fromhex(hashed)
        digest = hashlib.sha256(data).digest()
    checkpoint = path["checkpoint"]
    need(position == checkpoint["position"], place, "it does not end where the checkpoint was signed")
    need(digest.hex() == checkpoint["digest"], place, "it does not lead to the digest that was signed")


def check_personal_keys(evidence):
    """That each is the key of one of the events; whether it opens it is not looked at."""
    ids = [key["id"] for key in evidence["personalKeys"]]
    need(ids == sorted(set(ids)), "personalKeys", "they are not in order")


def check(text, known):
    evidence = json.loads(text, object_pairs_hook=once)
    shaped(evidence, SHAPE, "")
    need(evidence["format"] == "karnay-evidence/1", "format", "this program knows karnay-evidence/1")
    keys = evidence["keys"]
    check_keys(keys)
    check_statement(evidence)
    events = {event["position"]: event for event in evidence["events"]}
    before = None
    for nth, path in enumerate(evidence["paths"]):
        place, checkpoint = f"paths[{nth}]", path["checkpoint"]
        check_checkpoint(checkpoint, keys, f"{place}.checkpoint")
        behind = before is None or (before["position"] <= path["after"] and before["number"] < checkpoint["number"])
        need(behind, place, "it overlaps the one before it")
        before = checkpoint
        check_path(path, events, place)
    need(not events, f"positions {sorted(events)}", "no path leads from there to a checkpoint")
    check_personal_keys(evidence)
    if known is not None:
        names = [key["key"] for key in keys]
        need(known in names, "keys", f"{known} is not among them")
        since = keys[names.index(known) + 1 : names.index(evidence["statement"]["key"]) + 1]
        vouched = all(key["key"] != key["vouchedBy"] for key in since)
        carried = names.index(known) <= names.index(evidence["statement"]["key"]) and vouched
        need(carried, "keys", f"trust in {known} does not carry to the one that signed this")
    said = evidence["statement"]
    return f"whole: {said['kind']} {said['id']}, {len(evidence['events'])} events, key {said['key']}"


def main(arguments):
    known = None
    if arguments[:1] == ["--key"] and len(arguments) > 1:
        known, arguments = arguments[1], arguments[2:]
    if not arguments:
        print(__doc__, file=sys.stderr)
        return 2
    all_whole = True
    for name in arguments:
        try:
            with open(name, encoding="utf-8") as file:
                print(f"{name}: {check(file.read(), known)}")
        except (Wrong, ValueError, OverflowError) as why:
            all_whole = False
            print(f"{name}: WRONG, {why}")
    return 0 if all_whole else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
