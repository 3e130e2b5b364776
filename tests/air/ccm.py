# SPDX-License-Identifier: MIT
"""
AES-CCM of data physical channel PDUs (Core v5.4, Vol 6, Part E; RFC 3610), made of single blocks
that the openssl command enciphers. All PDUs of a session go side by side, block after block, so that a
session costs as many runs of openssl as its longest PDU has blocks, and a few.
"""

import functools
import shutil
import subprocess
from dataclasses import dataclass

BLOCK = 16
MIC_SIZE = 4
HEADER_MASK = 0xE3  # NESN, SN and MD are no part of what is authenticated


class Unavailable(Exception):
    """There is no openssl to ask."""


@dataclass
class Sealed:
    """One encrypted PDU and its place in the session."""

    counter: int
    from_central: bool
    header: int  # the first octet of the PDU
    octets: bytes  # ciphertext and MIC


def aes(key, blocks):
    """The security function e, of each of a list of blocks (Vol 3, Part H, 2.2.1)."""
    return blocks_of(enciphered(key, b"".join(blocks))) if blocks else []


@functools.lru_cache(256)
def enciphered(key, octets):
    if not shutil.which("openssl"):
        raise Unavailable("openssl is not installed")
    done = subprocess.run(["openssl", "enc", "-aes-128-ecb", "-nopad", "-K", key.hex()],
                          input=octets, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    if done.returncode != 0 or len(done.stdout) != len(octets):
        raise Unavailable(f"openssl: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout


def xor(a, b):
    return bytes(x ^ y for x, y in zip(a, b))


def session_key(ltk, skd_c, skd_p):
    """The LTK most significant octet first; the halves of SKD as LL_ENC_REQ and _RSP carry them."""
    return aes(ltk, [(skd_c + skd_p)[::-1]])[0]


def nonce(iv, pdu):
    """2.1. `iv`: that of LL_ENC_REQ, then that of LL_ENC_RSP."""
    counter = pdu.counter | (1 << 39 if pdu.from_central else 0)
    return counter.to_bytes(5, "little") + iv


def padded(octets):
    return octets + bytes(-len(octets) % BLOCK)


def blocks_of(octets):
    return [octets[at:at + BLOCK] for at in range(0, len(octets), BLOCK)]


def key_streams(key, iv, pdus):
    """For each PDU what its MIC and its payload are mixed with (2.3)."""
    wanted = []
    for pdu in pdus:
        count = -(-(len(pdu.octets) - MIC_SIZE) // BLOCK)
        wanted += [b"\x01" + nonce(iv, pdu) + number.to_bytes(2, "big")
                   for number in range(count + 1)]
    stream = iter(aes(key, wanted))
    for pdu in pdus:
        count = -(-(len(pdu.octets) - MIC_SIZE) // BLOCK)
        first = next(stream)
        yield first[:MIC_SIZE], b"".join(next(stream) for _ in range(count))


def authenticate(key, iv, pdus, plains):
    """CBC-MAC of B0, B1 and the payload (2.2): the MICs before they are mixed."""
    chains = []
    for pdu, plain in zip(pdus, plains):
        first = b"\x49" + nonce(iv, pdu) + len(plain).to_bytes(2, "big")
        header = padded(b"\x00\x01" + bytes([pdu.header & HEADER_MASK]))
        chains.append(blocks_of(first + header + padded(plain)))
    state = [bytes(BLOCK)] * len(pdus)
    for step in range(max(map(len, chains), default=0)):
        going = [i for i, chain in enumerate(chains) if step < len(chain)]
        done = aes(key, [xor(state[i], chains[i][step]) for i in going])
        for i, block in zip(going, done):
            state[i] = block
    return [block[:MIC_SIZE] for block in state]


def open_all(key, iv, pdus):
    """For each of a session's PDUs: (plaintext, whether the MIC is right)."""
    streams = list(key_streams(key, iv, pdus))
    plains = [xor(pdu.octets[:-MIC_SIZE], stream) for pdu, (_, stream) in zip(pdus, streams)]
    mics = authenticate(key, iv, pdus, plains)
    return [(plain, xor(mic, mask) == pdu.octets[-MIC_SIZE:])
            for pdu, plain, mic, (mask, _) in zip(pdus, plains, mics, streams)]


def seal_all(key, iv, pdus):
    """`octets` of each being plaintext: the ciphertexts with their MICs."""
    room = [Sealed(pdu.counter, pdu.from_central, pdu.header, pdu.octets + bytes(MIC_SIZE))
            for pdu in pdus]
    mics = authenticate(key, iv, pdus, [pdu.octets for pdu in pdus])
    return [xor(pdu.octets, stream) + xor(mic, mask)
            for pdu, mic, (mask, stream) in zip(pdus, mics, key_streams(key, iv, room))]
