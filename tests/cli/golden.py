#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The command line by its exact output.

golden.py --rewalk R [--update] [NAME...]: each folder of tests/cli/cases has `cmd`, a
line for sh with $REWALK in it, run in an empty directory where the fixtures stand as
./fw, ./text and ./logs; `stdout`, `stderr` and `exit` are what must come out, byte for
byte.  --update writes them anew: look at the difference before it is committed.
"""
import argparse
import os
import subprocess
import sys
import tempfile


def run(rewalk, root, case):
    with open(os.path.join(case, 'cmd'), encoding='utf-8') as f:
        cmd = f.read()
    env = dict(os.environ, REWALK=rewalk, LC_ALL='C', NO_COLOR='1')
    env.pop('DEBUGINFOD_URLS', None)
    with tempfile.TemporaryDirectory() as tmp:
        os.symlink(os.path.join(root, 'fixtures', 'firmware'), os.path.join(tmp, 'fw'))
        os.symlink(os.path.join(root, 'fixtures', 'text'), os.path.join(tmp, 'text'))
        os.symlink(os.path.join(root, 'fixtures', 'logs'), os.path.join(tmp, 'logs'))
        done = subprocess.run(['sh', '-c', cmd], cwd=tmp, env=env, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
    return {'stdout': done.stdout, 'stderr': done.stderr,
            'exit': b'%d\n' % done.returncode}


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument('--rewalk', required=True)
    p.add_argument('--update', action='store_true')
    p.add_argument('names', nargs='*')
    args = p.parse_args()
    here = os.path.dirname(os.path.abspath(__file__))
    root = os.path.dirname(os.path.dirname(here))
    cases = os.path.join(here, 'cases')
    passed = failed = 0
    for name in args.names or sorted(os.listdir(cases)):
        case = os.path.join(cases, name)
        got = run(os.path.abspath(args.rewalk), root, case)
        bad = []
        for what, text in got.items():
            path = os.path.join(case, what)
            if args.update:
                with open(path, 'wb') as f:
                    f.write(text)
                continue
            with open(path, 'rb') as f:
                want = f.read()
            if want != text:
                bad.append('%s: want\n%s  got\n%s' % (what, want.decode(errors='replace'),
                                                     text.decode(errors='replace')))
        for b in bad:
            print('%s: %s' % (name, b))
        passed += not bad
        failed += bool(bad)
    print('%d passed, %d failed' % (passed, failed))
    return 1 if failed or not passed else 0


if __name__ == '__main__':
    sys.exit(main())
