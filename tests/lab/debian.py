# SPDX-License-Identifier: GPL-2.0-or-later
"""Debian's own kernels."""
import glob
import gzip
import os
import re
import shutil

import apt
import cache
import modules
from kernel import ARCHIVE, Kernel

UNPACK = ('*/vmlinuz*', '*/config*', '*.ko', '*.ko.xz', './usr/src/*', './usr/lib/linux-kbuild-*')


class Debian(Kernel):
    kind = 'package'
    gigabytes = 1.0
    minutes = 2

    def __init__(self, name, suite, flavour='arm64', scenarios=None):
        super().__init__(name, suite, scenarios)
        self.meta = 'linux-image-%s-dbg' % flavour

    def newest_version(self):
        return ARCHIVE.newest(self.meta, self.suite)

    def expected_release(self):
        return self._release(self.newest_version())

    def _release(self, version):
        """It stands in the names of the packages that the newest one's package wants."""
        depends = ARCHIVE.field(self.meta, version, 'Depends')
        return re.search(r'linux-image-(\S+)-dbg', depends).group(1)

    def _wanted(self, version):
        """[(package, version)]"""
        release = self._release(version)
        common = re.sub(r'-arm64.*', '', release)
        wanted = _image(release, version)
        wanted += [('linux-image-%s-dbg' % release, version),
                   ('linux-headers-' + release, version),
                   ('linux-headers-%s-common' % common, version)]
        # the host's half of the build system, and the C library that it runs with
        host = apt.host_architecture()
        kbuild = ['linux-kbuild-' + common,
                  'linux-kbuild-' + re.match(r'\d+\.\d+', version).group(0)]
        kbuild = [k for k in kbuild if ARCHIVE.has('%s:%s' % (k, host), version)]
        if not kbuild:
            raise apt.Unavailable('there is no linux-kbuild for %s' % release)
        libc = 'libc6:' + host
        return wanted + [('%s:%s' % (kbuild[0], host), version),
                         (libc, ARCHIVE.candidate(libc))]

    def build(self, version):
        tree = self.path('tree')
        self._unpack(version, tree)
        for left in ('debug', 'lib', 'usr/lib/modules', 'boot'):
            shutil.rmtree(os.path.join(tree, left), ignore_errors=True)
        self._finish_headers(tree)

    def _unpack(self, version, tree):
        debs = self.path('debs')
        for deb in ARCHIVE.download(self._wanted(version), debs):
            package = os.path.basename(deb).split('_')[0]
            if package == 'libc6':
                cache.unpack(deb, os.path.join(tree, 'libc'), '*.so.*')
            elif package.endswith('-dbg'):
                _unpack_vmlinux(deb, os.path.join(tree, 'debug'))
            else:
                cache.unpack(deb, tree, *UNPACK)
            os.remove(deb)
        if self.can_build:
            self._take('vmlinux', 'debug/**/vmlinux*')
        self._take('config', 'boot/config-*', 'usr/lib/modules/*/config')
        self._take('Image', 'boot/vmlinuz-*', 'usr/lib/modules/*/vmlinuz')
        image = cache.read(self.path('Image'), 'rb')
        if image[:2] == b'\x1f\x8b':
            cache.write(self.path('Image'), gzip.decompress(image))
        cache.write(self.path('release'), self._release(version) + '\n')
        for name, data in modules.Modules(tree).closure(modules.GUEST + modules.CRASH_KERNEL):
            cache.write(self.path('modules', name + '.ko'), data)

    def _take(self, name, *patterns):
        for pattern in patterns:
            for found in glob.glob(self.path('tree', pattern), recursive=True):
                if os.path.isfile(found) and not os.path.islink(found):
                    shutil.move(found, self.path(name))
                    return
        raise cache.Failed('%s: the packages have no %s' % (self.name, name))

    def _finish_headers(self, tree):
        """The headers look for each other under /usr/src, the tools for a newer libc."""
        build = [b for b in glob.glob(os.path.join(tree, 'usr/src/linux-headers-*'))
                 if not b.endswith('-common')][0]
        makefile = os.path.join(build, 'Makefile')
        cache.write(makefile, re.sub(r'[^ =]*/usr/src/', tree + '/usr/src/',
                                     cache.read(makefile)))
        os.symlink(build, self.path('build'))
        loader = [f for f in glob.glob(os.path.join(tree, 'libc/**/ld-linux*.so.*'),
                                       recursive=True) if not os.path.islink(f)][0]
        for top, _, files in os.walk(os.path.join(tree, 'usr/lib')):
            for name in files:
                _run_with(loader, os.path.join(top, name))


class Stock(Debian):
    """An image alone."""
    kind = 'image of'
    can_build = False
    gigabytes = 0.1
    minutes = 1

    def __init__(self, series, suite):
        super().__init__(series, suite, scenarios=('printed', 'printed-fg', 'printed-kr'))
        self.pattern = r'linux-image-(%s\.\d+\+deb\d+-arm64)' % re.escape(series)

    def newest_version(self):
        names = ARCHIVE.names('linux-image-%s.' % self.name)
        releases = [m.group(1) for m in (re.fullmatch(self.pattern, n) for n in names) if m]
        releases.sort(key=lambda r: [int(n) for n in re.findall(r'\d+', r)], reverse=True)
        for release in releases:
            try:
                return '%s %s' % (ARCHIVE.newest('linux-image-' + release, self.suite), release)
            except apt.Unavailable:
                pass    # it is another suite's, or a name only
        raise apt.Unavailable('%s has no image of %s' % (self.suite, self.name))

    def _release(self, version):
        return version.split()[1]

    def _wanted(self, version):
        return _image(self._release(version), version.split()[0])

    def build(self, version):
        tree = self.path('tree')
        try:
            self._unpack(version, tree)
        except cache.Failed as e:
            raise apt.Unavailable('the archive has not all of it any more (%s)' % e)
        shutil.rmtree(tree)


def _image(release, version):
    """The image's package, and since 6.19 those that it is divided into."""
    return [(p + release, version)
            for p in ('linux-image-', 'linux-base-', 'linux-binary-', 'linux-modules-')
            if ARCHIVE.has(p + release, version)]


def _unpack_vmlinux(deb, directory):
    """It comes first, or, where that is a link, behind the symbols of all modules."""
    cache.unpack_first(deb, directory, '*/boot/vmlinux-*')
    if not any(os.path.isfile(f) for f in glob.glob(directory + '/**/vmlinux-*', recursive=True)):
        cache.unpack_first(deb, directory, '*/vmlinux')


def _run_with(loader, program):
    """Puts a script in @program's place that runs it with @loader's library."""
    if os.path.islink(program) or not os.access(program, os.X_OK) or \
            cache.read(program, 'rb')[:4] != b'\x7fELF':
        return
    os.rename(program, program + '.elf')
    cache.write(program, '#!/bin/sh\nexec %s --argv0 "$0" --library-path %s %s.elf "$@"\n' % (
        loader, os.path.dirname(loader), program))
    os.chmod(program, 0o755)
