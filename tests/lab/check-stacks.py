#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Raw stacks of real tasks against what their own kernel said of them.

check-stacks.py --rewalk R --vmlinux V DIR [--model M] [--no-text]

DIR holds NAME.bin (the bytes of a task's stack) and NAME.txt (lines of key and
value: stack_base, pc, fp, kaslr_offset, va_bits_actual, module NAME text S-E, entry
ADDR, reliable ADDR, reliable_rc N).  Compared are all entries, the entries of the
kernel's reliable walk where it has one, and its answer.

Where a tracer had replaced return addresses, what they were lies outside the stack:
there the entries must be equal up to the first trampoline, and the trace must be
undetermined there, naming the record, unless the kernel refused it for a reason that
the stack has.
"""
import argparse
import glob
import json
import os
import subprocess
import sys


def read(path):
    facts = {'entry': [], 'reliable': [], 'module': []}
    with open(path, encoding='utf-8') as f:
        for line in f:
            key, _, value = line.rstrip('\n').partition('\t')
            if key in ('entry', 'reliable'):
                facts[key].append(int(value.split()[0], 16))
            elif key == 'module':
                facts[key].append(value.split())
            else:
                facts[key] = value
    return facts


def differences(facts, trace):
    pcs = [int(f['pc'], 16) for f in trace['frames']]
    verdict, codes = trace['verdict'], [r['code'] for r in trace['reasons']]
    replaced = [i for i, f in enumerate(trace['frames']) if not f['translated']]
    out = []
    if replaced:
        n = replaced[0]
        if pcs[:n] != facts['entry'][:n]:
            out.append('entries before the first trampoline differ')
        named = any('ret_stack' in r['text'] or 'kretprobe_instances' in r['text']
                    for r in trace['reasons'])
        if verdict == 'reliable' or (verdict == 'undetermined' and
                                     ('memory-missing' not in codes or not named)):
            out.append('%s %s at a trampoline' % (verdict, codes))
        if verdict == 'undetermined' and trace['reasons'][0]['frame'] != n:
            out.append('undetermined at #%d, not #%d' % (trace['reasons'][0]['frame'], n))
        return out
    if pcs != facts['entry']:
        out.append('entries: kernel %s, rewalk %s' % (
            ['%x' % pc for pc in facts['entry']], ['%x' % pc for pc in pcs]))
    if 'reliable_rc' in facts:
        want = 'reliable' if facts['reliable_rc'] == '0' else 'unreliable'
        if verdict != want:
            out.append('verdict: kernel %s, rewalk %s %s' % (want, verdict, codes))
        if pcs[:trace['consumed']] != facts['reliable']:
            out.append('reliable entries: kernel %d, rewalk %d' % (
                len(facts['reliable']), trace['consumed']))
        if str(trace['kernel_returns']) != facts['reliable_rc']:
            out.append('returns: kernel %s, rewalk %s' % (
                facts['reliable_rc'], trace['kernel_returns']))
    elif verdict != 'reliable':
        out.append('verdict: %s %s' % (verdict, codes))
    return out


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument('--rewalk', required=True)
    p.add_argument('--vmlinux', required=True)
    p.add_argument('--model', default='auto')
    p.add_argument('--no-text', action='store_true',
                   help='leave the modules out: stacks that meet one must be text-unknown')
    p.add_argument('dir')
    args = p.parse_args()
    passed = failed = 0
    for path in sorted(glob.glob(os.path.join(args.dir, '*.txt'))):
        facts = read(path)
        cmd = [args.rewalk, 'trace', '--json', '--model', args.model, '--pc', facts['pc'],
               '--fp', facts['fp'], '--kaslr', facts['kaslr_offset'],
               '--va-bits', facts['va_bits_actual']]
        spans = [[int(x, 16) for x in m[-1].split('-')] for m in facts['module']]
        if not args.no_text:
            for m in facts['module']:
                cmd += ['--text', '%s=%s' % (m[-1], m[0])]
        cmd += [args.vmlinux, '%s@%s' % (path[:-4] + '.bin', facts['stack_base'])]
        run = subprocess.run(cmd, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                             timeout=60)
        name = os.path.basename(path)[:-4]
        try:
            trace = json.loads(run.stdout.splitlines()[0])
        except (IndexError, ValueError):
            print('%s: no trace (status %d): %s' % (name, run.returncode, run.stderr.strip()))
            failed += 1
            continue
        in_module = any(s <= pc < e for pc in facts['entry'] for s, e in spans)
        if args.no_text and in_module:
            codes = {r['code'] for r in trace['reasons']}
            refused = facts.get('reliable_rc', '0') != '0'
            good = (trace['verdict'] == 'unreliable' if refused else
                    trace['verdict'] == 'undetermined' and
                    codes & {'text-unknown', 'memory-missing'})
            bad = [] if good else ['%s %s' % (trace['verdict'], codes)]
        else:
            bad = differences(facts, trace)
        status = {'reliable': 0, 'unreliable': 1, 'undetermined': 3}[trace['verdict']]
        if run.returncode != status:
            bad.append('exit status %d' % run.returncode)
        for b in bad:
            print('%s: %s' % (name, b))
        passed += not bad
        failed += bool(bad)
    print('%d passed, %d failed' % (passed, failed))
    return 1 if failed or not passed else 0


if __name__ == '__main__':
    sys.exit(main())
