#!/usr/bin/env python3
"""Makes chat.json: known answers for channels, contents, direct messages and the layouts of groups.

Uses the primitives of vectors.py, which shares nothing with the Rust code.

    python3 tests/vectors/chat.py            # compares with chat.json, exit code 1 if different
    python3 tests/vectors/chat.py --write    # writes it
"""

import json
import pathlib
import sys

from vectors import ed_public, frame, kdf, label, peer_id, printable, same, seal, sha256, sign, topic, u16, u32
from vectors import cbor as without_booleans


def cbor(value):
    """vectors.py has no booleans."""
    if isinstance(value, bool):
        return b"\xf5" if value else b"\xf4"
    if isinstance(value, (list, tuple)):
        head = without_booleans([None] * len(value))
        return head[: len(head) - len(value)] + b"".join(cbor(item) for item in value)
    return without_booleans(value)


CREATED = 1_767_225_600_000
DAY = 1055
MID, PREV, PARENT = same(0x04), same(0x02), same(0x03)
DEV_A, DEV_B, SALT = b"A" * 16, b"B" * 16, b"S" * 16


def content(kind, body):
    return cbor([kind, PREV, [PREV, PARENT], CREATED, 0, body])


def contents():
    epoch = bytes(16)
    thumbnail = ["image/webp", 64, 48, bytes([9]) * 10]
    manifest = [same(1), 5, 21, same(2), bytes([3]) * 19, same(4), "text/plain", "notes.txt", thumbnail]
    bare = manifest[:8]
    folder = [same(1), 15, 31, same(2), bytes([3]) * 19, same(4), "inode/directory", "Trip"]
    listed = [same(5), 7, 23, same(6), bytes([7]) * 19, same(8), "", ""]
    text = cbor(["hi", MID, [same(1)]])
    return {
        "first": cbor([1, None, [], 1, 0, cbor(["hi", None, []])]),
        "text": content(1, text),
        "edit": content(2, cbor([MID, "hi"])),
        "delete": content(3, cbor([MID])),
        "react": content(4, cbor([MID, "\U0001f44d", True])),
        "receipt": content(5, cbor([2, [[DEV_A, epoch, 7]]])),
        "attachment": content(6, cbor([manifest, "hi"])),
        "attachment_without_thumbnail": content(6, cbor([bare, ""])),
        "sound": content(18, cbor([bare, "", [0, 4200, bytes([0, 7, 31]), True]])),
        "film": content(18, cbor([manifest, "hi", [1, 61000, 1920, 1080]])),
        "timer": content(7, cbor([60])),
        "channel_set": content(8, cbor([1, same(7)])),
        "reset_notice": content(9, cbor([])),
        "rekey_request": content(10, cbor([same(1), same(2)])),
        "prekeys": content(11, cbor([[b"prekey"]])),
        "welcome": content(12, b"welcome"),
        "history_offer": content(13, b"offer"),
        "profile": content(14, cbor([b"card"])),
        "pin": content(15, cbor([MID, True])),
        "folder": content(20, cbor([folder, "hi", None, [listed, 2]])),
        "unknown": content(999, b"\xff"),
    }


def listing():
    folders = [[0, "photos"], [1, "lake"]]
    files = [[0, "read me.txt", 5, same(1)], [2, "a.jpg", 10, same(2)]]
    return {"list": cbor([1, folders, files])}


def channel():
    cs = same(0xD1)
    topic_sk = kdf("chan-topic", cs)
    pk = ed_public(topic_sk)
    relay, client, challenge, reader = peer_id(same(1)), peer_id(same(2)), same(3), b"r" * 16

    def auth(method, args):
        return sign(topic_sk, "relay-auth", bytes([method]), relay, client, challenge, sha256(cbor(args)))

    kept = frame(cs, 0, DAY, b"N" * 24, 2, b"hello")
    return {
        "topic_pk": pk,
        "topic": topic(pk),
        "frame": kept,
        "frame_id": sha256(kept),
        "ephemeral": frame(cs, 1, DAY, b"N" * 24, 5, b"typing"),
        "kept_held": frame(cs, 0, DAY, b"N" * 24, 11, ephemerals()["held"]),
        "largest": sha256(frame(cs, 0, DAY, b"N" * 24, 3, b"x" * (49_152 - 5))),
        "lease": auth(2, [pk, 60, 1]),
        "fetch": auth(4, [pk, 5, 10, reader]),
        "ack": auth(5, [pk, reader, 9]),
        "watch": auth(6, [pk, 5, 10, reader]),
        "release": auth(7, [pk]),
        "blob_put": auth(8, [pk, same(6), 1]),
        "blob_get": auth(9, [pk, same(6), reader]),
        "relay_pk": ed_public(same(0x21)),
        "custody": sign(
            same(0x21), "custody", peer_id(ed_public(same(0x21))), CREATED.to_bytes(8, "big"), same(7), same(8)
        ),
        "pairwise": cbor([DEV_B, DEV_A, b"pairwise"]),
    }


def delivery():
    chat, mids = same(0x0C), [same(3), same(4)]
    at = CREATED.to_bytes(8, "big")
    signature = sign(same(0xA1), "delivery", chat, DEV_B, DEV_A, at, *mids)
    return {
        "ds_a": ed_public(same(0xA1)),
        "delivery": cbor([chat, DEV_B, DEV_A, CREATED, mids, signature]),
        "wire": cbor([6, [[chat, CREATED, mids, signature]]]),
    }


def ephemerals():
    def ephemeral(what):
        return cbor([DEV_A, CREATED, what])

    typing = ephemeral([1, True])
    return {
        "typing": typing,
        "presence": ephemeral([2, False]),
        "held": ephemeral([3, [same(7)]]),
        "signed": cbor([typing, sign(same(0xA1), "eph", typing)]),
    }


def direct():
    one, other = ed_public(same(0xA0)), ed_public(same(0xB0))
    chat = sha256(label("direct"), *sorted([one, other]))
    key, counter, said = same(0xD0), u32(7), contents()["text"]
    ct = seal(key, bytes(12), label("dm-ad") + chat + DEV_A + counter, said)
    part = b"pairwise-b"
    dm = DEV_A + counter + bytes([1]) + DEV_B + u16(len(part)) + part + ct
    return {
        "one": one,
        "other": other,
        "chat_id": chat,
        "ctx": sha256(label("dm"), chat),
        "content": said,
        "part": key + sha256(ct),
        "ct": ct,
        "dm": dm,
        "mid": sha256(label("mid-d"), chat, DEV_A, counter, said),
        "mid_of_next": sha256(label("mid-d"), chat, DEV_A, u32(8), said),
    }


def group():
    """What vectors.py has of groups, and the layouts around it."""
    chat, op, roster = same(0x88), same(0xAA), same(0x99)
    ak, ds = ed_public(same(0xA0)), same(0xA1)

    def op_body(kind, payload):
        return cbor([1, chat, DEV_A, ak, 7, [op], CREATED, kind, cbor(payload)])

    policy = [1, True, 60, 0, same(5)]
    bodies = {
        "create": op_body(0, ["Herons", [ak], policy, [b"list"]]),
        "add": op_body(1, [b"list"]),
        "remove": op_body(2, [same(6)]),
        "role": op_body(3, [same(6), 1, b"list"]),
        "update": op_body(4, [b"list"]),
        "leave": op_body(5, []),
        "meta": op_body(6, [None, "what for", None, None, 1]),
        "epoch": op_body(7, [[op], roster, 3, same(4), same(5), 1]),
    }
    signed = cbor([bodies["leave"], sign(ds, "op", bodies["leave"])])
    chunk = same(4)[:16] + u16(0) + u16(2) + u16(1) + u16(3) + b"one" + u16(2) + u16(3) + b"two"
    return bodies | {
        "op": signed,
        "op_id": sha256(label("op"), bodies["leave"]),
        "ops": cbor([signed, signed]),
        "chunk": chunk,
        "seals_hash": sha256(sha256(chunk), sha256(b"next chunk")),
        "roster_hash": sha256(label("roster"), DEV_A, same(1), same(2), same(3), DEV_B, same(4), same(5), same(6)),
        # Of the third device 0 to 4 and 7, of the eighth 2.
        "sync_item": sha256(
            label("sync-item"), chat, op, u16(2), u32(2), u32(0), u32(4), u32(7), u32(7), u16(7), u32(1), u32(2), u32(2)
        ),
        "sync_differ": cbor([4, [chat, 9, [2, [[op, [[2, [[0, 4], [7, 7]]], [7, [[2, 2]]]]]], [same(4)]]]]),
        "sync_given": cbor([4, [chat, 9, [5, 6, [[b"context", same(5) * 2]], [[op, [[7, [[2, 2]]]]]]]]]),
        "have": cbor([5, [chat, 3, 9, [[0, 4], [7, 7]]]]),
    }


def main():
    return {
        "channel": channel(),
        "contents": contents(),
        "delivery": delivery(),
        "folder": listing(),
        "ephemeral": ephemerals(),
        "direct": direct(),
        "group": group(),
    }


if __name__ == "__main__":
    path = pathlib.Path(__file__).with_name("chat.json")
    text = json.dumps(printable(main()), indent=1, ensure_ascii=False) + "\n"
    if "--write" in sys.argv:
        path.write_text(text)
    elif path.read_text() != text:
        sys.exit("chat.json is not what chat.py makes")
