#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A log decoded in place, against the kernel's scripts/decode_stacktrace.sh.

check-decode.py --rewalk R --vmlinux V --script S [--modules DIR] [--lines N] LOG

Both decode LOG (its first N lines) in one run; compared are, entry by entry, the function
and all files and lines, and that rewalk leaves all other text as it was.  The script looks
up return addresses as they are, rewalk the call before them: where the two differ, the
script's own tool (addr2line -i) is asked one byte before, and a difference that is gone
then is explained.  Wall and CPU time of both are printed.

The script (linux-source-*.tar.xz of Debian's package) is run with ARCH=arm64 and
CROSS_COMPILE=aarch64-linux-gnu-.

Exit: 0, 1 if an entry differs that is not explained or rewalk is less than 100 times as
fast, 77 if a tool is missing.
"""
import argparse
import collections
import os
import re
import resource
import shutil
import subprocess
import sys
import time

CROSS = 'aarch64-linux-gnu-'
ENTRY = re.compile(r'(?P<name>[^\s+()\[\]]+)\+0x(?P<off>[0-9a-f]+)/0x(?P<size>[0-9a-f]+)'
                   r'(?P<module> \[[^\]]+\])?(?P<marks> \([A-Z]+\))?(?P<ours> \(.*:.*\))?$')


def timed(command, **more):
    """Standard output, wall time and CPU time of a command."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    run = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False,
                         **more)
    wall, after = time.monotonic() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return run.stdout.decode(errors='replace'), wall, cpu


def places(text, root):
    """The file:line of each call, without the source tree's directory and discriminators."""
    out = []
    text = re.sub(r' \(discriminator \d+\)', '', text)
    for part in re.split(r',? ', text):
        if ':' in part:
            out.append(part[len(root):] if root and part.startswith(root) else part)
    return [re.sub(r'^(\./)+', '', p) for p in out]


class Tool:
    """addr2line -i as the script calls it, for name+offset of the vmlinux or a module."""

    def __init__(self, vmlinux, modules):
        self.vmlinux, self.modules, self.symbols, self.root = vmlinux, modules, {}, ''
        self.root = os.path.commonprefix([p for p in self.ask(None, 'panic', 16)[:1]])
        self.root = self.root[:self.root.find('kernel/panic.c')] if self.root else ''

    def file(self, module):
        if not module:
            return self.vmlinux
        for folder, _, names in os.walk(self.modules or '/nonexistent'):
            for name in names:
                if re.match(re.escape(module).replace('_', '[-_]') + r'\.ko', name):
                    return os.path.join(folder, name)
        return None

    def ask(self, module, name, offset):
        path = self.file(module)
        if not path:
            return []
        if path not in self.symbols:
            run = subprocess.run([CROSS + 'nm', path], stdout=subprocess.PIPE,
                                 universal_newlines=True, check=False)
            table = self.symbols[path] = {}
            for line in run.stdout.splitlines():
                part = line.split()
                if len(part) == 3 and part[1] in 'tT':
                    table.setdefault(part[2], int(part[0], 16))
        if name not in self.symbols[path]:
            return []
        run = subprocess.run([CROSS + 'addr2line', '-i', '-e', path,
                              '%x' % (self.symbols[path][name] + offset)],
                             stdout=subprocess.PIPE, universal_newlines=True, check=False)
        return places(' '.join(run.stdout.splitlines()), self.root)


def theirs(line, root):
    """What the script made of an entry: its name and places; None where it left it alone."""
    match = re.search(r'([^\s()]+) \(([^()]*(?:\(discriminator \d+\)[^()]*)*)\)(?: \S+)?\s*$', line)
    if not match or ':' not in match.group(2):
        return None
    return match.group(1), places(match.group(2), root)


def in_script(script, at, name):
    """The next line of the script's that has an entry of this name: it drops some lines."""
    for i in range(at, min(at + 8, len(script))):
        if re.search(r'(^|[\s(])%s(\+0x| \()' % re.escape(name), script[i]):
            return i
    return None


def compare(log, mine, script, tool):
    count, shown = collections.Counter(), []
    log, mine, script = log.splitlines(), mine.splitlines(), script.splitlines()
    if len(log) != len(mine):
        sys.exit('check-decode.py: %d lines, %d of rewalk' % (len(log), len(mine)))
    seen, at = {}, 0
    for before, ours in zip(log, mine):
        entry = ENTRY.search(ours)
        if not entry or not ENTRY.search(before):
            count['other lines'] += 1
            count['other lines changed'] += before != ours
            # The script strips blanks, and leaves some lines out.
            for i in range(at, min(at + 8, len(script))):
                if script[i].strip() == before.strip():
                    at = i + 1
                    break
            continue
        count['entries'] += 1
        text = entry.group('ours') or ''
        if ours[:len(ours) - len(text)] != before:
            count['text changed'] += 1
        got = places(text.strip().strip('()'), tool.root)
        found = in_script(script, at, entry.group('name'))
        if found is None:
            count['not in the script\'s output'] += 1
            continue
        at = found + 1
        want = theirs(script[found], tool.root)
        if want is None:
            count['the script has none' if got else 'neither has lines'] += 1
            continue
        if want == (entry.group('name'), got):
            count['the same'] += 1
            continue
        module = entry.group('module')
        key = (module, entry.group('name'), entry.group('off'))
        if key not in seen:
            seen[key] = tool.ask(module.strip(' []').split()[0] if module else None,
                                 entry.group('name'), int(entry.group('off'), 16) - 1) == got
            shown.append('%-9s %s\n    rewalk: %s\n    script: %s' % (
                'explained' if seen[key] else 'DIFFERENT', entry.group(0)[:60], got, want[1]))
        count['explained' if seen[key] else 'different'] += 1
    return count, shown


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument('--rewalk', required=True)
    p.add_argument('--vmlinux', required=True)
    p.add_argument('--script', required=True)
    p.add_argument('--modules')
    p.add_argument('--lines', type=int)
    p.add_argument('log')
    args = p.parse_args()
    for tool in ('bash', CROSS + 'addr2line', CROSS + 'nm', args.script):
        if not shutil.which(tool) and not os.path.exists(tool):
            print('skipped: no %s' % tool)
            return 77
    with open(args.log, encoding='utf-8', errors='replace') as f:
        log = ''.join(f.readlines()[:args.lines])
    env = dict(os.environ, ARCH='arm64', CROSS_COMPILE=CROSS)
    modules = [args.modules] if args.modules else []
    command = [args.rewalk, '-q', '-l', '--format', 'kernel']
    for m in modules:
        command += ['--modules', m]
    mine, wall, cpu = timed(command + [args.vmlinux, '-'], input=log.encode())
    script, other_wall, other_cpu = timed(
        ['bash', args.script, args.vmlinux, 'auto'] + modules, input=log.encode(), env=env)
    count, shown = compare(log, mine, script, Tool(args.vmlinux, args.modules))
    print('\n'.join(shown))
    print(', '.join('%d %s' % (v, k) for k, v in sorted(count.items())))
    print('rewalk: %.2f s, CPU %.2f s; decode_stacktrace.sh: %.1f s, CPU %.1f s; ratio %.0f, '
          'CPU %.0f' % (wall, cpu, other_wall, other_cpu, other_wall / wall, other_cpu / cpu))
    good = not count['different'] and not count['text changed'] and \
        not count['other lines changed'] and count['the same'] and other_cpu > 100 * cpu
    return 0 if good else 1


if __name__ == '__main__':
    sys.exit(main())
