# SPDX-License-Identifier: GPL-2.0-or-later
"""Kernel sources: a tree that is there, or Debian's newest linux-source package.

apt is used with lists and settings of its own, in the cache.  The archive's address
is that of this machine's own sources.
"""
import glob
import os
import re
import shutil
import subprocess

import extract

SUITES = ('bookworm', 'bookworm-backports', 'trixie', 'trixie-backports', 'sid')
SECURITY = ('bookworm-security', 'trixie-security')
KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg'


class Unavailable(Exception):
    """Why the source of a version cannot be had."""


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


def archive(name):
    """The address in apt's own sources whose last part is @name."""
    for path in sorted(glob.glob('/etc/apt/sources.list') +
                       glob.glob('/etc/apt/sources.list.d/*')):
        with open(path) as f:
            lines = [line for line in f if not line.lstrip().startswith('#')]
        for word in ' '.join(lines).split():
            if re.fullmatch(r'[a-z+]+:/.*/%s/?' % name, word):
                return word
    return None


class Apt:
    """apt for Debian's source packages, whatever this machine runs."""

    def __init__(self, directory):
        self.directory = directory
        self.updated = None
        self.options = []

    def run(self, tool, *args, cwd=None):
        try:
            run = subprocess.run([tool] + self.options + list(args), cwd=cwd, text=True,
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        except OSError as e:
            raise Unavailable('%s: %s' % (tool, e.strerror))
        if run.returncode:
            errors = [line for line in run.stderr.splitlines() if line.startswith('E:')]
            raise Unavailable('%s: %s' % (tool, (errors or [run.stderr.strip()])[0]))
        return run.stdout

    def update(self):
        """Once per run; that it failed is remembered, too."""
        if self.updated is None:
            try:
                self._update()
                self.updated = ''
            except Unavailable as e:
                self.updated = str(e)
        if self.updated:
            raise Unavailable(self.updated)

    def _update(self):
        main, security = archive('debian'), archive('debian-security')
        if not main:
            raise Unavailable("no Debian archive among apt's sources")
        for sub in ('lists/partial', 'cache/archives/partial'):
            os.makedirs(os.path.join(self.directory, sub), exist_ok=True)
        sources = os.path.join(self.directory, 'sources.list')
        with open(sources, 'w') as f:
            for address, suites in ((main, SUITES), (security, SECURITY)):
                if address:
                    for suite in suites:
                        f.write('deb [signed-by=%s] %s %s main\n' % (KEYRING, address, suite))
        status = os.path.join(self.directory, 'status')
        open(status, 'w').close()
        for option, value in (
                ('Dir::Etc::sourcelist', sources), ('Dir::Etc::sourceparts', '/dev/null'),
                ('Dir::Etc::preferences', '/dev/null'),
                ('Dir::Etc::preferencesparts', '/dev/null'),
                ('Dir::State::lists', os.path.join(self.directory, 'lists')),
                ('Dir::State::status', status),
                ('Dir::Cache', os.path.join(self.directory, 'cache')),
                ('Acquire::Languages', 'none'), ('APT::Sandbox::User', '')):
            self.options += ['-o', '%s=%s' % (option, value)]
        self.run('apt-get', '-q', 'update')

    def candidate(self, package):
        self.update()
        found = re.search(r'Candidate: (\S+)', self.run('apt-cache', 'policy', package))
        if not found or found.group(1) == '(none)':
            raise Unavailable("the archive has no %s" % package)
        return found.group(1)

    def download(self, package, candidate, directory):
        self.run('apt-get', '-q', 'download', '%s=%s' % (package, candidate), cwd=directory)
        return glob.glob(os.path.join(directory, package + '_*.deb'))[0]


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
        deb = apt.download(package, candidate, directory)
        unpack(deb, package, directory)
        os.remove(deb)
        if not os.path.exists(os.path.join(path, 'Makefile')):
            raise Unavailable('%s %s could not be unpacked' % (package, candidate))
        with open(note, 'w') as f:
            f.write(candidate + '\n')
    return Tree(path, '%s %s' % (package, candidate))
