# SPDX-License-Identifier: GPL-2.0-or-later
"""A kernel in the cache: what all kinds of them have in common."""
import os
import re
import shutil

import apt
import cache

ARCHIVE = apt.Apt(cache.path('apt'))


class Kernel:
    """In its directory: Image, config, release, version (of the package), modules/ (NAME.ko,
    plain); where modules can be built for it, vmlinux, too, and build, a directory to build
    them in."""

    kind = None
    packages = ()       # of the host, to make it
    can_build = True    # modules for it
    gigabytes = 0       # that making it takes, and that stay
    minutes = 0         # that making it takes on two idle cores

    def __init__(self, name, suite, scenarios=None):
        self.name, self.suite, self.scenarios = name, suite, scenarios
        self.directory = cache.path('kernels', name)

    def path(self, *parts):
        return os.path.join(self.directory, *parts)

    def is_there(self):
        return os.path.exists(self.path('version'))

    def release(self):
        """What uname -r says; before it was made, what is known of it."""
        if os.path.exists(self.path('release')):
            return cache.read(self.path('release')).strip()
        return self.expected_release()

    def vmlinux(self):
        """For rewalk; None: the dump must do."""
        return self.path('vmlinux') if self.can_build else None

    def option(self, name):
        """The value of CONFIG_@name, or None."""
        found = re.search(r'^CONFIG_%s=(.*)$' % name, cache.read(self.path('config')), re.M)
        return found.group(1).strip('"') if found else None

    def make(self):
        """What make needs to build for it."""
        return ('ARCH=arm64', 'CROSS_COMPILE=aarch64-linux-gnu-')

    def prepare(self, update):
        """Makes it, unless it is there; with @update, a newer one where there is one."""
        if self.is_there() and not update:
            return
        version = self.newest_version()
        if not self.is_there() or cache.read(self.path('version')).strip() != version:
            print('%s: %s %s: %s' % (self.name, self.kind, version, self.price()), flush=True)
            shutil.rmtree(self.directory, ignore_errors=True)
            self.build(version)
            cache.write(self.path('version'), version + '\n')

    def price(self):
        return 'some %d minutes, %.1f GB' % (self.minutes, self.gigabytes)
