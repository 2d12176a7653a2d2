# SPDX-License-Identifier: GPL-2.0-or-later
"""What rewalk makes of a dump, held against the kernel's own word."""
import functools
import json
import os
import subprocess

import cache
import logs
import printed
from result import COLUMNS, Result  # noqa: F401
from truth import Truth

LIMIT = 600
SHOW = 5


def ask(rewalk, vmlinux, vmcore):
    """{address of a task: its trace}, the summary; @vmlinux None: by the dump alone"""
    command = [rewalk, '-a', '--json', *filter(None, [vmlinux]), vmcore]
    try:
        run = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                             timeout=LIMIT, stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired:
        raise cache.Failed('rewalk: no end after %d s' % LIMIT)
    if run.returncode not in (0, 1, 3):
        raise cache.Failed('rewalk: exit status %d' % run.returncode, run.stderr)
    traces, summary = {}, None
    for line in run.stdout.splitlines():
        item = json.loads(line)
        if item['type'] == 'trace':
            traces[int(item['task']['address'], 16)] = item
        elif item['type'] == 'summary':
            summary = item
    return traces, summary


def _first_difference(what, theirs, ours, names):
    n = next((i for i, (a, b) in enumerate(zip(theirs, ours)) if a != b),
             min(len(theirs), len(ours)))
    show = ['%x %s' % (pcs[n], names.get(pcs[n], '')) if n < len(pcs) else 'no more'
            for pcs in (theirs, ours)]
    return '%s: %d entries and %d, at #%d the kernel has %s, rewalk %s' % (
        what, len(theirs), len(ours), n, *show)


def _after_panic(pcs, names):
    """The entries from panic()'s caller on."""
    inside = [i for i, pc in enumerate(pcs)
              if names.get(pc, '').split('+')[0] in ('panic', 'vpanic')]
    return pcs[inside[-1] + 1:] if inside else pcs


def differences(task, trace, names):
    """In words; none: equal."""
    found = []
    pcs = [int(f['pc'], 16) for f in trace['frames']]
    theirs = task.plain     # none: the task has lost its stack
    if task.kind == 'frozen':
        pcs, theirs = pcs[1:], theirs[1:]
    elif task.kind == 'crashed':
        ours = dict(zip(pcs, (f['printed'] for f in trace['frames'])))
        pcs, theirs = _after_panic(pcs, ours), _after_panic(theirs, names)
    if pcs != theirs:
        found.append(_first_difference('plain walk', theirs, pcs, names))
    for key in ('pid', 'tgid', 'comm'):
        if trace['task'][key] != getattr(task, key):
            found.append('%s: the kernel has %s, rewalk %s' % (
                key, getattr(task, key), trace['task'][key]))
    for pc, frame in zip(pcs, trace['frames'][len(trace['frames']) - len(pcs):]):
        if names.get(pc, frame['printed']) != frame['printed']:
            found.append('name of %x: the kernel has %s, rewalk %s' % (
                pc, names[pc], frame['printed']))
            break
    if task.kind == 'slept':
        found += _verdict_differences(task, trace, names)
    if task.kind != 'slept' and not pcs:
        found.append('nothing is left to compare')
    return found


def _verdict_differences(task, trace, names):
    found, verdict = [], trace['verdict']
    if task.rc is None:
        if verdict == 'undetermined':
            found.append('undetermined: ' + '; '.join(r['text'] for r in trace['reasons']))
        return found
    wanted = 'unreliable' if task.rc else 'reliable'
    if verdict != wanted:
        found.append('the kernel says %s (%d), rewalk %s: %s' % (
            wanted, task.rc, verdict, '; '.join(r['text'] for r in trace['reasons'])))
    if trace['kernel_returns'] != task.rc:
        found.append('returned: the kernel has %d, rewalk %s' % (task.rc,
                                                                 trace['kernel_returns']))
    consumed = [int(f['pc'], 16) for f in trace['frames']][:trace['consumed']]
    if consumed != task.reliable:
        found.append(_first_difference('reliable walk', task.reliable, consumed, names))
    return found


def compare(truth, traces):
    result = Result()
    left = dict(traces)
    for task in truth.tasks:
        trace = left.pop(task.address, None)
        if task.kind == 'ran':
            result.count['ran'] += 1
            continue
        result.add(task, task.plain, trace, trace and differences(task, trace, truth.names))
    for trace in left.values():
        result.add_unknown(trace)
    return result


def compare_run(rewalk, kernel, directory, dumps):
    """All dumps of a run, which have to give the same.  @return Result"""
    held_against = printed.against(directory) if printed.is_there(directory) else \
        functools.partial(compare, Truth(os.path.join(directory, 'truth.tsv')))
    result = None
    for name in dumps.values():
        traces, _ = ask(rewalk, kernel.vmlinux(), os.path.join(directory, name))
        result = held_against(traces)
        if not result.good():
            result.shown.insert(0, 'in %s:' % os.path.join(directory, name))
            return result
    if kernel.vmlinux():
        result.add_log(logs.check(rewalk, kernel.vmlinux(),
                                  os.path.join(directory, 'console.txt'))[2])
    return result
