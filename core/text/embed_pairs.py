#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Turns spelling_pairs.txt into the rows of C tables.

    embed_pairs.py FROM TO      "haem- hem-" becomes
                                PAIR("haem", 4, 0x..., "hem", 3, 0x..., 0, 1)

with lengths and sets, as set_of() in spelling.c makes them: a bit for each
letter, and above these one for each two neighbours.
"""
import sys


def part(word):
    word = word.strip("-")
    letters = word.encode("ascii")
    bits = 0
    for byte in letters:
        bits |= 1 << byte % 32
    for one, next_one in zip(letters, letters[1:]):
        bits |= 1 << 32 + (5 * one + next_one) % 32
    return '"%s", %d, 0x%x' % (word, len(word), bits)


rows = []
for number, line in enumerate(open(sys.argv[1], encoding="ascii"), 1):
    line = line.split("#")[0].strip()
    if not line:
        continue
    british, american = line.split()
    head = british.startswith("-"), american.startswith("-")
    tail = british.endswith("-"), american.endswith("-")
    if head[0] != head[1] or tail[0] != tail[1] or british == american:
        sys.exit("%s:%d: '%s' is no pair" % (sys.argv[1], number, line))
    rows.append("PAIR(%s, %s, %d, %d)\n" % (
        part(british), part(american), head[0], tail[0]))
with open(sys.argv[2], "w", encoding="ascii") as out:
    out.writelines(rows)
