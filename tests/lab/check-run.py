#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A long run, on a terminal and off it: progress, an interrupt, a reader that leaves.

check-run.py --rewalk R VMLINUX DUMP

Whether a run is long enough for progress is not asked here; that none is shown where
no terminal is, and that nothing of it is left on the screen, is.
"""
import argparse
import array
import fcntl
import json
import os
import pty
import select
import signal
import subprocess
import sys
import termios


class Run:
    """rewalk with standard error on a terminal, standard output a pipe."""

    def __init__(self, args, *more):
        self.master, slave = pty.openpty()
        self.process = subprocess.Popen(
            [args.rewalk, 'trace', '-a'] + list(more) + [args.vmlinux, args.dump],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=slave)
        os.close(slave)

    def waiting(self):
        """Bytes in the pipe."""
        count = array.array('i', [0])
        fcntl.ioctl(self.process.stdout.fileno(), termios.FIONREAD, count)
        return count[0]

    def fill(self):
        """Until the pipe is so full that the program must wait, or it has ended."""
        while self.process.poll() is None:
            with open('/proc/%d/stat' % self.process.pid, encoding='ascii') as f:
                state = f.read().rsplit(')', 1)[1].split()[0]
            # It sleeps for nothing else.
            if state == 'S' and self.waiting() > 4096:
                return
            select.select([], [], [], .01)

    def end(self, read=True):
        """(status, output, what the terminal got)"""
        out = self.process.stdout.read() if read else b''
        self.process.stdout.close()
        status, err = self.process.wait(), b''
        try:
            while True:
                part = os.read(self.master, 65536)
                if not part:
                    break
                err += part
        except OSError:     # how a terminal ends
            pass
        os.close(self.master)
        return status, out, err.decode()


def check_whole(args):
    status, out, err = Run(args, '--json', '-q').end()
    summary = json.loads(out.splitlines()[-1])
    if status not in (0, 1, 3) or summary['type'] != 'summary' or summary['incomplete']:
        return 'status %d, %s' % (status, summary)
    return 'on the terminal, though quiet: %r' % err if err else None


def check_progress(args):
    _, _, err = Run(args, '--json').end()
    left = err.split('\r\x1b[K')[-1]
    return 'left on the screen: %r' % left if 'tasks' in left else None


def check_interrupt(args):
    """What was printed is whole, and the last line says that it is not all."""
    run = Run(args, '--json')
    run.fill()
    run.process.send_signal(signal.SIGINT)
    status, out, err = run.end()
    lines = [json.loads(line) for line in out.splitlines()]
    traces = sum(line['type'] == 'trace' for line in lines)
    if status != 130:
        return 'status %d' % status
    if lines[-1]['type'] != 'summary' or not lines[-1]['incomplete']:
        return 'the last line is %s' % lines[-1]
    if lines[-1]['traces'] != traces or 'interrupted after %d traces' % traces not in err:
        return '%d traces, but: %s, %r' % (traces, lines[-1], err)
    return None


def check_twice(args):
    """The second interrupt ends it at once, though nobody reads."""
    run = Run(args)
    run.fill()
    run.process.send_signal(signal.SIGINT)
    run.process.send_signal(signal.SIGINT)
    while run.process.poll() is None:
        run.process.send_signal(signal.SIGINT)
        select.select([], [], [], .01)
    status, _, _ = run.end(read=False)
    return None if status == 130 else 'status %d' % status


def check_pipe(args):
    """A reader that has seen enough."""
    run = Run(args)
    run.fill()
    status, _, err = run.end(read=False)
    return None if status == -signal.SIGPIPE and not err else 'status %d: %r' % (status, err)


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument('--rewalk', required=True)
    p.add_argument('vmlinux')
    p.add_argument('dump')
    args = p.parse_args()
    passed = failed = 0
    for check in (check_whole, check_progress, check_interrupt, check_twice, check_pipe):
        bad = check(args)
        if bad:
            print('%s: %s' % (check.__name__[6:], bad))
        passed += not bad
        failed += bool(bad)
    print('%d passed, %d failed' % (passed, failed))
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
