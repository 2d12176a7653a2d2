#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Does a case file say what that says which it was made of?

replay.py --rewalk R [--dump VMLINUX VMCORE]...: exports each stack of the firmware, and
all tasks of each dump, as they are and redacted, and compares what rewalk prints of the
input and of the case: JSON by the kernel's own model and by all, with and without a
limit, text and the kernel's form, byte for byte, and the exit status.  Only the name of
the source may differ.  A case that is redacted later must be the redacted case.
"""
import argparse
import glob
import os
import subprocess
import sys
import tempfile

import firmware

WAYS = (['--json', '--model', 'all'], ['--json', '--limit', '3'], ['-v'],
        ['--format', 'kernel'])
OF_DUMPS = (['--json'], ['--group'], ['--model', 'linux-6.1', '-v'], ['--model', 'all'],
            ['--json', '--verdict', 'unreliable,undetermined'])


def run(args):
    done = subprocess.run(args, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=1200)
    return done.returncode, done.stdout, done.stderr.decode(errors='replace')


def without_source(out, name):
    """The heading of a raw stack and the member "source" name the input."""
    lines = []
    for line in out.splitlines():
        if line == name or line.startswith(name + b'  '):
            line = line[len(name):]
        lines.append(line.replace(b'"source":"%s"' % name, b'"source":""'))
    return lines


def differences(name, way, want, got):
    a, b = without_source(want[1], name[0]), without_source(got[1], name[1])
    if not a:
        return '%s: nothing is printed: %s' % (' '.join(way), want[2])
    if want[0] == got[0] and a == b:
        return None
    at = next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))
    shown = [(lines[at] if at < len(lines) else b'(none)').decode(errors='replace')[:2000]
             for lines in (a, b)]
    return ('%s: status %d and %d, line %d of %d and %d:\n  %s\n  %s %s' %
            (' '.join(way), want[0], got[0], at + 1, len(a), len(b), *shown, got[2]))


def check(rewalk, tmp, source, options, ways):
    """What is wrong with the cases of `rewalk trace OPTIONS`."""
    cases = {name: os.path.join(tmp, name + '.rwc') for name in ('whole', 'redacted')}
    for name, path in cases.items():
        how = ['--redact'] if name == 'redacted' else []
        status, out, err = run([rewalk, 'export', '-q', *how, *options, '-o', path])
        if status or out:
            yield 'export: status %d: %s' % (status, err)
            return
    for way in ways:
        want = run([rewalk, 'trace', '-q', *way, *options])
        for name, path in cases.items():
            got = run([rewalk, 'trace', '-q', *way, path])
            bad = differences((source.encode(), path.encode()), way, want, got)
            if bad:
                yield '%s: %s' % (name, bad)
    with open(cases['redacted'], 'rb') as f:
        redacted = f.read()
    for name, path in cases.items():
        again = run([rewalk, 'export', '--redact', path, '-o', '-'])
        if again[0] or again[1] != redacted:
            yield '%s, redacted again: another case: %s' % (name, again[2])


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument('--rewalk', required=True)
    p.add_argument('--dump', nargs=2, action='append', default=[], metavar=('VMLINUX', 'VMCORE'))
    p.add_argument('--dir', default='fixtures/firmware')
    args = p.parse_args()
    passed = failed = 0
    if b'without libjansson' in subprocess.run([args.rewalk, '--version'],
                                               stdout=subprocess.PIPE).stdout:
        print('skipped: rewalk was built without libjansson')
        return 77
    todo = []
    for path in sorted(glob.glob(os.path.join(args.dir, '*.expect'))):
        case = firmware.read(path)
        command = firmware.command(args, case)
        options = command[command.index('rfc-v7') + 1:]
        todo.append((os.path.basename(path), os.path.join(args.dir, case['memory'][0][0]),
                     options, WAYS))
    for vmlinux, vmcore in args.dump:
        todo.append((vmcore, vmcore, ['-a', vmlinux, vmcore], WAYS + OF_DUMPS))
    with tempfile.TemporaryDirectory() as tmp:
        for name, source, options, ways in todo:
            bad = list(check(args.rewalk, tmp, source, options, ways))
            for b in bad:
                print('%s: %s' % (name, b))
            passed += not bad
            failed += bool(bad)
    print('%d passed, %d failed' % (passed, failed))
    return 1 if failed or passed < 10 else 0


if __name__ == '__main__':
    sys.exit(main())
