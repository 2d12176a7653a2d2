#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Stacks in the hex dumps of other tools against their raw bytes.

text.py --rewalk R: each sample of fixtures/text is walked, and so are the raw bytes that
it was made of (fixtures/firmware); output, messages and exit status must be the same but
for the name of the file.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile

TASK, IRQ = 'ffff80000c000000', 'ffff80000d000000'
WHOLE = ('xxd xxd-g1 xxd-g4 xxd-g8 xxd-e xxd-e-g8 hexdump hexdump-C hexdump-x od-x od-Ax-tx8z '
         'od-Ao-tx1 od-Ao-tx2 od-Ao-tx4 od-Ao-tx8 od-Ad-tx1 od-Ad-tx2 od-Ad-tx4 od-Ad-tx8 '
         'od-Ax-tx1 od-Ax-tx2 od-Ax-tx4 od-Ax-tx8').split()
PART = ('qemu-gx qemu-wx qemu-hx qemu-bx gdb-gx gdb-xw gdb-xh gdb-xb gdb-a openocd-mdd '
        'openocd-mdw crash-bt-f crash-rd').split()
REGS = ['preempted.regs.bin@regs']
BOUNDS = ['--stack', 'task=%s+16K' % TASK]
SESSION = ['--current'] + BOUNDS + ['--stack', 'irq=%s+16K' % IRQ]
# Nothing that a walk could be made of.
OTHER = {'gdb-symbols': 'memory and no stack', 'od-An': 'no addresses'}


def table():
    """NAME: options, inputs of the raw run, inputs of the run with the sample."""
    raw = ['preempted.stack.bin@' + TASK]
    cases = {}
    for name in WHOLE:
        cases[name] = ([], raw + REGS, [name + '.txt@' + TASK] + REGS)
    cases['xxd-o'] = ([], raw + REGS, ['xxd-o.txt'] + REGS)
    cases['od-v-j'] = (BOUNDS, raw + REGS, ['od-v-j.txt@' + TASK] + REGS)
    for name in PART:
        cases[name] = (BOUNDS, raw + REGS, [name + '.txt'] + REGS)
    # Physical memory of a machine that is not there as a whole: the same refusal.
    cases['qemu-xp'] = ([], ['preempted.end.bin@phys:40212c00'], ['qemu-xp.txt'])
    raw = ['irq-stack.stack.bin@' + TASK, 'irq-stack.irq.bin@' + IRQ, 'irq-stack.regs.txt']
    for name in 'qemu-session', 'gdb-session':
        cases[name] = (SESSION, raw, [name + '.txt'])
    return cases


def run(rewalk, options, inputs):
    done = subprocess.run([rewalk, 'trace', '-q', '--json'] + options + ['firmware.elf'] + inputs,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60)
    objects = [json.loads(line) for line in done.stdout.splitlines()]
    for o in objects:
        o.pop('source', None)
    return done.returncode, objects, done.stderr


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument('--rewalk', required=True)
    args = p.parse_args()
    rewalk = os.path.abspath(args.rewalk)
    here = os.path.dirname(os.path.abspath(__file__))
    fixtures = os.path.join(os.path.dirname(os.path.dirname(here)), 'fixtures')
    cases = table()
    samples = {n[:-4] for n in os.listdir(os.path.join(fixtures, 'text')) if n.endswith('.txt')}
    passed = failed = 0
    for name in samples ^ (cases.keys() | OTHER.keys()):
        print('%s: in no table, or not there' % name)
        failed += 1
    with tempfile.TemporaryDirectory() as tmp:
        for folder in 'firmware', 'text':
            for name in os.listdir(os.path.join(fixtures, folder)):
                if name.endswith(('.txt', '.bin', '.elf')):
                    os.symlink(os.path.join(fixtures, folder, name),
                               os.path.join(tmp, name))
        with open(os.path.join(tmp, 'preempted.stack.bin'), 'rb') as f:
            end = f.read()[-1024:]
        with open(os.path.join(tmp, 'preempted.end.bin'), 'wb') as f:
            f.write(end)
        os.chdir(tmp)
        for name, (options, raw, text) in sorted(cases.items()):
            want, got = run(rewalk, options, raw), run(rewalk, options, text)
            if want != got:
                print('%s:\n  want %s\n  got  %s' % (name, want, got))
            # A run that finds nothing agrees with any other that does not.
            ok = want == got and (want[0] in (0, 1) if name != 'qemu-xp' else want[0] == 2)
            passed += ok
            failed += not ok
        os.chdir('/')
    print('%d passed, %d failed' % (passed, failed))
    return 1 if failed or passed < len(cases) else 0


if __name__ == '__main__':
    sys.exit(main())
