#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Every trace that a lab kernel printed, out of rewalk again, text for text.

The traces are counted here by a reader of its own, as simple as can be, and compared with
`rewalk --json`: as many, in the same order, each at its line, each entry equal to its line. A
kernel's own vmlinux must fit all of its entries, and no printed trace may be called reliable.
tests/lab/run does it with what each run left on the console.

logs.py --rewalk R VMLINUX LOG...: with other logs; those named proc-stack.txt have the form of
`tail -n +1 /proc/*/stack`.
"""
import argparse
import json
import os
import re
import subprocess
import sys

LIMIT = 600
STAMP = re.compile(rb'^\[ *\d+\.\d+\] ?')
ENTRY = re.compile(rb'^ (\S+\+0x[0-9a-f]+/0x[0-9a-f]+(?: \[[^\]]+\])?|0x[0-9a-f]+)'
                   rb'(?: \(([A-Z]+)\))?$')


def log_traces(path):
    """Pairs of the heading's line and the entries, as they stand in the lines."""
    traces, current = [], None
    with open(path, 'rb') as f:
        for number, raw in enumerate(f.read().split(b'\n'), 1):
            line = STAMP.sub(b'', raw.rstrip(b'\r'))
            if line.strip() == b'Call trace:':
                current = (number, [])
                traces.append(current)
                continue
            m = ENTRY.match(line.rstrip())
            if current and m:
                current[1].append((m.group(1), m.group(2) or b''))
            else:
                current = None
    return traces


def stack_traces(path):
    """The same of /proc/PID/stack under the headings of tail(1)."""
    traces = []
    with open(path, 'rb') as f:
        for number, line in enumerate(f.read().split(b'\n'), 1):
            if line.startswith(b'==> '):
                traces.append((number, []))
            elif line.startswith(b'[<0>] '):
                traces[-1][1].append((line[6:].rstrip(), b''))
    return traces


def differences(want, got):
    if len(want) != len(got):
        yield '%d traces, rewalk has %d' % (len(want), len(got))
    for (line, entries), trace in zip(want, got):
        have = [(f['printed'].encode(), ''.join(f['marks']).encode()) for f in trace['frames']]
        if trace['report']['line'] != line:
            yield 'line %d: rewalk has the trace in line %d' % (line, trace['report']['line'])
        if have != entries:
            yield 'line %d: want %s, got %s' % (line, entries, have)
        if trace['verdict'] == 'reliable':
            yield 'line %d: a printed trace was called reliable' % line
        if trace['report']['fits'] == 'no':
            yield 'line %d: its own vmlinux does not fit' % line


def check(rewalk, vmlinux, path, reader=log_traces):
    """(traces, their entries, differences in words)"""
    want = reader(path)
    run = subprocess.run([rewalk, '--json', vmlinux, path], stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, timeout=LIMIT)
    got = [json.loads(line) for line in run.stdout.splitlines()]
    got = [t for t in got if t['type'] == 'trace']
    bad = list(differences(want, got))
    if run.returncode not in ((1, 3) if want else (2,)):
        bad.append('status %d: %s' % (run.returncode, run.stderr.decode().strip()))
    if want and run.stderr:
        bad.append('standard error: %s' % run.stderr.decode().strip())
    return len(want), sum(len(e) for _, e in want), bad


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument('--rewalk', required=True)
    p.add_argument('vmlinux')
    p.add_argument('logs', nargs='+', metavar='LOG')
    args = p.parse_args()
    traces = entries = failed = 0
    for path in args.logs:
        reader = stack_traces if os.path.basename(path) == 'proc-stack.txt' else log_traces
        nr, nr_entries, bad = check(args.rewalk, args.vmlinux, path, reader)
        for b in bad[:5]:
            print('%s: %s' % (path, b))
        traces, entries, failed = traces + nr, entries + nr_entries, failed + bool(bad)
    print('%d traces, %d entries in %d files, %d files failed' % (
        traces, entries, len(args.logs), failed))
    return 1 if failed or not traces else 0


if __name__ == '__main__':
    sys.exit(main())
