#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""An input for the dwarf fuzz target out of an ELF file: dwarf_seed.py ELF > SEED.

Needs objcopy.  The sections are in the order of enum rw_dwarf_section.
"""
import os
import struct
import subprocess
import sys
import tempfile

SECTIONS = ['info', 'abbrev', 'aranges', 'line', 'str', 'line_str', 'ranges', 'rnglists',
            'addr', 'str_offsets']


def main():
    with tempfile.TemporaryDirectory() as tmp:
        for name in SECTIONS:
            path = os.path.join(tmp, name)
            subprocess.run(['objcopy', '-O', 'binary', '--set-section-flags',
                            '.debug_%s=alloc' % name, '-j', '.debug_' + name, sys.argv[1], path],
                           check=False, stderr=subprocess.DEVNULL)
            data = b''
            if os.path.exists(path):
                with open(path, 'rb') as f:
                    data = f.read()
            sys.stdout.buffer.write(struct.pack('<I', len(data)) + data)


if __name__ == '__main__':
    main()
