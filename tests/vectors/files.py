#!/usr/bin/env python3
"""Makes files.json: known answers for files (docs/protocol.md, section 7).

Nothing here is shared with the Rust code. ChaCha20-Poly1305 is that of Python's `cryptography` (OpenSSL);
HChaCha20 and BLAKE3 are written here from their specifications.

    pip install cryptography
    python3 tests/vectors/files.py            # compares with files.json, exit code 1 if different
    python3 tests/vectors/files.py --write    # writes it
"""

import json
import pathlib
import struct
import sys

from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

MASK = 0xFFFFFFFF


def rotated(x, n):
    return ((x << n) | (x >> (32 - n))) & MASK


# XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03).


def hchacha20(key, nonce):
    s = list(struct.unpack("<16I", b"expand 32-byte k" + key + nonce))

    def quarter(a, b, c, d):
        for x, y, z, n in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
            s[x] = (s[x] + s[y]) & MASK
            s[z] = rotated(s[z] ^ s[x], n)

    for _ in range(10):
        for i in range(4):
            quarter(i, 4 + i, 8 + i, 12 + i)
        for i in range(4):
            quarter(i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4)
    return struct.pack("<8I", *s[:4], *s[12:])


def xseal(key, nonce, text):
    return ChaCha20Poly1305(hchacha20(key, nonce[:16])).encrypt(bytes(4) + nonce[16:], text, b"")


# BLAKE3 (its paper, section 2).

IV = [0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A, 0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19]
ORDER = [2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8]
CHUNK_START, CHUNK_END, PARENT, ROOT = 1, 2, 4, 8


def compress(cv, words, counter, length, flags):
    s = cv + IV[:4] + [counter & MASK, counter >> 32, length, flags]

    def g(a, b, c, d, x, y):
        s[a] = (s[a] + s[b] + x) & MASK
        s[d] = rotated(s[d] ^ s[a], 16)
        s[c] = (s[c] + s[d]) & MASK
        s[b] = rotated(s[b] ^ s[c], 20)
        s[a] = (s[a] + s[b] + y) & MASK
        s[d] = rotated(s[d] ^ s[a], 24)
        s[c] = (s[c] + s[d]) & MASK
        s[b] = rotated(s[b] ^ s[c], 25)

    for _ in range(7):
        for i in range(4):
            g(i, 4 + i, 8 + i, 12 + i, words[2 * i], words[2 * i + 1])
        for i in range(4):
            g(i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4, words[8 + 2 * i], words[9 + 2 * i])
        words = [words[i] for i in ORDER]
    return [s[i] ^ s[i + 8] for i in range(8)]


def chunk(data, counter, root):
    cv = IV
    blocks = max(1, -(-len(data) // 64))
    for i in range(blocks):
        block = data[64 * i : 64 * i + 64]
        last = i == blocks - 1
        flags = (CHUNK_START if i == 0 else 0) | ((CHUNK_END | root) if last else 0)
        cv = compress(cv, struct.unpack("<16I", block.ljust(64, b"\0")), counter, len(block), flags)
    return cv


def tree(data, counter, root):
    if len(data) <= 1024:
        return chunk(data, counter, root)
    left = 1 << ((len(data) - 1) // 1024).bit_length() - 1
    one = tree(data[: 1024 * left], counter, 0)
    two = tree(data[1024 * left :], counter + left, 0)
    return compress(IV, one + two, 0, 64, PARENT | root)


def blake3(*parts):
    return struct.pack("<8I", *tree(b"".join(parts), 0, ROOT))


# Section 7.


def label(name):
    return b"betwixt1:" + name + b"\0"


def padme(size):
    if size < 2:
        return 1
    e = size.bit_length() - 1
    bits = max(0, e - e.bit_length())
    return -(-size // (1 << bits)) * (1 << bits)


def sealed(key, prefix, content):
    text = content.ljust(padme(len(content)), b"\0")
    pieces = [text[i : i + 65536] for i in range(0, len(text), 65536)]
    last = len(pieces) - 1
    return [
        xseal(key, prefix + struct.pack(">I", i) + bytes([i == last]), piece) for i, piece in enumerate(pieces)
    ]


def page_hashes(hashes):
    return [blake3(label(b"blob-page"), b"".join(hashes[i : i + 1024])) for i in range(0, len(hashes), 1024)]


def blob_id(size, pages):
    return blake3(label(b"blob"), struct.pack(">Q", size), b"".join(pages))


def file(size):
    key, prefix = bytes(range(32)), bytes(range(100, 119))
    content = bytes((i * 31 + i // 256) % 256 for i in range(size))
    chunks = sealed(key, prefix, content)
    pages = page_hashes([blake3(it) for it in chunks])
    total = sum(map(len, chunks))
    return {
        "size": size,
        "sealed_size": total,
        "hash": blake3(content).hex(),
        "begins": [it[:16].hex() for it in chunks],
        "ends": [it[-16:].hex() for it in chunks],
        "chunks": [blake3(it).hex() for it in chunks],
        "pages": [it.hex() for it in pages],
        "blob": blob_id(total, pages).hex(),
    }


def main():
    # Known from BLAKE3's own vectors: of nothing, and of 2049 bytes of its pattern.
    assert blake3(b"").hex() == "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262"
    pattern = bytes(i % 251 for i in range(2049))
    assert blake3(pattern).hex()[:16] == "5f4d72f40d7a5f82"
    # Three pages, of hashes that nobody had to make a file for.
    hashes = [blake3(struct.pack(">I", i)) for i in range(2050)]
    size = 2050 * 65552 - 100
    pages = page_hashes(hashes)
    sizes = [0, 1, 2, 3, 9, 100, 255, 1000, 65536, 65537, 10**6, 2**30, 2**30 + 1, 2**38 - 1]
    return {
        "padded": [[size, padme(size)] for size in sizes],
        "files": [file(size) for size in (0, 5, 65536, 70000, 200000)],
        "large": {"size": size, "pages": [it.hex() for it in pages], "blob": blob_id(size, pages).hex()},
    }


if __name__ == "__main__":
    path = pathlib.Path(__file__).with_name("files.json")
    text = json.dumps(main(), indent=1) + "\n"
    if "--write" in sys.argv:
        path.write_text(text)
    elif path.read_text() != text:
        sys.exit("files.json is not what files.py makes")
