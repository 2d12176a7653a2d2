# SPDX-License-Identifier: GPL-2.0-or-later
"""apt for Debian's packages of several suites, whatever this machine itself runs.

Its lists and settings lie in the cache; the archive's address is that of this machine's
own sources.  No root is needed.
"""
import functools
import glob
import os
import re
import subprocess

import cache

SUITES = ('bullseye', 'bookworm', 'bookworm-backports', 'trixie', 'trixie-backports', 'sid')
SECURITY = ('bookworm-security', 'trixie-security')
KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg'
LIMIT = 1800    # seconds for one call


class Unavailable(Exception):
    """Why something cannot be had from the archive."""


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


@functools.lru_cache
def host_architecture():
    try:
        return subprocess.run(['dpkg', '--print-architecture'], stdout=subprocess.PIPE,
                              text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        raise Unavailable('this is no Debian: there is no dpkg')


class Apt:
    def __init__(self, directory):
        self.directory = directory
        self.updated = None
        self.options = []

    def run(self, tool, *args, cwd=None):
        try:
            run = subprocess.run([tool] + self.options + list(args), cwd=cwd, text=True,
                                 stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE, timeout=LIMIT)
        except OSError as e:
            raise Unavailable('%s: %s' % (tool, e.strerror))
        except subprocess.TimeoutExpired:
            raise Unavailable('%s: no end after %d s' % (tool, LIMIT))
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
        architectures = sorted({'arm64', host_architecture()})
        sources = os.path.join(self.directory, 'sources.list')
        status = os.path.join(self.directory, 'status')
        open(status, 'w').close()
        self.options = []
        for option, value in (
                ('Dir::Etc::sourcelist', sources), ('Dir::Etc::sourceparts', '/dev/null'),
                ('Dir::Etc::preferences', '/dev/null'),
                ('Dir::Etc::preferencesparts', '/dev/null'),
                ('Dir::State::lists', os.path.join(self.directory, 'lists')),
                ('Dir::State::status', status),
                ('Dir::Cache', os.path.join(self.directory, 'cache')),
                # images of containers switch these off, and apt parses all lists each time
                ('Dir::Cache::pkgcache', 'pkgcache.bin'),
                ('Dir::Cache::srcpkgcache', 'srcpkgcache.bin'),
                ('APT::Architecture', 'arm64'),
                *(('APT::Architectures::', a) for a in architectures),
                ('Acquire::Languages', 'none'), ('Acquire::Retries', '3'),
                ('APT::Sandbox::User', '')):
            self.options += ['-o', '%s=%s' % (option, value)]
        wanted = [(address, suite) for address, suites in ((main, SUITES), (security, SECURITY))
                  for suite in suites if address]
        self._fetch_lists(sources, architectures, wanted)

    def _fetch_lists(self, sources, architectures, wanted):
        """Those of all suites that are there: old ones leave the archive."""
        while wanted:
            cache.write(sources, ''.join('deb [arch=%s signed-by=%s] %s %s main\n' % (
                ','.join(architectures), KEYRING, *w) for w in wanted))
            try:
                self.run('apt-get', '-q', 'update')
                return
            except Unavailable as e:
                gone = [w for w in wanted
                        if "'%s %s Release' does not have a Release file" % w in str(e)]
                if not gone:
                    raise
                wanted = [w for w in wanted if w not in gone]
        raise Unavailable('the archive has none of the suites')

    def candidate(self, package):
        """The newest version of all suites."""
        self.update()
        found = re.search(r'Candidate: (\S+)', self.run('apt-cache', 'policy', package))
        if not found or found.group(1) == '(none)':
            raise Unavailable('the archive has no %s' % package)
        return found.group(1)

    def newest(self, package, suite):
        """The newest version in @suite, security updates included."""
        self.update()
        wanted = (suite, suite + '-security')
        for line in self.run('apt-cache', 'madison', package).splitlines():
            _, version, where = (word.strip() for word in line.split('|'))
            if where.split()[1].split('/')[0] in wanted:
                return version      # they come newest first
        raise Unavailable('%s has no %s' % (suite, package))

    def names(self, beginning):
        """Of all packages that begin so, in any suite."""
        self.update()
        return self.run('apt-cache', 'pkgnames', beginning).split()

    def field(self, package, version, name):
        """A field of a package, '' where it has none."""
        text = self.run('apt-cache', 'show', '%s=%s' % (package, version))
        found = re.search(r'^%s: (.*)' % name, text, re.M)
        return found.group(1) if found else ''

    def has(self, package, version):
        try:
            return 'Package:' in self.run('apt-cache', 'show', '%s=%s' % (package, version))
        except Unavailable:     # it may be known as a name only, without an error
            return False

    def download(self, wanted, directory):
        """@wanted: [(package, version)].  @return [path of the package's file]"""
        os.makedirs(directory, exist_ok=True)
        self.run('apt-get', '-q', 'download', *('%s=%s' % w for w in wanted), cwd=directory)
        files = []
        for package, _ in wanted:
            files += glob.glob(os.path.join(directory, package.split(':')[0] + '_*.deb'))
        return files
