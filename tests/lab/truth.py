# SPDX-License-Identifier: GPL-2.0-or-later
"""The kernel's own word about a moment, as lab_truth.c writes it:

fact    NAME    VALUE
task    KIND    ADDRESS PID     TGID    COMM    CPU     PATCH_STATE PLAIN RC RELIABLE
name    ADDRESS TEXT            of each address among the entries, as "%pS" prints it
end

KIND is "slept" (its stack stood still), "ran" (on a CPU: nothing is said of it), "frozen" (the
task that said all this, and stays there: only the first entry of its walk may differ in a
dump) or "crashed" (that task, on its way into a crash kernel).  PLAIN and RELIABLE are what the
two walks consumed, RC is what the second returned; "-" where there is none.
"""
import dataclasses

import cache


@dataclasses.dataclass
class Task:
    kind: str
    address: int
    pid: int
    tgid: int
    comm: str
    cpu: int
    patch_state: str
    plain: list
    rc: object      # None: this kernel has no reliable walk, or was not asked
    reliable: list


class Truth:
    def __init__(self, path):
        self.facts, self.names, self.tasks = {}, {}, []
        ended = False
        for line in cache.read(path).splitlines():
            word, *rest = line.split('\t')
            if word == 'fact':
                self.facts[rest[0]] = rest[1]
            elif word == 'task':
                self.tasks.append(_task(rest))
            elif word == 'name':
                self.names[int(rest[0], 16)] = rest[1]
            ended = word == 'end'
        if not ended:
            raise cache.Failed('%s is not complete' % path)


def _entries(text):
    if 'too-many' in text:
        raise cache.Failed('a walk has more entries than lab_truth.c keeps')
    return [] if text == '-' else [int(word, 16) for word in text.split()]


def _task(columns):
    kind, address, pid, tgid, comm, cpu, patch_state, plain, rc, reliable = columns
    return Task(kind, int(address, 16), int(pid), int(tgid), comm, int(cpu), patch_state,
                _entries(plain), None if rc == '-' else int(rc), _entries(reliable))
