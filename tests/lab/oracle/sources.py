# SPDX-License-Identifier: GPL-2.0-or-later
"""Kernel sources: a tree that is there, or Debian's newest linux-source package."""
import glob
import os
import re
import shutil
import subprocess

import extract
from apt import Unavailable


class Tree:
    def __init__(self, path, package):
        self.path, self.package = path, package
        with open(os.path.join(path, 'Makefile')) as f:
            head = f.read(2000)
        self.release = [int(re.search(r'^%s = (\d+)' % word, head, re.M).group(1))
                        for word in ('VERSION', 'PATCHLEVEL', 'SUBLEVEL')]

    def __str__(self):
        return '%s, Linux %s' % (self.package, '.'.join(map(str, self.release)))


def given(directory, version):
    """The tree of @version in @directory."""
    path = os.path.join(directory, 'linux-source-' + version)
    if not os.path.exists(os.path.join(path, 'Makefile')):
        raise Unavailable('there is no %s' % path)
    debs = glob.glob(path + '_*.deb')
    return Tree(path, os.path.basename(debs[0])[:-4] if len(debs) == 1 else 'a tree')


def unpack(deb, package, directory):
    """The files that extract.py reads, and the Makefile."""
    names = ['%s/%s' % (package, path) for path in ['Makefile'] + extract.FILES]
    outer = subprocess.Popen(['dpkg-deb', '--fsys-tarfile', deb], stdout=subprocess.PIPE)
    inner = subprocess.Popen(['tar', '-xO', './usr/src/%s.tar.xz' % package],
                             stdin=outer.stdout, stdout=subprocess.PIPE)
    # It fails where an optional file is not there; extract.py says what it misses.
    subprocess.run(['tar', '-xJ', '-C', directory] + names, stdin=inner.stdout,
                   stderr=subprocess.DEVNULL)
    for process in (outer, inner):
        process.stdout.close()
        process.wait()


def newest(apt, cache, version):
    """Debian's newest tree of @version; one that was fetched before if nothing can be asked."""
    package = 'linux-source-' + version
    directory = os.path.join(cache, version)
    path, note = os.path.join(directory, package), os.path.join(directory, 'package')
    have = None
    if os.path.exists(note):
        with open(note) as f:
            have = f.read().strip()
    try:
        candidate = apt.candidate(package)
    except Unavailable as e:
        if not have:
            raise
        return Tree(path, '%s %s (not asked for a newer one: %s)' % (package, have, e))
    if candidate != have:
        shutil.rmtree(directory, True)
        os.makedirs(directory)
        deb = apt.download([(package, candidate)], directory)[0]
        unpack(deb, package, directory)
        os.remove(deb)
        if not os.path.exists(os.path.join(path, 'Makefile')):
            raise Unavailable('%s %s could not be unpacked' % (package, candidate))
        with open(note, 'w') as f:
            f.write(candidate + '\n')
    return Tree(path, '%s %s' % (package, candidate))
