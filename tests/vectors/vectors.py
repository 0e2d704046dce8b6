#!/usr/bin/env python3
"""Makes protocol.json: known answers for every derivation and layout of docs/protocol.md.

Nothing here is shared with the Rust code. X25519, Ed25519 and ChaCha20-Poly1305 are those of Python's
`cryptography` (OpenSSL), XChaCha20-Poly1305 is that of PyNaCl (libsodium), SHA-2 and HMAC are Python's
own; Noise, HKDF, CBOR and base45 are written here from their specifications.

    pip install cryptography pynacl
    python3 tests/vectors/vectors.py            # compares with protocol.json, exit code 1 if different
    python3 tests/vectors/vectors.py --write    # writes it
"""

import base64
import hashlib
import hmac as hmac_module
import json
import pathlib
import struct
import sys

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from nacl.bindings import crypto_aead_xchacha20poly1305_ietf_encrypt

# Primitives and notation (section 0).


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def hmac(key, *parts):
    return hmac_module.new(key, b"".join(parts), hashlib.sha256).digest()


def hkdf(salt, ikm, info, length):
    """RFC 5869."""
    prk = hmac(salt or bytes(32), ikm)
    out, block = b"", b""
    for i in range(1, -(-length // 32) + 1):
        block = hmac(prk, block, info, bytes([i]))
        out += block
    return out[:length]


def label(name):
    return b"betwixt1:" + name.encode() + b"\0"


def kdf(name, ikm, salt=b"", ctx=b"", length=32):
    return hkdf(salt, ikm, label(name) + ctx, length)


def u16(n):
    return struct.pack(">H", n)


def u32(n):
    return struct.pack(">I", n)


def lp(data):
    return u32(len(data)) + data


def x_public(secret):
    return X25519PrivateKey.from_private_bytes(secret).public_key().public_bytes_raw()


def dh(secret, public):
    return X25519PrivateKey.from_private_bytes(secret).exchange(X25519PublicKey.from_public_bytes(public))


def ed_public(seed):
    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()


def sign(seed, name, *parts):
    return Ed25519PrivateKey.from_private_bytes(seed).sign(label(name) + b"".join(parts))


def seal(key, nonce, ad, plaintext):
    return ChaCha20Poly1305(key).encrypt(nonce, plaintext, ad)


def xseal(key, nonce, ad, plaintext):
    return crypto_aead_xchacha20poly1305_ietf_encrypt(plaintext, ad, nonce, key)


def cbor(value):
    """RFC 8949, core deterministic encoding of the few types in use."""

    def head(major, n):
        for bits, form, code in ((5, None, None), (8, ">B", 24), (16, ">H", 25), (32, ">I", 26), (64, ">Q", 27)):
            if form is None:
                if n < 24:
                    return bytes([major << 5 | n])
            elif n < 1 << bits:
                return bytes([major << 5 | code]) + struct.pack(form, n)
        raise ValueError(n)

    if value is None:
        return b"\xf6"
    if isinstance(value, int):
        return head(0, value)
    if isinstance(value, bytes):
        return head(2, len(value)) + value
    if isinstance(value, str):
        return head(3, len(value.encode())) + value.encode()
    return head(4, len(value)) + b"".join(cbor(item) for item in value)


def base45(data):
    """RFC 9285."""
    digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
    out = ""
    for i in range(0, len(data) - 1, 2):
        n = data[i] << 8 | data[i + 1]
        out += digits[n % 45] + digits[n // 45 % 45] + digits[n // 2025]
    if len(data) % 2:
        out += digits[data[-1] % 45] + digits[data[-1] // 45]
    return out


# The handshake (section 3.2).


class Noise:
    """The symmetric state of Noise, revision 34, section 5.2, for 25519_ChaChaPoly_SHA256."""

    def __init__(self, name, prologue):
        self.h = name.ljust(32, b"\0") if len(name) <= 32 else sha256(name)
        self.ck = self.h
        self.key, self.n = None, 0
        self.mix_hash(prologue)

    def mix_hash(self, data):
        self.h = sha256(self.h, data)

    def _hkdf(self, ikm, outputs):
        temp, out, last = hmac(self.ck, ikm), [], b""
        for i in range(1, outputs + 1):
            last = hmac(temp, last, bytes([i]))
            out.append(last)
        return out

    def mix_key(self, data):
        self.ck, self.key = self._hkdf(data, 2)
        self.n = 0

    def mix_key_and_hash(self, data):
        self.ck, temp, self.key = self._hkdf(data, 3)
        self.mix_hash(temp)
        self.n = 0

    def encrypt_and_hash(self, plaintext):
        sealed = seal(self.key, bytes(4) + struct.pack("<Q", self.n), self.h, plaintext)
        self.n += 1
        self.mix_hash(sealed)
        return sealed

    def split(self):
        return self._hkdf(b"", 2)


def initiate(b, e1, e2, dx_a, token, payload, use="hs"):
    """`b` holds what the initiator knows of the responder; `use` is `os` in a one-shot."""
    token_id = sha256(label("token-id"), token)[:8] if token else bytes(8)
    header = bytes([1]) + u32(b["pk_id"]) + token_id
    first = Noise(
        b"Noise_N_25519_ChaChaPoly_SHA256",
        label(use + "-n") + header + lp(b["ak"]) + lp(b["cert_body"]) + lp(b["prekey_body"]),
    )
    first.mix_hash(b["dx"])
    first.mix_hash(x_public(e1))
    first.mix_key(dh(e1, b["dx"]))
    m1 = x_public(e1) + first.encrypt_and_hash(b"")
    n1, n2 = first.split()

    kem_hash, kem_secret = sha256(b""), bytes(32)
    token_part = sha256(label("token"), token) if token else bytes(32)
    psk = kdf(use + "-psk", n1 + n2 + kem_secret + token_part, first.h, kem_hash)

    second = Noise(b"Noise_Xpsk0_25519_ChaChaPoly_SHA256", label(use + "-x") + first.h + kem_hash)
    second.mix_hash(b["pk"])
    second.mix_key_and_hash(psk)
    second.mix_hash(x_public(e2))
    second.mix_key(x_public(e2))
    second.mix_key(dh(e2, b["pk"]))
    sealed_static = second.encrypt_and_hash(x_public(dx_a))
    second.mix_key(dh(dx_a, b["pk"]))
    sealed_payload = second.encrypt_and_hash(payload)
    m2 = x_public(e2) + sealed_static + sealed_payload
    x1, x2 = second.split()
    return {
        "hdr": header,
        "m1": m1,
        "h1": first.h,
        "psk": psk,
        "m2": m2,
        "h2": second.h,
        "sk": kdf("dr-sk", x1 + x2, second.h),
        "sid": kdf("dr-sid", x1 + x2, second.h, length=16),
        "init": header + m1 + u16(len(m2)) + m2,
    }


# The double ratchet (section 3.4).


def kdf_rk(root, shared):
    out = hkdf(root, shared, label("dr-rk"), 64)
    return out[:32], out[32:]


def kdf_ck(chain):
    return hmac(chain, b"\2"), hmac(chain, b"\1")


class Side:
    """One side of a ratchet, for messages that come in order."""

    def __init__(self, sid, me, peer, root, secret=None, their_public=None):
        self.sid, self.me, self.peer, self.root = sid, me, peer, root
        self.secret, self.their_public = secret, their_public
        self.sending, self.sent, self.previous = None, 0, 0

    def step(self, secret):
        self.secret, self.previous, self.sent = secret, self.sent, 0
        self.root, self.sending = kdf_rk(self.root, dh(secret, self.their_public))

    def receive(self, their_public):
        """The peer has taken a step; what it says is not looked at."""
        self.their_public = their_public
        self.root, _ = kdf_rk(self.root, dh(self.secret, their_public))

    def seal(self, salt, ctx, plaintext):
        self.sending, message_key = kdf_ck(self.sending)
        header = x_public(self.secret) + u32(self.previous) + u32(self.sent) + salt
        self.sent += 1
        key = hkdf(salt, message_key, label("dr-msg") + self.sid, 44)
        ad = label("dr-ad") + self.sid + self.me + self.peer + header + ctx
        return header + seal(key[:32], key[32:], ad, plaintext)


# Channels and frames (section 5).

BUCKETS = [256, 512, 1024, 2048, 4096, 8192, 16384, 32768, 49152]


def topic(topic_pk):
    return "bx1/" + base64.b32encode(topic_pk).decode().rstrip("=").lower()


def frame(channel_secret, flags, day, nonce, kind, body):
    seed = kdf("chan-topic", channel_secret)
    topic_pk = ed_public(seed)
    inner = bytes([kind]) + body
    padded = u32(len(inner)) + inner
    padded = padded.ljust(next(size for size in BUCKETS if size >= len(padded)), b"\0")
    head = bytes([1, flags]) + u16(day)
    ad = label("env") + topic_pk + head
    out = head + nonce + xseal(kdf("chan-env", channel_secret), nonce, ad, padded)
    return out + sign(seed, "frame", topic_pk, out)


# The safety number (section 2.4).


def fingerprint(ak):
    h = label("fp") + ak
    for _ in range(5200):
        h = hashlib.sha512(h + ak).digest()
    return "".join("%05d" % (int.from_bytes(h[i : i + 5], "big") % 100000) for i in range(0, 30, 5))


def peer_id(node_key):
    """libp2p specs, peer-ids.md: the identity multihash of the protobuf of an Ed25519 key."""
    return bytes([0x00, 0x24, 0x08, 0x01, 0x12, 0x20]) + node_key


def same(byte):
    return bytes([byte]) * 32


def main():
    vectors = {}
    zeros = bytes(32)

    # Secrets are 32 equal bytes (appendix C).
    ak_a, ak_b, ds_a = same(0xA0), same(0xB0), same(0xA1)
    dx_a, dx_b, pk_b, rk_b = same(0x11), same(0x22), same(0x33), same(0x34)
    e1, e2, ratchet_a, ratchet_b, ratchet_a2 = same(0x44), same(0x55), same(0x66), same(0x67), same(0x68)
    dev_a, dev_b, salt, token = b"A" * 16, b"B" * 16, b"S" * 16, b"T" * 16

    b = {
        "ak": ed_public(ak_b),
        "cert_body": b"cert-body-of-b",
        "prekey_body": b"prekey-body-of-b",
        "pk_id": 7,
        "dx": x_public(dx_b),
        "pk": x_public(pk_b),
    }
    hs = vectors["handshake"] = initiate(b, e1, e2, dx_a, token, b"init-payload")
    vectors["handshake_without_token"] = initiate(b, e1, e2, dx_a, b"", b"init-payload")
    once = initiate(b, e1, e2, dx_a, b"", same(0x77), "os")
    vectors["one_shot"] = {"message": once["init"], "psk": once["psk"]}

    # A says two things, B one, A one: two steps of the ratchet.
    root, chain = kdf_rk(hs["sk"], dh(ratchet_a, x_public(rk_b)))
    a = Side(hs["sid"], dev_a, dev_b, hs["sk"], their_public=x_public(rk_b))
    a.step(ratchet_a)
    first = a.seal(salt, zeros, b"hello bob")
    chain_1 = a.sending
    second = a.seal(salt, same(9), b"are you there?")
    answering = Side(hs["sid"], dev_b, dev_a, hs["sk"], secret=rk_b)
    answering.receive(x_public(ratchet_a))
    answering.step(ratchet_b)
    reply = answering.seal(salt, zeros, b"yes")
    a.receive(x_public(ratchet_b))
    a.step(ratchet_a2)
    third = a.seal(salt, zeros, b"good")
    vectors["double_ratchet"] = {
        "rk": root,
        "ck0": chain,
        "ck1": chain_1,
        "msg": first,
        "msg1": second,
        "reply": reply,
        "msg2": third,
        "pairwise": b"\1" + u16(len(hs["init"])) + hs["init"] + first,
    }

    # An epoch of a group, a message in it, its frame (sections 4.5, 4.7, 5.2).
    r, chat, roster, op = same(0x77), same(0x88), same(0x99), same(0xAA)
    es = kdf("epoch", r, op, chat)
    cs = kdf("epoch-chan", es)
    chain0 = kdf("epoch-chain", es, ctx=dev_a)
    _, mk0 = kdf_ck(chain0)
    content = b"\x87content"
    sctx = chat + op + dev_a + u32(0) + content
    sig = sign(ds_a, "gm-sig", sctx)
    gm_header = op[:16] + u16(3) + u32(0) + salt
    key = hkdf(salt, mk0, label("gm") + chat, 44)
    gm = gm_header + seal(key[:32], key[32:], label("gm-ad") + chat + op + dev_a + gm_header, content + sig)
    commit = hmac(r, label("epoch-commit"), chat, roster)
    group_frame = frame(cs, 0, 1055, b"N" * 24, 1, gm)
    topic_pk = ed_public(kdf("chan-topic", cs))
    vectors["group"] = {
        "commit": commit,
        "seal_ctx": sha256(label("seal"), chat, commit, roster),
        "es": es,
        "cs": cs,
        "chain0": chain0,
        "mk0": mk0,
        "sig": sig,
        "mid": sha256(label("mid"), sctx),
        "msg": gm,
        "topic_pk": topic_pk,
        "topic": topic(topic_pk),
        "frame_len": len(group_frame),
        "frame_sha": sha256(group_frame),
        "frame": group_frame,
    }

    number_a, number_b = fingerprint(ed_public(ak_a)), fingerprint(ed_public(ak_b))
    vectors["safety_number"] = {
        "a": number_a,
        "b": number_b,
        "shown": "".join(sorted([number_a, number_b])),
        "qr": b"\1" + ed_public(ak_a) + ed_public(ak_b),
    }
    vectors["invite"] = {"cs": kdf("invite-chan", token, ed_public(ak_b))}

    # Derivations with plain inputs.
    vectors["kdf"] = {
        "label": label("account"),
        "no_salt_no_ctx": kdf("account", same(0xA0)),
        "salt_and_ctx": kdf("epoch", r, op, chat),
        "sixteen": kdf("dr-sid", r, op, length=16),
        "hash": sha256(label("device-id"), content),
        "hmac": hmac(r, content),
        "sig": sign(ds_a, "node", content),
        "seal": seal(r, bytes(range(12)), b"ad", content),
        "xseal": xseal(r, bytes(range(24)), b"ad", content),
        "dh": dh(dx_a, x_public(dx_b)),
    }

    # A person, their device and the objects they sign (sections 2.1 and 2.2).
    seed = same(0xC0)
    account = kdf("account", seed)
    ak = ed_public(account)
    ds, dx, nk = same(0xC1), same(0xC2), same(0xC3)
    created = 1_760_000_000_000
    cert_body = cbor([1, ak, 1, ed_public(ds), x_public(dx), created, 0])
    device_id = sha256(label("device-id"), cert_body)[:16]
    pop = sign(ds, "device-pop", cert_body)
    list_body = cbor([1, ak, 1, zeros, created, [cert_body], []])
    revoked = [[b"R" * 16, created + 1]]
    next_body = cbor([1, ak, 2, sha256(list_body), created + 2, [cert_body], revoked])
    addresses = [bytes.fromhex("0401020304061234"), bytes.fromhex("04c0a80105060001")]
    node_body = cbor([1, device_id, ed_public(nk), None, 3, created + 90 * 86_400_000, addresses, []])
    next_node_body = cbor(
        [1, device_id, ed_public(nk), ed_public(same(0xC4)), 4, created + 90 * 86_400_000, addresses, [b"relay-card"]]
    )
    profile_body = cbor([1, ak, device_id, "Zoë", 77, created])
    pk, rk = same(0xC5), same(0xC6)
    day = 86_400_000
    prekey_body = cbor([1, device_id, 7, 0, x_public(pk), x_public(rk), created, created + 21 * day, 1, None])
    suite_2_body = cbor([1, device_id, 8, 1, x_public(pk), x_public(rk), created, created + 21 * day, 3, b"k" * 1184])
    vectors["identity"] = {
        "ak_pub": ak,
        "cert_body": cert_body,
        "device_id": device_id,
        "device_cert": cbor([cert_body, sign(account, "device-cert", cert_body), pop]),
        "device_list": cbor([list_body, sign(account, "device-list", list_body), [pop]]),
        "device_list_2": cbor([next_body, sign(account, "device-list", next_body), [pop]]),
        "node_record": cbor([node_body, sign(ds, "node", node_body), sign(nk, "node-pop", node_body)]),
        "node_record_2": cbor([next_node_body, sign(ds, "node", next_node_body), sign(nk, "node-pop", next_node_body)]),
        "profile": cbor([profile_body, sign(ds, "profile", profile_body)]),
        "prekey_body": prekey_body,
        "prekey": cbor([prekey_body, sign(ds, "prekey", prekey_body)]),
        "prekey_suite_2": cbor([suite_2_body, sign(ds, "prekey", suite_2_body)]),
    }
    payload = cbor([device_id, 1, 5, created])
    vectors["init_payload"] = {"padded": payload.ljust(48, b"\0")}

    # The contact card (section 2.3).
    card = b"\1" + ak + ed_public(nk) + token + u32(created // 60_000) + bytes([len(addresses)])
    card += b"".join(bytes([len(address)]) + address for address in addresses)
    nonce = b"n" * 16
    vectors["card"] = {
        "link": "betwixt://c/#" + base64.urlsafe_b64encode(card).decode().rstrip("="),
        "qr": "BX1:" + base45(card),
        "link_with_relay": "betwixt://c/#" + base64.urlsafe_b64encode(card + b"relay-card").decode().rstrip("="),
        "token_id": sha256(label("token-id"), token)[:8],
        "bundle_proof": hmac(token, label("bundle"), peer_id(ed_public(same(0xC4))), peer_id(ed_public(nk)), nonce),
    }

    # A direct chat, a message in it, its frame (sections 4.1, 4.9, 5.1, 5.2; ADR 0003).
    one, other = sorted([ed_public(ak_a), ed_public(ak_b)])
    chat = sha256(label("direct"), one, other)
    content = b"\x86content"
    message_key, counter = same(0xD0), u32(5)
    ct = seal(message_key, bytes(12), label("dm-ad") + chat + dev_a + counter, content)
    sealing = Side(hs["sid"], dev_a, dev_b, hs["sk"], their_public=x_public(rk_b))
    sealing.step(ratchet_a)
    dm_ctx = sha256(label("dm"), chat)
    part = b"\0" + sealing.seal(salt, dm_ctx, message_key + sha256(ct))
    dm = dev_a + counter + bytes([1]) + dev_b + u16(len(part)) + part + ct
    cs = same(0xD1)
    dm_frame = frame(cs, 0, 1055, b"N" * 24, 2, dm)
    vectors["direct"] = {
        "chat_id": chat,
        "content": content,
        "ct": ct,
        "ctx": dm_ctx,
        "part": part,
        "dm": dm,
        "mid": sha256(label("mid-d"), chat, dev_a, counter, content),
        "frame": dm_frame,
    }
    topic_pk = ed_public(kdf("chan-topic", cs))
    nonce = b"n" * 32
    vectors["channel"] = {
        "topic_sk": kdf("chan-topic", cs),
        "topic_pk": topic_pk,
        "topic": topic(topic_pk),
        "env_key": kdf("chan-env", cs),
        "sync_key": kdf("chan-sync", cs),
        "frame_id": sha256(dm_frame),
        "gossip_id": sha256(topic(topic_pk).encode(), dm_frame)[:20],
        "ephemeral": frame(cs, 1, 1055, b"N" * 24, 5, b"typing"),
        "sync_a": hmac(
            kdf("chan-sync", cs), label("sync-a"), topic_pk, peer_id(ed_public(nk)), peer_id(ed_public(same(0xC4))), nonce
        ),
    }
    return vectors


def printable(value):
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, dict):
        return {key: printable(item) for key, item in value.items()}
    return value


if __name__ == "__main__":
    path = pathlib.Path(__file__).with_name("protocol.json")
    text = json.dumps(printable(main()), indent=1, ensure_ascii=False) + "\n"
    if "--write" in sys.argv:
        path.write_text(text)
    elif path.read_text() != text:
        sys.exit("protocol.json is not what vectors.py makes")
