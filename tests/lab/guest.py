# SPDX-License-Identifier: GPL-2.0-or-later
"""What runs in the guest: our programs and modules, busybox, and the initramfs of them."""
import glob
import hashlib
import os
import shlex
import shutil

import cache
import crash
import modules
from initramfs import Initramfs
from kernel import ARCHIVE

COMPILE_LIMIT = 600
CC = ['aarch64-linux-gnu-gcc', '-O2', '-Wall', '-static', '-pthread']
PROGRAMS = {
    'zoo': ('zoo.c', 'zoo_wait.c', 'zoo_io.c', 'zoo_fault.c'),
    'bpf_exit': ('bpf_exit.c',),
}
SUITE = 'bookworm'      # of busybox


def _digest(files):
    return hashlib.sha256(b''.join(os.path.basename(f).encode() + cache.read(f, 'rb')
                                   for f in sorted(files))).hexdigest()


def _is_current(stamp, digest):
    return os.path.exists(stamp) and cache.read(stamp) == digest


def prepare():
    """The programs, busybox, and an image of a file system, in LAB/guest."""
    digest = _digest(glob.glob(cache.here('guest', '*')))
    stamp = cache.path('guest', 'stamp')
    if _is_current(stamp, digest):
        return
    os.makedirs(cache.path('guest'), exist_ok=True)
    for program, sources in PROGRAMS.items():
        cache.run(CC + ['-o', cache.path('guest', program)] +
                  [cache.here('guest', s) for s in sources], COMPILE_LIMIT)
    image = cache.path('guest', 'ext4.img')
    if not os.path.exists(image):
        with open(image + '.new', 'wb') as f:
            f.truncate(8 << 20)
        cache.run(['/sbin/mkfs.ext4', '-q', '-F', '-O', '^has_journal', image + '.new'],
                  COMPILE_LIMIT)
        os.rename(image + '.new', image)
    if not os.path.exists(cache.path('guest', 'busybox')):
        package = 'busybox-static'
        deb = ARCHIVE.download([(package, ARCHIVE.newest(package, SUITE))],
                               cache.path('guest'))[0]
        cache.unpack(deb, cache.path('guest', 'busybox.tree'), '*bin/busybox')
        found = glob.glob(cache.path('guest', 'busybox.tree', '**', 'busybox'), recursive=True)
        shutil.move(found[0], cache.path('guest', 'busybox'))
        shutil.rmtree(cache.path('guest', 'busybox.tree'))
        os.remove(deb)
    cache.write(stamp, digest)


def prepare_modules(kernel):
    """Our modules for @kernel, in its directory lab/."""
    if not kernel.can_build:
        return
    sources = glob.glob(cache.here('module', '*'))
    if kernel.option('LIVEPATCH'):
        sources += glob.glob(cache.here('klp', '*'))
    directory = kernel.path('lab')
    digest = _digest(sources)
    if _is_current(os.path.join(directory, 'stamp'), digest):
        return
    shutil.rmtree(directory, ignore_errors=True)
    for source in sources:
        place = os.path.basename(os.path.dirname(source))
        os.makedirs(os.path.join(directory, place), exist_ok=True)
        shutil.copy(source, os.path.join(directory, place))
    for place in sorted(os.listdir(directory)):
        command = ['make', '-s', '-C', kernel.path('build'), 'M=' + os.path.join(directory, place),
                   *kernel.make(), 'CONFIG_DEBUG_INFO_BTF=', 'CONFIG_DEBUG_INFO_BTF_MODULES=',
                   'modules']
        if 'LLVM=1' not in command:
            command.append('CC=' + cache.here('cc-arm64'))
        cache.run(command, COMPILE_LIMIT, os.path.join(directory, place + '.log'))
    cache.write(os.path.join(directory, 'stamp'), digest)


def own_modules(kernel):
    """{name: bytes} of what prepare_modules() made"""
    return {os.path.basename(f)[:-3]: cache.read(f, 'rb')
            for f in glob.glob(kernel.path('lab', '*', '*.ko'))}


def environment(kernel, scenario, loaded):
    """The words that guest/init reads."""
    words = {
        'MODULES': ' '.join(name for name, _ in loaded),
        'OURS': 'yes' if kernel.can_build else '',
        'SCENE': scenario.scene,
        'TRUTH': 'hold=0' if scenario.save else '',
        'FGRAPH': ' '.join(scenario.fgraph),
        'FPROBE': ' '.join(scenario.fprobe),
        'KRETPROBE': ' '.join(scenario.kretprobe),
        'BPF': ' '.join(scenario.bpf),
        'ZOO': scenario.zoo,
        'FIRST': scenario.first,
        'BEFORE': '; '.join(filter(None, (crash.LOAD if scenario.save else '',
                                          scenario.before))),
        'ACT': scenario.act,
    }
    return ''.join('%s=%s\n' % (k, shlex.quote(v)) for k, v in words.items())


def initramfs(kernel, scenario):
    fs = Initramfs()
    loaded = modules.Modules(kernel.path('modules')).closure(modules.GUEST)
    fs.add_program('init', cache.read(cache.here('guest', 'init'), 'rb'))
    for name in ('busybox', *PROGRAMS):
        fs.add_program('bin/' + name, cache.read(cache.path('guest', name), 'rb'))
    fs.add('ext4.img', cache.read(cache.path('guest', 'ext4.img'), 'rb'))
    fs.add('lab.env', environment(kernel, scenario, loaded).encode())
    for name, data in loaded + list(own_modules(kernel).items()):
        fs.add('modules/%s.ko' % name, data)
    if scenario.save:
        crash.add_to(fs, kernel, scenario)
    return fs.archive()
