# SPDX-License-Identifier: GPL-2.0-or-later
"""The kernel's own word about its tasks as it prints it (sysrq t), where nothing else can ask it.

It was printed twice, and the dump was made in between: of a task that stands at the same place
both times, the dump must have just that.
"""
import dataclasses
import os
import re

import cache
from result import Result

TASK = re.compile(r'task:(.{15}) state:(.)(.*?)\bpid: *(\d+)')
ENTRY = re.compile(r' (\S+\+0x[0-9a-f]+/0x[0-9a-f]+(?: \[\w+\])?|0x[0-9a-f]+)(?: \(([A-Z]+)\))?$')


@dataclasses.dataclass
class Task:
    pid: int
    comm: str
    running: bool
    entries: list
    marks: list         # "F": a return address that a tracer had replaced; since 6.13


def blocks(text):
    """[(Task, the lines that say it)]"""
    found, inside = [], None
    for line in text.splitlines():
        begins, entry = TASK.match(line), ENTRY.match(line)
        if begins:
            comm, state, rest, pid = begins.groups()
            task = Task(int(pid), comm.rstrip(), state == 'R' and 'running' in rest, [], [])
            found.append((task, [line]))
            inside = None
        elif line == 'Call trace:' and found:
            inside = found[-1][0]
            found[-1][1].append(line)
        elif entry and inside:
            inside.entries.append(entry.group(1))
            inside.marks.append(entry.group(2) or '')
            found[-1][1].append(line)
        else:
            inside = None       # something else is printed
    return found


def read(text):
    """{pid: Task}"""
    tasks = {}
    for task, _ in blocks(text):
        if task.pid in tasks:
            raise cache.Failed('pid %d is printed twice' % task.pid)
        tasks[task.pid] = task
    return tasks


def path(directory, n):
    return os.path.join(directory, 'printed.%d.txt' % n)


def is_there(directory):
    return os.path.exists(path(directory, 2))


def differences(task, trace):
    """In words; none: equal."""
    found = []
    ours = [f['printed'] for f in trace['frames']]
    if ours != task.entries:
        n = next((i for i, (a, b) in enumerate(zip(task.entries, ours)) if a != b),
                 min(len(task.entries), len(ours)))
        show = [e[n] if n < len(e) else 'no more' for e in (task.entries, ours)]
        found.append('%d entries and %d, at #%d the kernel prints %s, rewalk %s' % (
            len(task.entries), len(ours), n, *show))
    marks = [''.join(f['marks']) for f in trace['frames']]
    if not found and any(task.marks) and marks != task.marks:
        found.append('marks: the kernel prints %s, rewalk has %s' % (task.marks, marks))
    if trace['task']['comm'] != task.comm:
        found.append('comm: the kernel has %s, rewalk %s' % (task.comm, trace['task']['comm']))
    if trace['verdict'] == 'undetermined':
        found.append('undetermined: ' + '; '.join(r['text'] for r in trace['reasons']))
    return found


def compare(before, after, traces):
    """@before, @after: read(); @traces: rewalk's, by address"""
    result, left = Result(), {}
    for trace in traces.values():
        if trace['task']['pid']:        # the idle tasks are not printed
            left[trace['task']['pid']] = trace
    for pid, task in before.items():
        trace, again = left.pop(pid, None), after.get(pid)
        if task.running or again is None or again.running or task.entries != again.entries:
            result.count['ran'] += 1
            continue
        result.add(task, task.entries, trace, trace and differences(task, trace))
    for pid, trace in left.items():
        if pid in after or pid > max(before):
            result.count['ran'] += 1    # it was born between
            continue
        # Without a stack it is not printed, and is reliable without a walk.
        result.add_unknown(trace, not trace['frames'] and trace['verdict'] == 'reliable')
    return result


def against(directory):
    """What holds traces against the run in @directory."""
    before, after = (read(cache.read(path(directory, n))) for n in (1, 2))
    if not before or not after:
        raise cache.Failed('%s: no task was printed' % directory)
    return lambda traces: compare(before, after, traces)
