# SPDX-License-Identifier: MIT
"""Channel selection, algorithms #1 and #2 (Core v5.4, Vol 6, Part B, 4.5.8)."""


def used_channels(channel_map):
    """Five octets, channel 0 in bit 0 of the first, to the channels used, ascending."""
    bits = int.from_bytes(channel_map, "little")
    return [channel for channel in range(37) if bits >> channel & 1]


def algorithm_1(hop, used, event):
    """4.5.8.2. lastUnmappedChannel is 0 before event 0, and moves on in events that are skipped."""
    unmapped = hop * (event + 1) % 37
    return unmapped if unmapped in used else used[unmapped % len(used)]


def permute(value):
    """The bits of each of the two octets in reverse (4.5.8.3.2)."""
    text = f"{value:016b}"
    return int(text[7::-1] + text[:7:-1], 2)


def algorithm_2(access_address, used, event):
    """4.5.8.3"""
    identifier = access_address >> 16 ^ access_address & 0xFFFF
    number = event & 0xFFFF ^ identifier
    for _ in range(3):
        number = (permute(number) * 17 + identifier) & 0xFFFF
    number ^= identifier
    unmapped = number % 37
    return unmapped if unmapped in used else used[len(used) * number >> 16]
