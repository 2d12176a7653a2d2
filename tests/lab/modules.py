# SPDX-License-Identifier: GPL-2.0-or-later
"""Kernel modules: which the guest needs, where they are, what they need in turn."""
import gzip
import lzma
import os
import re

import cache

# Where a kernel has one of them built in, it is left out.
GUEST = ('qemu_fw_cfg', 'crc32c_generic', 'loop', 'ext4', 'overlay', 'fuse')
CRASH_KERNEL = ('virtio_pci', '9pnet_virtio', '9p')

OPENERS = {'': open, '.xz': lzma.open, '.gz': gzip.open}


class Modules:
    def __init__(self, root):
        self.files = {}
        for top, _, files in os.walk(root):
            for name in files:
                found = re.fullmatch(r'(.*)\.ko(\.\w+)?', name)
                if found:
                    self.files[found.group(1).replace('-', '_')] = os.path.join(top, name)

    def read(self, name):
        path = self.files[name]
        ending = path.rpartition('.ko')[2]
        if ending not in OPENERS:
            raise cache.Failed('%s: compressed in a way that is not known here' % path)
        with OPENERS[ending](path, 'rb') as f:
            return f.read()

    def closure(self, wanted):
        """[(name, bytes)] of @wanted and what they depend on, in the order to load them."""
        done, out = set(), []

        def add(name):
            name = name.replace('-', '_')
            if name in done or name not in self.files:
                return
            done.add(name)
            data = self.read(name)
            found = re.search(rb'\0depends=([^\0]*)\0', data)
            for other in found.group(1).decode().split(',') if found else ():
                add(other)
            out.append((name, data))

        for name in wanted:
            add(name)
        return out
