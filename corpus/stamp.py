# SPDX-License-Identifier: MIT
"""Writes a number that changes whenever a reader's source does.

usage: stamp.py SOURCE... OUTPUT

An index keeps the number; where it is another, files are read again though
they are the same.
"""
import sys
import zlib

stamp = 0
for path in sys.argv[1:-1]:
    with open(path, 'rb') as source:
        stamp = zlib.crc32(source.read(), stamp)
with open(sys.argv[-1], 'w', encoding='ascii') as out:
    out.write(f'0x{stamp:08x}u\n')
