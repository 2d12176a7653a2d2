# SPDX-License-Identifier: GPL-2.0-or-later
"""What a comparison found."""

COLUMNS = ('tasks', 'equal', 'ran', 'different', 'missing')


class Result:
    """tasks: those compared; ran: on a CPU while the truth was taken."""

    def __init__(self):
        self.count = dict.fromkeys(COLUMNS, 0)
        self.verdicts = {}
        self.shown = []
        self.log_differs = False    # what the kernel printed on the console

    def good(self):
        return self.count['tasks'] > 0 and self.count['equal'] == self.count['tasks'] and \
            not self.log_differs

    def add_log(self, differences):
        self.log_differs |= bool(differences)
        self.shown += ['on the console: ' + d for d in differences]

    def add(self, task, entries, trace, differences):
        """A task with the kernel's @entries and rewalk's @trace (None: it has none), compared."""
        # a task that has lost its stack need not be shown
        missing = trace is None and entries
        what = 'missing' if missing else 'different' if differences else 'equal'
        self.count['tasks'] += 1
        self.count[what] += 1
        if trace:
            self._add_verdict(trace)
        if what != 'equal':
            self.shown.append('%s: %d %s: %s' % (
                what, task.pid, task.comm, '\n    '.join(differences or
                                                          ['rewalk does not show it'])))

    def add_unknown(self, trace, good=False):
        """A task that the kernel does not name; @good: it has a reason not to."""
        self.count['tasks'] += 1
        self.count['equal' if good else 'different'] += 1
        self._add_verdict(trace)
        if not good:
            self.shown.append('different: %d %s: the kernel has no such task' % (
                trace['task']['pid'], trace['task']['comm']))

    def _add_verdict(self, trace):
        self.verdicts[trace['verdict']] = self.verdicts.get(trace['verdict'], 0) + 1
