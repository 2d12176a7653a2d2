#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Damaged dumps: cut short, and with bytes changed.

damage.py --rewalk R [--vmlinux V] [--count 200] [--seed N] DUMP

COUNT truncations and COUNT corruptions of DUMP are each walked whole.  None may crash
or hang, and no task that the intact dump calls otherwise may become reliable.
"""
import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile

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


def truncate(path, size, rng):
    os.truncate(path, rng.choice((rng.randrange(size), rng.randrange(min(size, 1 << 16)),
                                  size - rng.randrange(min(size, 1 << 20)))))


def corrupt(path, size, rng):
    with open(path, 'r+b') as f:
        for _ in range(rng.choice((1, 16, 256, 4096))):
            # Headers and indices lie in front: half of the damage goes there.
            f.seek(rng.randrange(size if rng.random() < .5 else min(size, 1 << 20)))
            f.write(bytes((rng.randrange(256),)))


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument('--rewalk', required=True)
    p.add_argument('--vmlinux', action='append', default=[], help='or a System.map; none if not given')
    p.add_argument('--count', type=int, default=200)
    p.add_argument('--seed', type=int, default=1)
    p.add_argument('dump')
    args = p.parse_args()
    status, intact, err = walk(args, args.dump)
    if status not in (0, 1, 3) or not intact:
        sys.exit('the intact dump: status %d: %s' % (status, err[:300]))
    passed = failed = shown = 0
    with tempfile.TemporaryDirectory() as tmp:
        path = os.path.join(tmp, 'dump')
        for i in range(2 * args.count):
            rng = random.Random('%d/%d' % (args.seed, i))
            shutil.copyfile(args.dump, path)
            (truncate, corrupt)[i & 1](path, os.path.getsize(path), rng)
            bad = None
            try:
                status, verdicts, err = walk(args, path)
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
    print('%d traces of damaged dumps' % shown)
    print('%d passed, %d failed' % (passed, failed))
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
