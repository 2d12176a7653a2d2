#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Tasks of real kernels against what those kernels said of them.

truth.py --rewalk R [DIR]: each case of DIR (fixtures/cases) is replayed, as it is and
redacted, and compared with its .truth, lines that the kernel printed: all entries of its
plain walk, address for address; where it has a reliable walk, those of that and what it
returned.  Of some cases a fact at a time is taken away: no model may call reliable then
what it did not call so before.

Of a task that crashed the kernel's walk began in a callback of panic(), and the dump was
taken further on in panic(): what called panic() is the same for both.
"""
import argparse
import glob
import json
import os
import subprocess
import sys
import tempfile

COLUMNS = ('pid tgid comm state on_cpu cpu switches kind task stack fp sp pc entries rc '
           'reliable mark').split()
EINVAL = -22
FEWEST = 40


def read_truth(path):
    with open(path, encoding='utf-8', errors='surrogateescape') as f:
        rows = [line.rstrip('\n').split('\t') for line in f]
    task = [dict(zip(COLUMNS, r[1:])) for r in rows if r[0] == 'task'][0]
    for key in ('entries', 'reliable'):
        task[key] = [] if task[key] == '-' else [int(x, 16) for x in task[key].split()]
    return {r[1]: r[2] for r in rows if r[0] == 'fact'}, task


def run(args):
    done = subprocess.run(args, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
    return done.returncode, done.stdout, done.stderr.decode(errors='replace')


def trace(rewalk, case, *how):
    status, out, err = run([rewalk, 'trace', '--json', *how, case])
    if status == 2:
        raise ValueError(err)
    return [json.loads(line) for line in out.splitlines()]


def pcs(t, beyond):
    return [int(f['pc'], 16) for f in t['frames'] if beyond or not f['beyond']]


def plain(task, t, symbols):
    """What differs from the kernel's plain walk."""
    ours, theirs = pcs(t, True), task['entries']
    if task['mark'] == 'crashed':
        # "panic+0x5c/0x36c", by the names in the case
        inner = [i for i, pc in enumerate(theirs)
                 if any(a <= pc < a + size and name in ('panic', 'vpanic')
                        for a, size, name in symbols)]
        if not inner:
            return ['panic() is not among the entries']
        theirs = theirs[inner[-1] + 1:]
        ours = ours[-len(theirs):]
    return [] if ours == theirs else ['entries: the kernel has\n    %s\n  and this is\n    %s' % (
        ' '.join('%x' % pc for pc in theirs), ' '.join('%x' % pc for pc in ours))]


def reliable(facts, task, t):
    """What differs from the kernel's reliable walk, or from how much it promises."""
    if task['mark'] == 'crashed':
        return []
    if task['rc'] == '-':
        bad = []
        if facts['reliable_walk'] != 'no':
            bad.append('a reliable walk that was not asked')
        # A walk that came to its end is all that such a kernel can say.
        if t['verdict'] != 'reliable' or t['kernel_returns'] is not None:
            bad.append('%s, and the kernel walked to the end' % t['verdict'])
        return bad
    want = 'reliable' if task['rc'] == '0' else 'unreliable'
    ours, theirs = pcs(t, False), task['reliable']
    # Some kernels hand over the entry that decides, and some do not.
    same = ours == theirs or (want == 'unreliable' and ours[:-1] == theirs)
    bad = [] if same else ['reliable entries: %s, not %s' % (
        ' '.join('%x' % pc for pc in ours), ' '.join('%x' % pc for pc in theirs))]
    if t['verdict'] != want:
        bad.append('%s, and the kernel returned %s' % (t['verdict'], task['rc']))
    if t['kernel_returns'] != int(task['rc']):
        bad.append('returns %s, and the kernel %s' % (t['kernel_returns'], task['rc']))
    return bad


def compare(facts, task, lines, case):
    t = [l for l in lines if l['type'] == 'trace']
    if len(t) != 1 or int(t[0]['task']['address'], 16) != int(task['task'], 16):
        return ['not the one trace of that task']
    symbols = [(int(s[0], 16), s[1], s[2]) for s in case['symbols']]
    return plain(task, t[0], symbols) + reliable(facts, task, t[0])


def without(case):
    """The case with one fact less, and its name."""
    def copy():
        return json.loads(json.dumps(case))

    for key in ('sym_code', 'el1_entry', 'ptrauth', 'ptrauth_kernel', 'pauth_hw',
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


def check(rewalk, path, tmp):
    facts, task = read_truth(path[:-4] + '.truth')
    with open(path, encoding='utf-8') as f:
        case = json.load(f)
    lines = trace(rewalk, path)
    bad = compare(facts, task, lines, case)
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
    with tempfile.TemporaryDirectory() as tmp:
        for i, path in enumerate(sorted(glob.glob(os.path.join(args.dir, '*.rwc')))):
            try:
                bad = check(args.rewalk, path, tmp)
                if i % 12 == 0:
                    bad += take_away(args.rewalk, path, tmp)
            except (ValueError, KeyError, OSError) as e:
                bad = ['%s: %s' % (type(e).__name__, e)]
            for b in bad:
                print('%s: %s' % (os.path.basename(path), b))
            passed += not bad
            failed += bool(bad)
    print('%d passed, %d failed' % (passed, failed))
    return 1 if failed or passed < FEWEST else 0


if __name__ == '__main__':
    sys.exit(main())
