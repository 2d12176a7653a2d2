#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Tasks of real kernels against what those kernels said of them.

kernelcases.py --rewalk R [DIR]: each case of DIR (fixtures/cases) is replayed, as it is and
redacted, and compared with its .truth, lines that the kernel wrote, as the lab compares a whole
dump (tests/lab/compare.py, printed.py): all entries of its plain walk and their names; where it
has a reliable walk, those of that and what it returned.  Of some cases a fact at a time is taken
away: no model may call reliable then what it did not call so before.
"""
import argparse
import collections
import glob
import json
import os
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), 'lab'))
import cache  # noqa: E402
import compare  # noqa: E402
import printed  # noqa: E402
import truth  # noqa: E402

FEWEST_MODELS = 5


def run(args):
    done = subprocess.run(args, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
    return done.returncode, done.stdout, done.stderr.decode(errors='replace')


def trace(rewalk, case, *how):
    status, out, err = run([rewalk, 'trace', '--json', *how, case])
    if status == 2:
        raise ValueError(err)
    return [json.loads(line) for line in out.splitlines()]


def differences(path, traces):
    """What differs from the kernel's word in @path."""
    if len(traces) != 1:
        return ['there are %d traces' % len(traces)]
    trace = traces[0]
    text = cache.read(path)
    if text.startswith('task:'):
        (task,) = printed.read(text).values()
        if task.pid != trace['task']['pid']:
            return ['another task']
        return printed.differences(task, trace)
    told = truth.Truth(path)
    (task,) = told.tasks
    if task.address != int(trace['task']['address'], 16):
        return ['another task']
    return compare.differences(task, trace, told.names)


def without(case):
    """The case with one fact less, and its name."""
    def copy():
        return json.loads(json.dumps(case))

    for key in ('sym_code', 'el1_entry', 'ret_from_fork', 'ptrauth', 'ptrauth_kernel', 'pauth_hw',
                'return_to_handler', 'kretprobe_trampoline'):
        if key in case['kernel']:
            c = copy()
            del c['kernel'][key]
            yield key, c
    for i, t in enumerate(case['traces']):
        for key in ('current', 'preemptible', 'in_nmi', 'in_efi', 'fgraph', 'kretprobes'):
            if key in t:
                c = copy()
                del c['traces'][i][key]
                yield key, c
        for key in t['stacks']:
            c = copy()
            del c['traces'][i]['stacks'][key]
            yield 'the %s stack' % key, c
        for n in range(0, len(t['words']), 3):
            c = copy()
            del c['traces'][i]['words'][n]
            yield 'the words at %s' % t['words'][n][0], c


def verdicts(rewalk, case):
    return {t['model']: t['verdict'] for t in trace(rewalk, case, '--model', 'all')
            if t['type'] == 'trace'}


def take_away(rewalk, path, tmp):
    whole = os.path.join(tmp, 'whole.rwc')
    status, _, err = run([rewalk, 'export', '--redact', '-o', whole, path])
    if status:
        return [err]
    with open(whole, encoding='utf-8') as f:
        case = json.load(f)
    before, bad, less = verdicts(rewalk, whole), [], os.path.join(tmp, 'less.rwc')
    for what, changed in without(case):
        with open(less, 'w', encoding='utf-8') as f:
            json.dump(changed, f, separators=(',', ':'))
        for model, verdict in verdicts(rewalk, less).items():
            if verdict == 'reliable' and before[model] != 'reliable':
                bad.append('without %s %s calls it reliable, and with it %s' %
                           (what, model, before[model]))
    return bad


def check(rewalk, path, tmp, models):
    lines = trace(rewalk, path)
    bad = differences(path[:-4] + '.truth', [l for l in lines if l['type'] == 'trace'])
    models[lines[0]['model']] += 1
    redacted = os.path.join(tmp, 'redacted.rwc')
    status, _, err = run([rewalk, 'export', '--redact', '-o', redacted, path])
    if status:
        return bad + ['export --redact: ' + err]
    again = trace(rewalk, redacted)
    for line in lines + again:
        line.pop('source', None)
    if lines != again:
        bad.append('redacted, it is another trace')
    with open(redacted, encoding='utf-8') as f:
        if sum(len(w[1].split()) for t in json.load(f)['traces'] for w in t['words']) > \
                4 * len(lines[0]['frames']) + 8:
            bad.append('redacted, it has more than records')
    return bad


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument('--rewalk', required=True)
    p.add_argument('dir', nargs='?', default='fixtures/cases')
    args = p.parse_args()
    if b'without libjansson' in subprocess.run([args.rewalk, '--version'],
                                               stdout=subprocess.PIPE).stdout:
        print('skipped: rewalk was built without libjansson')
        return 77
    passed = failed = 0
    models = collections.Counter()
    with tempfile.TemporaryDirectory() as tmp:
        for i, path in enumerate(sorted(glob.glob(os.path.join(args.dir, '*.rwc')))):
            try:
                bad = check(args.rewalk, path, tmp, models)
                if i % 12 == 0:
                    bad += take_away(args.rewalk, path, tmp)
            except (cache.Failed, ValueError, KeyError, OSError) as e:
                bad = ['%s: %s' % (type(e).__name__, e)]
            for b in bad:
                print('%s: %s' % (os.path.basename(path), b))
            passed += not bad
            failed += bool(bad)
    with open(os.path.join(args.dir, 'list.tsv'), encoding='utf-8') as f:
        listed = sum(not line.startswith('#') for line in f)
    if listed != passed + failed:
        print('list.tsv has %d cases, and %d are here' % (listed, passed + failed))
        failed += 1
    print(', '.join('%s: %d' % m for m in sorted(models.items())))
    print('%d passed, %d failed' % (passed, failed))
    return 1 if failed or not passed or len(models) < FEWEST_MODELS else 0


if __name__ == '__main__':
    sys.exit(main())
