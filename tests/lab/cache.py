# SPDX-License-Identifier: GPL-2.0-or-later
"""The lab's directory ($REWALK_LAB), commands with a time limit, and what all need."""
import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
LAB = os.path.abspath(os.environ.get('REWALK_LAB') or
                      os.path.expanduser('~/.cache/rewalk/lab'))

UNPACK_LIMIT = 1800   # seconds


class Failed(Exception):
    """A step that did not work, in words; @detail is what it said."""

    def __init__(self, text, detail=''):
        super().__init__(text)
        self.detail = detail


def path(*parts):
    return os.path.join(LAB, *parts)


def here(*parts):
    return os.path.join(HERE, *parts)


def read(name, mode='r'):
    with open(name, mode, **({} if 'b' in mode else {'errors': 'replace'})) as f:
        return f.read()


def write(name, data):
    os.makedirs(os.path.dirname(name), exist_ok=True)
    with open(name, 'wb' if isinstance(data, bytes) else 'w') as f:
        f.write(data)


def run(command, limit, log=None, **kwargs):
    """Runs @command, at most @limit seconds, with all its children; its output goes to the
    file @log, or is returned."""
    with contextlib.ExitStack() as stack:
        if log:
            os.makedirs(os.path.dirname(log), exist_ok=True)
        out = stack.enter_context(open(log, 'w+b') if log else tempfile.TemporaryFile())
        try:
            child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out,
                                     stderr=subprocess.STDOUT, start_new_session=True, **kwargs)
        except OSError as e:
            raise Failed('%s: %s' % (command[0], e.strerror))
        try:
            status = child.wait(limit)
        except BaseException as e:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
            if isinstance(e, subprocess.TimeoutExpired):
                status = None
            else:
                raise
        out.seek(0)
        text = out.read().decode('utf-8', 'replace')
    if status != 0:
        why = 'no end after %d s' % limit if status is None else 'exit status %d' % status
        tail = '\n'.join(text.splitlines()[-30:])
        raise Failed('%s: %s%s' % (os.path.basename(command[0]), why,
                                   ', see ' + log if log else ''), tail)
    return text


@contextlib.contextmanager
def building(directory):
    """A new directory that takes the place of @directory once it is complete."""
    new = directory + '.new'
    shutil.rmtree(new, ignore_errors=True)
    os.makedirs(new)
    yield new
    shutil.rmtree(directory, ignore_errors=True)
    os.rename(new, directory)


@contextlib.contextmanager
def lock():
    """One run at a time in one cache."""
    os.makedirs(LAB, exist_ok=True)
    with open(path('lock'), 'w') as f:
        try:
            fcntl.flock(f, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Failed('another run uses %s' % LAB)
        yield


def unpack(deb, directory, *names):
    """The files of a package that match one of @names; the caller sees what is there."""
    # tar says 2 where a name matched nothing
    _tar(deb, directory, '${s[0]} = 0 && ${s[1]} -le 2', '--wildcards', *names)


def unpack_first(deb, directory, name):
    """The first file of a package that matches @name; what comes after it is not read."""
    _tar(deb, directory, '${s[1]} = 0', '--occurrence=1', '--wildcards', name)


def _tar(deb, directory, good, *args):
    os.makedirs(directory, exist_ok=True)
    shell = ('dpkg-deb --fsys-tarfile "$1" 2>/dev/null | tar -x -C "$2" "${@:3}";'
             ' s=("${PIPESTATUS[@]}"); [[ %s ]]' % good.replace(' = ', ' -eq '))
    run(['bash', '-c', shell, 'unpack', deb, directory, *args], UNPACK_LIMIT)


def free_gigabytes():
    os.makedirs(LAB, exist_ok=True)
    return shutil.disk_usage(LAB).free >> 30
