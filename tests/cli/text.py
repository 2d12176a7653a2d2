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
import struct
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


def crash_bt(fixtures):
    """The words that are addresses of functions as names; frame #0 has pc and x29."""
    with open(os.path.join(fixtures, 'text', 'crash-rd.txt')) as f:
        text = f.read()
    with open(os.path.join(fixtures, 'firmware', 'preempted.expect')) as f:
        entries = [line.split()[1:3] for line in f if line.startswith('entry ')]
    for addr, name in entries:
        name, off = name.split('+')
        text = text.replace(addr[2:], '%-16s' % ('%s+%d' % (name, int(off, 16))))
    pc = int(entries[0][0], 16)
    head = ('PID: 2        TASK: ffff80000c000000  CPU: 0    COMMAND: "scene"\n'
            ' #0 [ffff80000c003c50] %s at %x\n' % (entries[0][1].split('+')[0], pc - 4))
    return head + text, head + text.replace('__schedule+', '__no_such_function+')


def prstatus(pid, regs):
    note = bytearray(392)
    struct.pack_into('<I', note, 32, pid)
    note[112:112 + 272] = regs
    return struct.pack('<III8s', 5, len(note), 1, b'CORE') + bytes(note)


def core(notes, memory):
    """An ELF core of notes, and of memory or none."""
    nr = 2 if memory else 1
    off = 64 + 56 * nr
    head = b'\x7fELF\2\1\1' + bytes(9) + struct.pack('<HHIQQQIHHHHHH', 4, 183, 1, 0, 64, 0, 0, 64,
                                                     56, nr, 0, 0, 0)
    head += struct.pack('<IIQQQQQQ', 4, 0, off, 0, 0, len(notes), 0, 4)
    if memory:
        head += struct.pack('<IIQQQQQQ', 1, 6, off + len(notes), 0x40000000, 0x40000000,
                            len(memory), len(memory), 4096)
    return head + notes + memory


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
    for name in 'qemu-session', 'gdb-session', 'gdb-print':
        cases[name] = (SESSION, raw, [name + '.txt'])
    # Registers of an ELF core: of the CPU whose stack it is, as QEMU numbers them.
    raw = ['preempted.stack.bin@' + TASK]
    for name, options, inputs in (('core', [], ['preempted.core']),
                                  ('core-regs', ['--regs', 'preempted.vmcore'], []),
                                  ('core-cpu', ['--cpu', '1'], ['preempted.core'])):
        cases[name] = (options, raw + REGS, raw + inputs)
    # What `bt' and `bt -r' of crash print: symbols in place of words, no registers.
    cases['made-crash-bt'] = (BOUNDS, raw + REGS, ['made-crash-bt'])
    cases['made-crash-unknown'] = (BOUNDS, ['low.bin@' + TASK, 'high.bin@ffff80000c003c60'] + REGS,
                                   ['made-crash-unknown'])
    # Packed files: memory, registers, a hex dump, the vmlinux.
    cases['packed'] = ([], raw + REGS, ['preempted.stack.bin.gz@' + TASK,
                                       'preempted.regs.bin.xz@regs'])
    cases['packed-text'] = ([], raw + REGS, ['xxd.txt.zst@' + TASK] + REGS)
    cases['packed-vmlinux'] = ([], raw + REGS, raw + REGS)
    return cases


def run(rewalk, options, inputs, vmlinux='firmware.elf'):
    done = subprocess.run([rewalk, 'trace', '-q', '--json'] + options + [vmlinux] + inputs,
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
    made = 'core', 'packed', 'made'
    tables = {n for n in cases if not n.startswith(made)} | OTHER.keys()
    for name in samples ^ tables:
        print('%s: in no table, or not there' % name)
        failed += 1
    with tempfile.TemporaryDirectory() as tmp:
        for folder in 'firmware', 'text':
            for name in os.listdir(os.path.join(fixtures, folder)):
                if name.endswith(('.txt', '.bin', '.elf')):
                    os.symlink(os.path.join(fixtures, folder, name),
                               os.path.join(tmp, name))
        with open(os.path.join(tmp, 'preempted.stack.bin'), 'rb') as f:
            stack = f.read()
        made = dict(zip(('made-crash-bt', 'made-crash-unknown'),
                        (t.encode() for t in crash_bt(fixtures))))
        # The return address of the first record is what is not known.
        made.update({'preempted.end.bin': stack[-1024:], 'low.bin': stack[:0x3c58],
                     'high.bin': stack[0x3c60:]})
        for name, data in made.items():
            with open(os.path.join(tmp, name), 'wb') as f:
                f.write(data)
        with open(os.path.join(tmp, 'preempted.regs.bin'), 'rb') as f:
            regs = f.read(272)
        notes = prstatus(1, bytes(272)) + prstatus(2, regs)
        for name, memory in ('preempted.core', b''), ('preempted.vmcore', bytes(4096)):
            with open(os.path.join(tmp, name), 'wb') as f:
                f.write(core(notes, memory))
        os.chdir(tmp)
        if b'packed files: none' in subprocess.run([rewalk, '--version'],
                                                   stdout=subprocess.PIPE).stdout:
            print('skipped: packed files, which this build cannot read')
            cases = {n: c for n, c in cases.items() if not n.startswith('packed')}
        for tool, suffix, name in (('gzip', 'gz', 'preempted.stack.bin'),
                                   ('xz', 'xz', 'preempted.regs.bin'),
                                   ('zstd -q', 'zst', 'xxd.txt'), ('xz', 'xz', 'firmware.elf')):
            subprocess.run('%s -c <%s >%s.%s' % (tool, name, name, suffix), shell=True,
                           check=True)
        for name, (options, raw, text) in sorted(cases.items()):
            # Options that say where registers are do not go with other ones.
            plain = [] if name.startswith('core') else options
            vmlinux = 'firmware.elf.xz' if name == 'packed-vmlinux' else 'firmware.elf'
            want, got = run(rewalk, plain, raw), run(rewalk, options, text, vmlinux)
            if want != got:
                print('%s:\n  want %s\n  got  %s' % (name, want, got))
            # A run that finds nothing agrees with any other that does not.
            status = {'qemu-xp': (2,), 'made-crash-unknown': (3,)}.get(name, (0, 1))
            ok = want == got and want[0] in status
            passed += ok
            failed += not ok
        # Cut short before its memory, it is a dump, and no file of registers.
        with open('cut.vmcore', 'wb') as f:
            f.write(core(notes, bytes(4096))[:-4096])
        cut = subprocess.run([rewalk, 'firmware.elf', 'cut.vmcore'], stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, text=True, timeout=60)
        ok = (cut.returncode == 2 and not cut.stdout and
              'truncated: %d of' % os.path.getsize('cut.vmcore') in cut.stderr)
        if not ok:
            print('a dump that was cut short: %s' % cut)
        passed += ok
        failed += not ok
        os.chdir('/')
    print('%d passed, %d failed' % (passed, failed))
    return 1 if failed or passed < len(cases) + 1 else 0


if __name__ == '__main__':
    sys.exit(main())
