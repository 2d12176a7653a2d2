#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A dump's tasks against `nm` on the same vmlinux, and drgn, in the same run.

dump.py [--rewalk R] [--runs N] [--cold] [--drgn PYTHON] [--pid PID] [--modules DIR]
        VMLINUX VMCORE

CPU time (user and system) and the most memory that was resident are the middle ones of N
runs (11), taken in turn, after one that is not counted; the unit is nm's CPU time, which
is what to look at. The peers run once in three turns, as they take long. --cold drops the
kernel's caches before each run (only root can; else those of the two files are asked to
go) and gives wall time, too. PYTHON is one that has drgn; without it that line is left
out, and an error of drgn is shown.
"""
import argparse
import os
import statistics
import sys
import time

DRGN = '''
import sys, drgn
from drgn.helpers.linux.pid import find_task, for_each_task
prog = drgn.Program()
prog.set_core_dump(sys.argv[2])
prog.load_debug_info([sys.argv[1]])
if len(sys.argv) > 3:
    tasks = [find_task(prog, int(sys.argv[3]))]
else:
    tasks = for_each_task(prog)
for task in tasks:
    try:
        print(prog.stack_trace(task))
    except ValueError as e:     # it runs
        print(e)
'''


def run(command, errors=None):
    """(CPU seconds, wall seconds, MB) of a command whose output nobody reads."""
    null = os.open(os.devnull, os.O_RDWR)
    start = time.monotonic()
    pid = os.fork()
    if not pid:
        os.dup2(null, 0)
        os.dup2(null, 1)
        os.dup2(errors.fileno() if errors else null, 2)
        try:
            os.execvp(command[0], command)
        finally:
            os._exit(127)
    _, status, usage = os.wait4(pid, 0)
    wall = time.monotonic() - start
    os.close(null)
    # Status 1 and 3 are verdicts.
    if os.waitstatus_to_exitcode(status) not in (0, 1, 3):
        return None
    return usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024


def drop(files):
    try:
        with open('/proc/sys/vm/drop_caches', 'w', encoding='ascii') as f:
            f.write('3')
        return
    except OSError:
        pass
    for name in files:
        fd = os.open(name, os.O_RDONLY)
        os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(fd)


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument('--rewalk', default='rewalk')
    p.add_argument('--runs', type=int, default=11)
    p.add_argument('--cold', action='store_true')
    p.add_argument('--drgn', default='python3')
    p.add_argument('--pid', default='1')
    p.add_argument('--modules', action='append', default=[], help='debug files for the lines')
    p.add_argument('vmlinux')
    p.add_argument('vmcore')
    args = p.parse_args()
    files = [args.vmlinux, args.vmcore]
    modules = [a for folder in args.modules for a in ('--modules', folder)]
    ours = [args.rewalk, 'trace', '--no-pager', '-q']
    commands = [
        ('nm', ['nm', args.vmlinux]),
        ('rewalk, all tasks', ours + ['-a'] + files),
        ('rewalk, all, JSON', ours + ['-a', '--json'] + files),
        ('rewalk, all, lines', ours + ['-a', '-l'] + modules + files),
        ('rewalk, one task', ours + ['-p', args.pid] + files),
        ('drgn, all tasks', [args.drgn, '-c', DRGN] + files),
        ('drgn, one task', [args.drgn, '-c', DRGN] + files + [args.pid]),
    ]
    taken = {name: [] for name, _ in commands}
    for turn in range(args.runs + 1):
        for name, command in list(commands):
            if name.startswith('drgn') and turn % 3 and args.runs > 3:
                continue
            if args.cold:
                os.sync()
                drop(files)
            result = run(command, sys.stderr if name.startswith('drgn') and not turn else None)
            if result is None:
                print('%s: failed' % name)
                if not name.startswith('drgn'):
                    return 1
                commands.remove((name, command))
            elif turn or args.cold:
                taken[name].append(result)
    unit = statistics.median(r[0] for r in taken['nm'])
    print('%-18s %9s %7s%s %7s' % ('', 'CPU ms', 'units', '  wall ms' if args.cold else '', 'MB'))
    for name, results in taken.items():
        if not results:
            continue
        cpu, wall, size = (statistics.median(r[i] for r in results) for i in range(3))
        print('%-18s %9.1f %7.3f%s %7.0f' % (
            name, cpu * 1000, cpu / unit, '%9.1f' % (wall * 1000) if args.cold else '', size))
    plain, lines = (statistics.median(r[0] for r in taken['rewalk, all' + what])
                    for what in (' tasks', ', lines'))
    print('with source lines, all tasks take %.2f times what they take without' % (lines / plain))
    return 0


if __name__ == '__main__':
    sys.exit(main())
