# SPDX-License-Identifier: GPL-2.0-or-later
"""Kernels that the lab builds out of Debian's kernel source packages."""
import glob
import hashlib
import os
import re
import shutil

import cache
from kernel import ARCHIVE, Kernel

META = 'linux-source'
PACKAGES = ('make', 'gcc', 'libc6-dev', 'flex', 'bison', 'bc', 'rsync', 'cpio', 'patch', 'kmod',
            'libelf-dev', 'libssl-dev', 'pahole', 'python3', 'xz-utils')
UNPACK_LIMIT = 1800
CONFIG_LIMIT = 900
BUILD_LIMIT = 4 * 3600

# Nothing of who builds it, and when.
BUILD = {'KBUILD_BUILD_USER': 'lab', 'KBUILD_BUILD_HOST': 'lab', 'KBUILD_BUILD_VERSION': '1',
         'KBUILD_BUILD_TIMESTAMP': '2026-01-01', 'LC_ALL': 'C'}


class Own(Kernel):
    kind = 'own build of'
    gigabytes = 3.0
    minutes = 10

    def __init__(self, name, suite, patch=None, make=(), packages=(), scenarios=None):
        super().__init__(name, suite, scenarios)
        self.patch, self.more_make = patch, make
        self.packages = PACKAGES + tuple(packages)
        self.configs = [cache.here('own', c + '.config') for c in ('base', name)]

    def _source(self):
        """(package, its version)"""
        meta = ARCHIVE.newest(META, self.suite)
        package = re.search(r'(linux-source-[0-9.]+)', ARCHIVE.field(META, meta, 'Depends'))
        package = package.group(1)
        return package, ARCHIVE.newest(package, self.suite)

    def newest_version(self):
        """The source's, and a word that changes with what is done to it."""
        inputs = self.configs + ([cache.here('own', self.patch)] if self.patch else [])
        digest = hashlib.sha256(b''.join(cache.read(f, 'rb') for f in inputs))
        return '%s %s' % (self._source()[1], digest.hexdigest()[:8])

    def expected_release(self):
        return re.match(r'[0-9.]+', self._source()[1]).group(0)

    def make(self):
        if 'LLVM=1' in self.more_make:
            return ('ARCH=arm64',) + self.more_make
        return super().make() + self.more_make

    def build(self, version):
        build = self.path('build')
        os.makedirs(build)
        self._make(self._unpack(), build)
        for name, file in (('vmlinux', 'vmlinux'), ('Image', 'arch/arm64/boot/Image'),
                           ('config', '.config'), ('release', 'include/config/kernel.release')):
            shutil.copy2(os.path.join(build, file), self.path(name))
        os.mkdir(self.path('modules'))      # all is built in
        _leave_what_modules_need(build)

    def _unpack(self):
        package, version = self._source()
        source = cache.path('source', package.replace('linux-source-', '') +
                            ('-' + self.name if self.patch else ''))
        stamp = version + ''.join(cache.read(cache.here('own', p)) for p in (self.patch,) if p)
        if os.path.exists(source + '/stamp') and cache.read(source + '/stamp') == stamp:
            return source
        deb = ARCHIVE.download([(package, version)], cache.path('source'))[0]
        with cache.building(source) as new:
            shell = ('set -o pipefail; dpkg-deb --fsys-tarfile "$1" |'
                     ' tar -xO --wildcards "./usr/src/*.tar.xz" |'
                     ' tar -xJ -C "$2" --strip-components=1')
            cache.run(['bash', '-c', shell, 'unpack', deb, new], UNPACK_LIMIT)
            if self.patch:
                cache.run(['patch', '-d', new, '-p1', '-s', '-i', cache.here('own', self.patch)],
                          UNPACK_LIMIT)
            cache.write(new + '/stamp', stamp)
        os.remove(deb)
        return source

    def _make(self, source, build):
        wanted = ''.join(cache.read(c) for c in self.configs)
        cache.write(build + '/wanted.config', wanted)
        log = cache.path('logs', 'build-%s.txt' % self.name)
        make = ['nice', '-n', '10', 'make', '-s', '-C', source, 'O=' + build, *self.make()]
        env = dict(os.environ, **BUILD)
        cache.run(make + ['KCONFIG_ALLCONFIG=%s/wanted.config' % build, 'allnoconfig'],
                  CONFIG_LIMIT, log, env=env)
        got = cache.read(build + '/.config').splitlines()
        last = {line.split('=')[0]: line for line in wanted.splitlines()
                if line.startswith('CONFIG_')}
        missing = [line for line in last.values() if line not in got]
        cache.write(build + '/missing.config', ''.join(m + '\n' for m in missing))
        cache.run(make + ['-j%d' % (os.cpu_count() or 1), 'Image', 'modules'], BUILD_LIMIT, log,
                  env=env)


def _leave_what_modules_need(build):
    """Without the objects of the kernel itself it takes a tenth of the place."""
    for pattern in ('**/*.o', '**/*.a', '**/.*.cmd', '**/*.ko'):
        for name in glob.glob(os.path.join(build, pattern), recursive=True):
            if not re.match(r'(scripts|tools)/', os.path.relpath(name, build)):
                os.remove(name)
    for name in ('vmlinux', '.tmp_vmlinux*', '.btf.*'):
        for found in glob.glob(os.path.join(build, name)):
            if os.path.getsize(found) > 1 << 20:
                os.remove(found)


def missing_options(kernel):
    """What the configuration asks for and this source does not offer."""
    name = kernel.path('build', 'missing.config')
    return cache.read(name).split() if os.path.exists(name) else []
