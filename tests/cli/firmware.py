#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The fixture's stacks against what the fixture itself said of them.

firmware.py --rewalk R [DIR]: every CASE.expect in DIR (fixtures/firmware) is walked
under rfc-v7, as raw bytes and registers; entries, verdict, reason, frame, number of
consumed entries and exit status are compared.
"""
import argparse
import glob
import json
import os
import subprocess
import sys

STATUS = {'reliable': 0, 'unreliable': 1, 'undetermined': 3}


def read(path):
    case = {'memory': [], 'stack': [], 'entry': []}
    with open(path, encoding='utf-8') as f:
        for line in f:
            key, *value = line.split()
            if key in case and isinstance(case[key], list):
                case[key].append(value)
            else:
                case[key] = value
    return case


def command(args, case):
    cmd = [args.rewalk, 'trace', '--json', '--model', 'rfc-v7', '--' + case['start'][0]]
    for name, low, size in case['stack']:
        cmd += ['--stack', '%s=%s+%s' % (name, low, size)]
    name, kind = case['regs']
    regs = os.path.join(args.dir, name)
    cmd.append(os.path.join(args.dir, 'firmware.elf'))
    cmd += ['%s@%s' % (os.path.join(args.dir, f), addr) for f, addr in case['memory']]
    return cmd + ([regs + '@regs'] if kind == 'user_pt_regs' else ['--regs', regs])


def differences(case, trace, status):
    out = []

    def differ(what, want, got):
        if want != got:
            out.append('%s: want %s, got %s' % (what, want, got))

    verdict = case['verdict'][0]
    entries = [int(e[0], 16) for e in case['entry']]
    pcs = [int(f['pc'], 16) for f in trace['frames']]
    # What memory the dump lacks, the program still knows: compare as far as it goes.
    differ('entries', entries[:len(pcs)] if verdict == 'undetermined' else entries, pcs)
    for e, f in zip(case['entry'], trace['frames']):
        # "as NAME" where the kernel prints another one for a return address.
        printed = e[3] if len(e) > 3 else e[1]
        if f['symbol']:
            differ('name', printed, '%s+0x%x' % (f['symbol'], f['offset']))
    differ('verdict', verdict, trace['verdict'])
    differ('consumed', int(case['consumed'][0]), trace['consumed'])
    differ('status', STATUS[verdict], status)
    if 'reason' in case:
        differ('reason', [case['reason'][0], int(case['reason'][1])],
               [trace['reasons'][0]['code'], trace['reasons'][0]['frame']]
               if trace['reasons'] else None)
    else:
        differ('reasons', [], trace['reasons'])
    return out


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument('--rewalk', required=True)
    p.add_argument('dir', nargs='?', default='fixtures/firmware')
    args = p.parse_args()
    passed = failed = 0
    for path in sorted(glob.glob(os.path.join(args.dir, '*.expect'))):
        case = read(path)
        run = subprocess.run(command(args, case), stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, text=True, timeout=60)
        try:
            bad = differences(case, json.loads(run.stdout.splitlines()[0]), run.returncode)
        except (IndexError, ValueError):
            bad = ['no trace: ' + run.stderr.strip()]
        for b in bad:
            print('%s: %s' % (os.path.basename(path)[:-7], b))
        passed += not bad
        failed += bool(bad)
    print('%d passed, %d failed' % (passed, failed))
    return 1 if failed or passed < 10 else 0


if __name__ == '__main__':
    sys.exit(main())
