# SPDX-License-Identifier: GPL-2.0-or-later
"""An initramfs: a "newc" cpio archive of files that stand in a dictionary."""
import stat

DIRECTORY, FILE, PROGRAM, LINK = 0o040755, 0o100644, 0o100755, 0o120777
CONSOLE = (stat.S_IFCHR | 0o600, 5, 1)


class Initramfs:
    def __init__(self):
        self.entries = []       # (path, mode, data, (major, minor))
        self.directories = set()
        self.add_directory('dev')
        self.entries.append(('dev/console', CONSOLE[0], b'', CONSOLE[1:]))

    def add_directory(self, path):
        if path and path not in self.directories:
            self.add_directory(path.rpartition('/')[0])
            self.directories.add(path)
            self.entries.append((path, DIRECTORY, b'', (0, 0)))

    def add(self, path, data, mode=FILE):
        self.add_directory(path.rpartition('/')[0])
        self.entries.append((path, mode, data, (0, 0)))

    def add_program(self, path, data):
        self.add(path, data, PROGRAM)

    def add_link(self, path, target):
        self.add(path, target.encode(), LINK)

    def archive(self):
        out = bytearray()
        for number, (path, mode, data, device) in enumerate(
                self.entries + [('TRAILER!!!', 0, b'', (0, 0))], 1):
            name = path.encode() + b'\0'
            fields = (number, mode, 0, 0, 1, 0, len(data), 0, 0, *device, len(name), 0)
            out += b'070701' + b''.join(b'%08X' % f for f in fields) + name
            out += bytes(-len(out) % 4)
            out += data
            out += bytes(-len(out) % 4)
        return bytes(out)
