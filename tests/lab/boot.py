# SPDX-License-Identifier: GPL-2.0-or-later
"""One scenario of one kernel, from the boot to a dump and the truth beside it.

A run's directory has truth.tsv (see truth.py) or printed.N.txt (see printed.py), the dumps
vmcore.*, run.json, and console.txt.
"""
import json
import os
import shutil
import time

import cache
import guest
from vm import Machine

CPUS = 2
# What run.json was written by; --again compares only those of this version.
VERSION = 1


def directory(kernel, scenario):
    return cache.path('runs', kernel.name, scenario.name)


def _check_counts(scenario, counts):
    """What was to stand in the tasks' way does."""
    for what, wanted in (('fgraph', scenario.fgraph), ('fprobe', scenario.fprobe),
                         ('kretprobe', scenario.kretprobe), ('bpf', scenario.bpf),
                         ('kretprobes', 'kretprobe=' in scenario.scene)):
        if wanted and not int(counts.get(what, 0)):
            raise cache.Failed('no function could be traced (%s)' % what)


def _save(machine, scenario, out):
    """The dumps: {format: file}"""
    if scenario.save:
        machine.wait(lambda: machine.said('SAVED'), 'the crash kernel saves a dump',
                     scenario.limit)
        os.rename(os.path.join(out, 'host', 'vmcore'), os.path.join(out, 'vmcore.saved'))
        return {'saved': 'vmcore.saved'}
    machine.stop()
    for form in scenario.formats:
        machine.dump(form, os.path.join(out, 'vmcore.' + form))
    return {form: 'vmcore.' + form for form in scenario.formats}


def _told(machine, scenario, out):
    """The truth of lab_truth.ko, and the dumps of that moment."""
    machine.wait(machine.truth_length, 'the truth', scenario.limit)
    cache.write(os.path.join(out, 'truth.tsv'), machine.truth())
    return _save(machine, scenario, out)


def _printed(machine, scenario, out):
    """What the kernel prints of its tasks, before and after the dumps."""
    machine.wait(lambda: machine.said('TOLD 1'), 'what the kernel prints', scenario.limit)
    dumps = _save(machine, scenario, out)
    machine.read_console()
    if machine.said('TOLD 2'):
        raise cache.Failed('the dump was made too late', machine.tail())
    machine.go_on()
    machine.wait(lambda: machine.said('TOLD 2'), 'what the kernel prints again', scenario.limit)
    for n in 1, 2:
        cache.write(os.path.join(out, 'printed.%d.txt' % n), machine.printed(n))
    return dumps


def boot(kernel, scenario):
    """@return run.json's contents"""
    out = directory(kernel, scenario)
    shutil.rmtree(out, ignore_errors=True)
    os.makedirs(out)
    start = time.monotonic()
    with Machine(kernel, scenario, guest.initramfs(kernel, scenario), out, CPUS) as machine:
        machine.wait(lambda: machine.said('READY') or machine.truth_length(),
                     'the guest is ready', scenario.limit)
        ready = time.monotonic()
        dumps = (_printed if scenario.printed else _told)(machine, scenario, out)
        _check_counts(scenario, machine.counts())
        made = {'version': VERSION, 'kernel': kernel.name, 'release': kernel.release(),
                'scenario': scenario.name, 'dumps': dumps, 'notes': machine.notes(),
                'ready': round(ready - start, 1), 'seconds': round(time.monotonic() - start, 1)}
    shutil.rmtree(os.path.join(out, 'host'))
    cache.write(os.path.join(out, 'run.json'), json.dumps(made, indent=1) + '\n')
    return made


def kept(kernel, scenario):
    """run.json's contents of the last run, or None."""
    try:
        made = json.loads(cache.read(os.path.join(directory(kernel, scenario), 'run.json')))
    except OSError:
        return None
    same = made['version'] == VERSION and made['release'] == kernel.release()
    return made if same else None
