#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The lab's comparison finds what is different: made-up truths and traces, no kernel."""
import copy
import os
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import cache  # noqa: E402
import compare  # noqa: E402
import printed  # noqa: E402
import truth  # noqa: E402

TRUTH = '''fact	release	test
task	slept	f1	7	7	sleeper	0	-	a0 b0 c0	0	a0 b0 c0
task	slept	f2	8	7	faulter	1	-	a0 b0 c0	-22	a0 b0
task	slept	f3	9	9	zombie	1	-	-	0	-
task	ran	f4	10	10	runner	1	-	-	-	-
task	frozen	f5	11	11	teller	0	-	d4 b0 c0	-	-
name	a0	one+0x10/0x20
name	b0	two+0x10/0x20
name	c0	panic+0x10/0x20
name	d4	tell+0x4/0x20
end
'''
NAMES = {0xa0: 'one+0x10/0x20', 0xb0: 'two+0x10/0x20', 0xc0: 'panic+0x10/0x20',
         0xd8: 'tell+0x8/0x20'}


def trace(pid, tgid, comm, pcs, verdict, returns, consumed):
    return {'task': {'pid': pid, 'tgid': tgid, 'comm': comm}, 'verdict': verdict,
            'reasons': [], 'kernel_returns': returns, 'consumed': consumed,
            'frames': [{'pc': '0x%x' % pc, 'printed': NAMES[pc]} for pc in pcs]}


TRACES = {
    0xf1: trace(7, 7, 'sleeper', [0xa0, 0xb0, 0xc0], 'reliable', 0, 3),
    0xf2: trace(8, 7, 'faulter', [0xa0, 0xb0, 0xc0], 'unreliable', -22, 2),
    0xf3: trace(9, 9, 'zombie', [], 'reliable', 0, 0),
    0xf4: trace(10, 10, 'runner', [], 'unreliable', None, 0),
    0xf5: trace(11, 11, 'teller', [0xd8, 0xb0, 0xc0], 'unreliable', None, 0),
}


def put(task, key, value):
    def change(traces):
        traces[task][key] = value
    return change


def put_frame(task, n, key, value):
    def change(traces):
        traces[task]['frames'][n][key] = value
    return change


# what is done to rewalk's answer, and in which column it must appear
CHANGES = [
    ('an entry is another', put_frame(0xf1, 1, 'pc', '0xb4'), 'different'),
    ('an entry is missing', lambda t: t[0xf1]['frames'].pop(), 'different'),
    ('an entry is too many', lambda t: t[0xf1]['frames'].append(t[0xf1]['frames'][0]),
     'different'),
    ('a name is another', put_frame(0xf1, 0, 'printed', 'one+0x10/0x24'), 'different'),
    ('reliable where the kernel refuses', put(0xf2, 'verdict', 'reliable'), 'different'),
    ('refused where the kernel does not', put(0xf1, 'verdict', 'unreliable'), 'different'),
    ('undetermined', put(0xf1, 'verdict', 'undetermined'), 'different'),
    ('another return value', put(0xf1, 'kernel_returns', None), 'different'),
    ('a zombie that is not reliable', put(0xf3, 'verdict', 'unreliable'), 'different'),
    ('a zombie without return value', put(0xf3, 'kernel_returns', None), 'different'),
    ('more consumed', put(0xf2, 'consumed', 3), 'different'),
    ('another pid', lambda t: t[0xf1]['task'].update(pid=70), 'different'),
    ('another name of a task', lambda t: t[0xf1]['task'].update(comm='x'), 'different'),
    ('a task is missing', lambda t: t.pop(0xf1), 'missing'),
    ('a task is too many', lambda t: t.update({0xf9: copy.deepcopy(t[0xf1])}), 'different'),
    ('the teller: another caller', put_frame(0xf5, 1, 'pc', '0xb4'), 'different'),
    ('the teller: nothing', put(0xf5, 'frames', []), 'different'),
]


PRINTED = '''sysrq: Show State
task:init            state:R  running task     stack:    0 pid:    1 ppid:     0 flags:0x00000002
Call trace:
 dump_backtrace+0x0/0x200
task:one two         state:S stack:0     pid:7     tgid:7     ppid:1      flags:0x00000008
Call trace:
 one+0x10/0x20 (T)
 two+0x10/0x20 [module] (P)
 panic+0x10/0x20
Workqueue: events two+0x10/0x20
 one+0x10/0x20
task:moved           state:S stack:0     pid:8     tgid:8     ppid:1      flags:0x00000008
Call trace:
 one+0x10/0x20
'''


def shown(pid, comm, *frames):
    return {'task': {'pid': pid, 'comm': comm}, 'verdict': 'reliable', 'reasons': [],
            'frames': [{'printed': p, 'marks': list(m)} for p, m in frames]}


SHOWN = {
    0xf1: shown(1, 'init', ('x+0x0/0x4', '')),
    0xf2: shown(7, 'one two', ('one+0x10/0x20', 'T'), ('two+0x10/0x20 [module]', 'P'),
                ('panic+0x10/0x20', '')),
    0xf3: shown(8, 'moved', ('two+0x10/0x20', '')),
    0xf4: shown(3, 'zombie'),
    0xf5: shown(9, 'between', ('one+0x10/0x20', '')),
}
PRINTED_CHANGES = [
    ('printed: an entry is another', put_frame(0xf2, 1, 'printed', 'two+0x14/0x20 [module]'),
     'different'),
    ('printed: an entry is missing', lambda t: t[0xf2]['frames'].pop(), 'different'),
    ('printed: an entry is too many', lambda t: t[0xf2]['frames'].append(t[0xf2]['frames'][0]),
     'different'),
    ('printed: another mark', put_frame(0xf2, 1, 'marks', ['F']), 'different'),
    ('printed: another name of a task', lambda t: t[0xf2]['task'].update(comm='x'), 'different'),
    ('printed: undetermined', put(0xf2, 'verdict', 'undetermined'), 'different'),
    ('printed: a zombie that is not reliable', put(0xf4, 'verdict', 'undetermined'), 'different'),
    ('printed: a task is missing', lambda t: t.pop(0xf2), 'missing'),
    ('printed: a task is too many', lambda t: t[0xf4].update(frames=t[0xf5]['frames']),
     'different'),
]


def check_printed():
    """How many of the checks failed."""
    failed, before = 0, printed.read(PRINTED)
    after = printed.read(PRINTED.rpartition(' one')[0] + ' two+0x10/0x20\n')
    result = printed.compare(before, after, copy.deepcopy(SHOWN))
    if not result.good() or list(result.count.values()) != [2, 2, 3, 0, 0]:
        print('printed, equal, but found: %s %s' % (result.count, result.shown))
        failed += 1
    for what, change, column in PRINTED_CHANGES:
        traces = copy.deepcopy(SHOWN)
        change(traces)
        result = printed.compare(before, after, traces)
        if result.good() or result.count[column] != 1 or len(result.shown) != 1:
            print('%s: not found: %s %s' % (what, result.count, result.shown))
            failed += 1
    return failed


def main():
    failed = check_printed()
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, 'truth.tsv')
        cache.write(path, TRUTH)
        told = truth.Truth(path)
        cache.write(path, TRUTH[:-4])
        try:
            truth.Truth(path)
            print('a truth without its end is taken for one')
            failed += 1
        except cache.Failed:
            pass
    result = compare.compare(told, copy.deepcopy(TRACES))
    if not result.good() or list(result.count.values()) != [4, 4, 1, 0, 0]:
        print('equal, but found: %s %s' % (result.count, result.shown))
        failed += 1
    result.add_log([])
    if not result.good():
        print('a log that is equal is none: %s' % result.shown)
        failed += 1
    result.add_log(['line 7: want x'])
    if result.good() or len(result.shown) != 1:
        print('a log that differs: not found: %s' % result.shown)
        failed += 1
    unseen = copy.deepcopy(TRACES)
    del unseen[0xf3]
    result = compare.compare(told, unseen)
    if not result.good():
        print('a task without a stack need not be shown: %s' % result.shown)
        failed += 1
    for what, change, column in CHANGES:
        traces = copy.deepcopy(TRACES)
        change(traces)
        result = compare.compare(told, traces)
        if result.good() or result.count[column] != 1 or len(result.shown) != 1:
            print('%s: not found: %s %s' % (what, result.count, result.shown))
            failed += 1
    after = compare._after_panic([1, 2, 0xc0, 0xa0], NAMES)
    if after != [0xa0]:
        print("after panic(): %s" % after)
        failed += 1
    print('%d passed, %d failed' % (len(CHANGES) + len(PRINTED_CHANGES) + 7 - failed, failed))
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
