# SPDX-License-Identifier: GPL-2.0-or-later
"""kdump itself: kexec-tools and makedumpfile for arm64, and a crash kernel's initramfs."""
import glob
import os
import re
import shutil
import subprocess

import apt
import cache
import modules
from initramfs import Initramfs
from kernel import ARCHIVE

TOOLS = ('kexec-tools', 'makedumpfile')
PROGRAMS = ('kexec', 'makedumpfile')
LIMIT = 60

# In the guest.  kexec looks for _text, which a kernel without KALLSYMS_ALL does not name: it
# lies one segment before _stext.  The crash kernel's command line is the first one's, but for
# memory.
LOAD = (
    'grep -q " _text$" /proc/kallsyms || { a=$(sed -n "s/ T _stext$//p" /proc/kallsyms); '
    '{ printf "%x T _text\\n" $((0x$a - 65536)); cat /proc/kallsyms; } >/tmp/kallsyms; '
    'mount --bind /tmp/kallsyms /proc/kallsyms; }; '
    'kexec -p /boot/Image --initrd=/boot/initramfs --append="$(sed'
    ' "s/crashkernel=[^ ]*//" /proc/cmdline) nr_cpus=1 reset_devices"')


def _libraries(program, root):
    """The paths in @root of all that @program is linked with."""
    found, wanted = {}, [program]
    while wanted:
        path = wanted.pop()
        out = subprocess.run(['readelf', '-ld', path], stdout=subprocess.PIPE, text=True,
                             env=dict(os.environ, LC_ALL='C'), timeout=LIMIT, check=True).stdout
        names = re.findall(r'Shared library: \[([^]]+)\]', out)
        names += [os.path.basename(n) for n in re.findall(r'interpreter: ([^]]+)\]', out)]
        for name in names:
            if name not in found:
                places = glob.glob(os.path.join(root, '**', name), recursive=True)
                if not places:
                    raise cache.Failed('%s wants %s, which no package has' % (program, name))
                found[name] = places[0]
                wanted.append(places[0])
    return found


def _place(kernel):
    """The tools are those of the kernel's release: they have to know each other."""
    return cache.path('crash', kernel.suite.replace('-backports', ''))


def prepare(kernel):
    """The tools and their libraries, in LAB/crash/SUITE/{bin,lib}."""
    place = _place(kernel)
    if os.path.exists(os.path.join(place, 'version')):
        return
    versions = [(t, ARCHIVE.newest(t, os.path.basename(place))) for t in TOOLS]
    # what apt would install with them
    plan = ARCHIVE.run('apt-get', '-s', '-q', '--no-install-recommends', 'install',
                       *('%s=%s' % v for v in versions))
    wanted = re.findall(r'^Inst (z?lib\S+) \((\S+) ', plan, re.M)
    with cache.building(place) as new:
        tree = os.path.join(new, 'tree')
        for deb in ARCHIVE.download(versions + wanted, os.path.join(new, 'debs')):
            cache.unpack(deb, tree, '*.so*', '*bin/*')
        for program in PROGRAMS:
            found = [f for f in glob.glob(os.path.join(tree, '**', program), recursive=True)
                     if os.path.isfile(f)]
            if not found:
                raise apt.Unavailable('the packages have no %s' % program)
            for name, path in _libraries(found[0], tree).items():
                cache.write(os.path.join(new, 'lib', name), cache.read(path, 'rb'))
            cache.write(os.path.join(new, 'bin', program), cache.read(found[0], 'rb'))
        shutil.rmtree(tree)
        shutil.rmtree(os.path.join(new, 'debs'))
        cache.write(os.path.join(new, 'version'), ' '.join('%s %s' % v for v in versions) + '\n')


def _add_tools(fs, place):
    for where in ('bin', 'lib'):
        for name in os.listdir(os.path.join(place, where)):
            fs.add_program(where + '/' + name, cache.read(os.path.join(place, where, name), 'rb'))


def add_to(fs, kernel, scenario):
    """The tools, the crash kernel and its initramfs, for the initramfs @fs of the first."""
    inner = Initramfs()
    loaded = modules.Modules(kernel.path('modules')).closure(modules.CRASH_KERNEL)
    inner.add_program('init', cache.read(cache.here('guest', 'init-crash'), 'rb'))
    inner.add_program('bin/busybox', cache.read(cache.path('guest', 'busybox'), 'rb'))
    inner.add('lab.env', ("MODULES='%s'\nSAVE='%s'\n" % (
        ' '.join(name for name, _ in loaded), scenario.save)).encode())
    for name, data in loaded:
        inner.add('modules/%s.ko' % name, data)
    _add_tools(inner, _place(kernel))
    _add_tools(fs, _place(kernel))
    fs.add('boot/Image', cache.read(kernel.path('Image'), 'rb'))
    fs.add('boot/initramfs', inner.archive())
