#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Damaged dumps: cut short, and with bytes changed.

damage.py --rewalk R [--vmlinux V] [--count 200] [--seed N] DUMP

COUNT truncations and COUNT corruptions of DUMP are each walked whole.  None may crash
or hang, and no task that the intact dump calls otherwise may become reliable.
"""
import argparse
import json
import mmap
import os
import random
import re
import subprocess
import sys
import tempfile
import time

LIMIT = 60          # seconds; a sanitized build is slow, a hang is much longer


def walk(args, dump):
    """(status, {task address: verdict}, standard error)."""
    run = subprocess.run([args.rewalk, 'trace', '-a', '--json'] + args.vmlinux + [dump],
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=LIMIT)
    verdicts = {}
    for line in run.stdout.splitlines():
        trace = json.loads(line)
        if trace['type'] == 'trace':
            verdicts[trace['task']['address']] = trace['verdict']
    return run.returncode, verdicts, run.stderr.decode(errors='replace')


def truncate(path, size, rng, _):
    os.truncate(path, rng.choice((rng.randrange(size), rng.randrange(min(size, 1 << 16)),
                                  size - rng.randrange(min(size, 1 << 20)))))


def find_stacks(path):
    """Where in an uncompressed dump the ends of tasks' stacks are: STACK_END_MAGIC."""
    with open(path, 'rb') as f, mmap.mmap(f.fileno(), 0, prot=mmap.PROT_READ) as bytes_:
        return [m.start() for m in re.finditer(b'\x9d\x6e\xac\x57\0\0\0\0', bytes_)]


def corrupt(path, size, rng, stacks):
    with open(path, 'r+b') as f:
        for _ in range(rng.choice((1, 16, 256, 4096))):
            # Headers and indices lie in front; most of memory is of no use to a walk.
            where = rng.random()
            if stacks and where < .4:
                at = min(rng.choice(stacks) + rng.randrange(16384), size - 1)
            else:
                at = rng.randrange(size if where < .7 else min(size, 1 << 20))
            f.seek(at)
            f.write(bytes((rng.randrange(256),)))


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument('--rewalk', required=True)
    p.add_argument('--vmlinux', action='append', default=[],
                   help='or a System.map; none if not given')
    p.add_argument('--count', type=int, default=200)
    p.add_argument('--seed', type=int, default=1)
    p.add_argument('dump')
    args = p.parse_args()
    status, intact, err = walk(args, args.dump)
    if status not in (0, 1, 3) or not intact:
        sys.exit('the intact dump: status %d: %s' % (status, err[:300]))
    passed = failed = shown = 0
    slowest = 0.
    stacks = find_stacks(args.dump)
    with tempfile.TemporaryDirectory() as tmp:
        path = os.path.join(tmp, 'dump')
        for i in range(2 * args.count):
            rng = random.Random('%d/%d' % (args.seed, i))
            subprocess.run(['cp', '--sparse=always', args.dump, path], check=True)
            (truncate, corrupt)[i & 1](path, os.path.getsize(path), rng, stacks)
            bad = None
            start = time.monotonic()
            try:
                status, verdicts, err = walk(args, path)
                slowest = max(slowest, time.monotonic() - start)
                better = [a for a, v in verdicts.items()
                          if v == 'reliable' and intact.get(a, 'reliable') != 'reliable']
                shown += len(verdicts)
                if status not in (0, 1, 2, 3) or 'runtime error' in err or 'Sanitizer' in err:
                    bad = 'status %d: %s' % (status, err[-600:])
                elif status == 2 and len(err.splitlines()) < 1:
                    bad = 'an error without a message'
                elif better:
                    bad = 'became reliable: %s' % better
            except subprocess.TimeoutExpired:
                bad = 'no end after %d s' % LIMIT
            except ValueError as e:
                bad = 'output: %s' % e
            passed += not bad
            failed += bool(bad)
            if bad:
                print('%s %d: %s' % (('truncation', 'corruption')[i & 1], i, bad))
    print('%d traces of damaged dumps, the slowest run %.1f s' % (shown, slowest))
    print('%d passed, %d failed' % (passed, failed))
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
