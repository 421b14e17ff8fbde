#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Turns spelling_pairs.txt into the rows of a C table.

    embed_pairs.py FROM TO      "haem- hem-" becomes
                                {{"haem", 4, 0x2122}, {"hem", 3, 0x2120}, 0, 1},

with lengths and a bit for each letter.
"""
import sys


def part(word):
    word = word.strip("-")
    letters = 0
    for byte in word.encode("ascii"):
        letters |= 1 << byte % 32
    return '{"%s", %d, 0x%x}' % (word, len(word), letters)


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
    rows.append("{%s, %s, %d, %d},\n" % (
        part(british), part(american), head[0], tail[0]))
with open(sys.argv[2], "w", encoding="ascii") as out:
    out.writelines(rows)
