#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Source lines and inlined calls of every frame of dumps, against eu-addr2line.

check-lines.py --rewalk R --vmlinux V [--module NAME=FILE]... [--addr2line A] VMCORE...

Each frame of each task is asked of eu-addr2line -f -i, too: return addresses one byte
before, pcs of exceptions as they are.  All functions, files and lines must be the same,
in the same order; of paths the directory of the compilation is left away first.  A frame
that differs is put to the binutils' addr2line (-f -i): where that agrees with rewalk,
eu-addr2line is alone with its answer, and the difference counts as explained.  Frames of
modules are asked of the FILEs.

Exit: 0, 1 if a frame differs that is not explained, 77 if a tool is missing.
"""
import argparse
import collections
import json
import re
import shutil
import subprocess
import sys

# The names of vector code of exceptions taken in the kernel, 5.10 to 7.2.
EL1 = re.compile(r'el1([ht]_64)?_(sync|irq|fiq|error)(_invalid)?$')


def frames(rewalk, vmlinux, vmcore, dirs):
    """(module, symbol, place, offset, exact, lines) of every frame of every task."""
    command = [rewalk, '-q', '-a', '-l', '--json']
    for d in dirs:
        command += ['--modules', d]
    run = subprocess.run(command + [vmlinux, vmcore], stdout=subprocess.PIPE, check=False)
    if run.returncode not in (0, 1, 3):
        sys.exit('check-lines.py: rewalk failed with status %d' % run.returncode)
    for line in run.stdout.splitlines():
        trace = json.loads(line)
        if trace['type'] != 'trace':
            continue
        before = None
        for frame in trace['frames']:
            first = frame['n'] == 0
            exact = 'P' in frame['marks'] or not frame['translated'] or \
                (first and trace['start'] == 'from-regs') or \
                (first and trace['start'] == 'blocked' and frame['offset'] == 0) or \
                (before is not None and EL1.match(before) is not None)
            before = frame['symbol'] or ''
            yield frame, exact


def kaslr(rewalk, vmlinux, vmcore):
    run = subprocess.run([rewalk, 'info', '--json', vmlinux, vmcore], stdout=subprocess.PIPE,
                         check=True)
    return int(json.loads(run.stdout.splitlines()[0])['kaslr'], 16)


def ask(command, places):
    """The lines that a tool prints for each place, with the address (-a) in front of each."""
    run = subprocess.run(command, input='\n'.join(places) + '\n', stdout=subprocess.PIPE,
                         stderr=subprocess.DEVNULL, universal_newlines=True, check=False)
    out = []
    for line in run.stdout.splitlines():
        if re.match(r'0x[0-9a-f]{16}$', line):
            out.append([])
        elif out:
            out[-1].append(line)
    if len(out) != len(places):
        sys.exit('check-lines.py: %s answered %d of %d' % (command[0], len(out), len(places)))
    return out


def symbols(path):
    """Where the functions of a module are: (section, offset), by name; of two none."""
    def table(option):
        return subprocess.run(['readelf', option, path], stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, universal_newlines=True,
                              check=False).stdout.splitlines()
    sections, out = {}, {}
    for line in table('-SW'):
        match = re.match(r'\s*\[\s*(\d+)\]\s+(\S+)\s', line)
        if match:
            sections[match.group(1)] = match.group(2)
    for line in table('-sW'):
        part = line.split()
        if len(part) >= 8 and part[3] == 'FUNC' and part[6] in sections:
            out[part[7]] = None if part[7] in out else (sections[part[6]], int(part[1], 16))
    return out


class Paths:
    """Without the directory of the compilation, and without columns and discriminators."""

    def __init__(self, vmlinux):
        names = subprocess.run(['readelf', '--debug-dump=info', '--dwarf-depth=1', vmlinux],
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                               universal_newlines=True, check=False).stdout
        dirs = re.findall(r'DW_AT_comp_dir\s*:\s*(?:\([^)]*\):\s*)?(\S+)', names)
        self.dirs = sorted(set(dirs), key=len, reverse=True)

    def short(self, text):
        text = re.sub(r' \(discriminator \d+\)$', '', text)
        path, _, rest = text.partition(':')
        line = rest.split(':')[0]
        for d in self.dirs:
            if path.startswith(d + '/'):
                path = path[len(d) + 1:]
                break
        while path.startswith('./'):
            path = path[2:]
        return path, line if line.isdigit() and line != '0' else '?'


def answer(lines, paths):
    """Pairs of function and (file, line) out of a tool's lines."""
    out = []
    for i in range(0, len(lines) - 1, 2):
        function = lines[i].split(' inlined at ')[0]
        out.append((function, paths.short(lines[i + 1])))
    return out


def ours(frame):
    return [(c['function'] or '??', (c['file'] or '??', str(c['line'] or '?')))
            for c in frame['lines']]


def same(mine, theirs):
    # Where there is nothing to tell, the tools still have the symbol.
    if mine:
        return mine == theirs
    return len(theirs) == 1 and theirs[0][1] == ('??', '?')


def groups(args, vmcore, count):
    """The distinct questions, by the file, and section, that they are put to."""
    slide = kaslr(args.rewalk, args.vmlinux, vmcore)
    modules = dict(m.split('=', 1) for m in args.module)
    places = {name: symbols(path) for name, path in modules.items()}
    out = collections.defaultdict(dict)
    for frame, exact in frames(args.rewalk, args.vmlinux, vmcore, sorted(set(modules.values()))):
        count['frames'] += 1
        back = 0 if exact else 1
        place = places.get(frame['module'], {}).get(frame['symbol'])
        if frame['module'] is None and frame['symbol'] is not None:
            key = (args.vmlinux, None)
            addr = (int(frame['pc'], 16) - slide - back) & (1 << 64) - 1
        elif place:
            key = (modules[frame['module']], place[0])
            addr = place[1] + frame['offset'] - back
        elif frame['lines']:
            sys.exit('check-lines.py: %s has lines, but nothing to compare them with: %s' %
                     (frame['printed'], frame['lines']))
        else:
            count['not asked'] += 1
            continue
        out[key].setdefault('0x%x' % addr, [frame, 0])[1] += 1
    return out


def check(args, vmcore):
    count = collections.Counter()
    for (path, section), questions in groups(args, vmcore, count).items():
        paths = Paths(path)
        places = list(questions)
        options = ['-a', '-f', '-i', '-e', path] + (['-j', section] if section else [])
        theirs = ask(['eu-addr2line'] + options, places)
        different = []
        for place, lines in zip(places, theirs):
            frame, nr = questions[place]
            count['compared'] += nr
            count['places'] += 1
            count['with lines'] += nr if frame['lines'] else 0
            if same(ours(frame), answer(lines, paths)):
                count['same'] += nr
            else:
                different.append((place, frame, nr, answer(lines, paths)))
        if not different:
            continue
        third = ask([args.addr2line] + options, [d[0] for d in different])
        for (place, frame, nr, eu), lines in zip(different, third):
            explained = same(ours(frame), answer(lines, paths))
            count['explained' if explained else 'different'] += nr
            print('%s: %s (%s), %d frames%s' % (
                vmcore, frame['printed'], place, nr,
                ': binutils agree with rewalk' if explained else ': NOT EXPLAINED'))
            print('    rewalk:       %s' % ours(frame))
            print('    eu-addr2line: %s' % eu)
            if not explained:
                print('    binutils:     %s' % answer(lines, paths))
    print('%s: %d frames, %d compared (%d with lines, %d places), %d the same, %d explained, '
          '%d different, %d not asked' % (
              vmcore, count['frames'], count['compared'], count['with lines'], count['places'],
              count['same'], count['explained'], count['different'], count['not asked']))
    return count['different'] == 0 and count['same'] > 0


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument('--rewalk', required=True)
    p.add_argument('--vmlinux', required=True)
    p.add_argument('--module', action='append', default=[], metavar='NAME=FILE')
    p.add_argument('--addr2line', default='aarch64-linux-gnu-addr2line')
    p.add_argument('vmcore', nargs='+')
    args = p.parse_args()
    for tool in ('eu-addr2line', 'readelf', args.addr2line):
        if not shutil.which(tool):
            print('skipped: no %s' % tool)
            return 77
    good = [check(args, vmcore) for vmcore in args.vmcore]
    print('%d passed, %d failed' % (sum(good), len(good) - sum(good)))
    return 0 if all(good) else 1


if __name__ == '__main__':
    sys.exit(main())
