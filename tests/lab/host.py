# SPDX-License-Identifier: GPL-2.0-or-later
"""The machine that the lab runs on: packages, rewalk itself."""
import os
import shutil
import subprocess
import sys

import cache

INSTALL_LIMIT = 1800
BUILD_LIMIT = 1800
PACKAGES = (
    # rewalk
    'gcc', 'libc6-dev', 'meson', 'ninja-build', 'pkg-config', 'libelf-dev', 'libdw-dev',
    'libbpf-dev', 'zlib1g-dev', 'liblzo2-dev', 'libsnappy-dev', 'libzstd-dev',
    # the guest
    'qemu-system-arm', 'gcc-aarch64-linux-gnu', 'libc6-dev-arm64-cross', 'make', 'e2fsprogs',
    'binutils',
    # Debian's archive
    'apt', 'dpkg', 'debian-archive-keyring', 'xz-utils',
)


def missing_packages(packages):
    if not shutil.which('dpkg-query'):
        raise cache.Failed('this is no Debian: install by hand ' + ' '.join(sorted(packages)))
    status = subprocess.run(['dpkg-query', '-W', '-f', '${Package} ${db:Status-Status}\n'],
                            stdout=subprocess.PIPE, text=True).stdout.split('\n')
    installed = {line.split()[0] for line in status if line.endswith(' installed')}
    return sorted(set(packages) - installed)


def install(packages):
    """Installs those that are missing, with sudo where we are not root."""
    missing = missing_packages(packages)
    if not missing:
        return
    print('installing ' + ' '.join(missing), flush=True)
    root = []
    if os.getuid() != 0:
        root = ['sudo', '-n']
        if shutil.which('sudo') and sys.stdin.isatty():
            subprocess.run(['sudo', '-v'], timeout=INSTALL_LIMIT)   # it may ask for a password
    apt = root + ['env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', '-q', '-y']
    try:
        cache.run(apt + ['update'], INSTALL_LIMIT)
        cache.run(apt + ['--no-install-recommends', 'install', *missing], INSTALL_LIMIT)
    except cache.Failed as e:
        raise cache.Failed('install by hand: apt install %s (%s)' % (' '.join(missing), e),
                           e.detail)


def rewalk():
    """The program of this tree, built as it is now; or the one that $REWALK names."""
    given = os.environ.get('REWALK')
    if given:
        return os.path.abspath(given)
    build = os.path.join(cache.ROOT, 'build-lab')
    log = cache.path('logs', 'rewalk.txt')
    # The system's tools: a python or meson of the user's own may lack what was installed.
    env = dict(os.environ, PATH='/usr/bin:/bin:/usr/sbin:/sbin')
    if not os.path.exists(os.path.join(build, 'build.ninja')):
        cache.run(['meson', 'setup', '--buildtype=debugoptimized', build, cache.ROOT],
                  BUILD_LIMIT, log, env=env)
    cache.run(['ninja', '-C', build, 'rewalk'], BUILD_LIMIT, log, env=env)
    return os.path.join(build, 'rewalk')
