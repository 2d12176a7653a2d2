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

    def add(self, task, what, differences):
        self.count[what] += 1
        if differences:
            self.shown.append('%s: %d %s: %s' % (what, task.pid, task.comm,
                                                 '\n    '.join(differences)))
