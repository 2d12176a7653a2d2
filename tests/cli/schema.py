#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Every line of JSON against the schema that is installed with the program.

schema.py --rewalk R [--schema S] [--dump VMLINUX VMCORE]... [DIR]: all cases of DIR
(fixtures/firmware), once as the image's own model walks them and once with --model all;
walks with facts left out; ranges, models and info; the tasks of the dumps, if any are
given.  Readers must ignore members that they do not know, so the
schema allows them; what the program writes it has to document, so here they fail.
"""
import argparse
import copy
import glob
import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))


def closed(schema):
    """The schema with no member allowed that it does not name."""
    if isinstance(schema, list):
        return [closed(s) for s in schema]
    if not isinstance(schema, dict):
        return schema
    out = {k: closed(v) for k, v in schema.items()}
    # Not the conditions, and not the top, which only tells the types apart.
    if out.get('type') == 'object' and 'properties' in out and '$defs' not in out:
        out.setdefault('additionalProperties', False)
    return out


def no_duplicates(pairs):
    names = [name for name, _ in pairs]
    for name in names:
        if names.count(name) > 1:
            raise ValueError('member "%s" stands twice' % name)
    return dict(pairs)


def read(path):
    case = {'memory': [], 'stack': []}
    with open(path, encoding='utf-8') as f:
        for line in f:
            key, *value = line.split()
            if key in ('memory', 'stack'):
                case[key].append(value)
            elif key in ('start', 'regs'):
                case[key] = value
    return case


def inputs(folder, case):
    name, kind = case['regs']
    regs = os.path.join(folder, name)
    out = [os.path.join(folder, 'firmware.elf')]
    out += ['%s@%s' % (os.path.join(folder, f), addr) for f, addr in case['memory']]
    return out + ([regs + '@regs'] if kind == 'user_pt_regs' else ['--regs', regs])


def runs(folder):
    """What is run: a name, the arguments, and the types of the lines that must come."""
    elf = os.path.join(folder, 'firmware.elf')
    for path in sorted(glob.glob(os.path.join(folder, '*.expect'))):
        name, case = os.path.basename(path)[:-7], read(path)
        what, start = inputs(folder, case), ['--' + case['start'][0]]
        stacks = [a for n, low, size in case['stack']
                  for a in ('--stack', '%s=%s+%s' % (n, low, size))]
        trace = ['trace', '--json'] + start
        yield name, trace + stacks + what, ['trace', 'summary']
        lines = [a.replace('firmware.elf', 'firmware.debug') for a in what]
        yield name + ', source lines', trace + ['-l', '--model', 'rfc-v7'] + stacks + lines, \
            ['trace', 'summary']
        yield name + ', all models', trace + ['--model', 'all'] + stacks + what, \
            ['trace', 'summary']
        yield name + ', stacks not said', trace + what, ['trace', 'summary']
        yield name + ', KASLR wrong', trace + ['--kaslr', '40000000'] + stacks + what, \
            ['trace', 'summary']
        yield name + ', 2 entries', trace + ['--limit', '2'] + stacks + what, ['trace', 'summary']
        yield name + ', info', ['info', '--json'] + start + stacks + what, ['info']
        yield name + ', no trace shown', trace + ['--limit', '1', '--verdict', 'reliable'] + \
            stacks + what, ['summary']
    logs = os.path.join(os.path.dirname(folder), 'logs')
    for name in sorted(os.listdir(logs)):
        log = os.path.join(logs, name)
        yield name, ['trace', '-q', '--json', elf, log], ['trace', 'summary']
        yield name + ', all models', ['trace', '-q', '--json', '--model', 'all', elf, log], \
            ['trace', 'summary']
    yield 'KASLR not known', ['trace', '--json', '--pc', 'ffffa00008002a58', '--fp',
                              'ffff80000c003d30', elf], ['trace', 'summary']
    yield 'further text', ['trace', '--json', '--text', '1000-2000=a "module"\\\x01\xe9', '--pc',
                           '1800', '--fp', '0', elf], ['trace', 'summary']
    yield 'ranges', ['ranges', '--json', elf], ['range']
    yield 'models', ['models', '--json'], ['model']
    yield 'info', ['info', '--json', elf], ['info']
    names = os.path.join(folder, 'System.map')
    what, start = inputs(folder, read(os.path.join(folder, 'reliable.expect'))), ['--blocked']
    what[0] = names
    yield 'names only', ['trace', '--json'] + start + what, ['trace', 'summary']
    yield 'names only, all models', ['trace', '--json', '--model', 'all'] + what, \
        ['trace', 'summary']
    yield 'names only, ranges', ['ranges', '-q', '--json', names], ['range']
    yield 'names only, info', ['info', '--json'] + what, ['info']


def dump_runs(vmlinux, vmcore):
    """The same for a dump.  What it lacks is said on standard error, but not with -q."""
    what, both = ['-q', '--json', vmlinux, vmcore], ['trace', 'summary']
    yield vmcore + ', chosen tasks', ['trace'] + what, both
    yield vmcore + ', all tasks', ['trace', '-a'] + what, both
    yield vmcore + ', all tasks, source lines', ['trace', '-a', '-l'] + what, both
    yield vmcore + ', idle tasks', ['trace', '-p', '0'] + what, both
    yield vmcore + ', rules of rfc-v7', ['trace', '-a', '--model', 'rfc-v7'] + what, both
    yield vmcore + ', all models', ['trace', '--model', 'all'] + what, both
    yield vmcore + ', 2 entries', ['trace', '-a', '--limit', '2'] + what, both
    yield vmcore + ', info', ['info'] + what, ['info']
    alone = ['-q', '--json', vmcore]
    yield vmcore + ', no vmlinux', ['trace', '-a'] + alone, both
    yield vmcore + ', no vmlinux, info', ['info'] + alone, ['info']


def differences(validators, run, types, of_dump=False):
    lines = run.stdout.decode('utf-8').splitlines()
    out, seen, last = [], set(), None
    if run.returncode not in (0, 1, 3) or run.stderr:
        out.append('status %d: %s' % (run.returncode, run.stderr.decode(errors='replace').strip()))
    for i, line in enumerate(lines, 1):
        try:
            last = json.loads(line, object_pairs_hook=no_duplicates)
        except ValueError as e:
            out.append('line %d: %s' % (i, e))
            continue
        seen.add(last.get('type'))
        if last.get('type') == 'trace' and 'report' not in last and \
                (last.get('task') is not None) != of_dump:
            out.append('line %d: a task for a raw stack, or none for a dump' % i)
        if last.get('type') == 'info' and ('dump' in last) != of_dump:
            out.append('line %d: a dump that was not given, or none' % i)
        for what, validator in validators:
            for e in validator.iter_errors(last):
                out.append('line %d, %s schema: %s: %s' % (
                    i, what, '/'.join(str(p) for p in e.absolute_path) or 'top', e.message))
    if seen != set(types):
        out.append('lines of type %s, want %s' % (sorted(map(str, seen)), sorted(types)))
    if 'summary' in types and (not last or last.get('type') != 'summary'):
        out.append('the last line is no summary')
    return out


def spoiled(line):
    """Lines as they must not be."""
    def change(f):
        bad = copy.deepcopy(line)
        f(bad)
        return bad

    yield 'a padded address', change(lambda t: t['frames'][0].update(pc='0x0000800008002a58'))
    yield 'an unknown code', change(lambda t: t['reasons'][0].update(code='bad-luck'))
    yield 'a reason of another verdict', change(lambda t: t.update(verdict='undetermined'))
    yield 'an unknown verdict', change(lambda t: t.update(verdict='fine'))
    yield 'no schema', change(lambda t: t.pop('schema'))
    yield 'a number as text', change(lambda t: t.update(consumed='6'))
    yield 'reliable with a reason', change(lambda t: t.update(verdict='reliable', decided_at=None,
                                                              kernel_returns=0))
    yield 'a task without members', change(lambda t: t.update(task={}))
    yield 'no task, not even null', change(lambda t: t.pop('task'))
    for member in list(line['frames'][0]):
        yield 'a frame without ' + member, change(lambda t, m=member: t['frames'][0].pop(m))


def self_check(args, open_schema, closed_schema):
    """A schema that lets everything pass would pass everything."""
    case = read(os.path.join(args.dir, 'preempted.expect'))
    run = subprocess.run([args.rewalk, '--json'] + inputs(args.dir, case), stdout=subprocess.PIPE,
                         timeout=60)
    line = json.loads(run.stdout.splitlines()[0])
    out = ['%s is let through' % what for what, bad in spoiled(line) if open_schema.is_valid(bad)]
    later = dict(line, added_later=1)
    if not open_schema.is_valid(later):
        out.append('a member that is added later is refused')
    if closed_schema.is_valid(later):
        out.append('a member that is not documented is let through')
    return out


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument('--rewalk', required=True)
    p.add_argument('--schema', default=os.path.join(ROOT, 'src/output/rewalk.schema.json'))
    p.add_argument('--dump', nargs=2, action='append', default=[], metavar=('VMLINUX', 'VMCORE'))
    p.add_argument('dir', nargs='?', default=os.path.join(ROOT, 'fixtures/firmware'))
    args = p.parse_args()
    try:
        from jsonschema import Draft202012Validator as Validator
    except ImportError:
        print('skipped: no python3-jsonschema (4.0 or later)')
        return 77
    with open(args.schema, encoding='utf-8') as f:
        schema = json.load(f, object_pairs_hook=no_duplicates)
    Validator.check_schema(schema)
    validators = [('the', Validator(schema)), ('closed', Validator(closed(schema)))]
    passed = failed = 0

    def count(name, bad):
        nonlocal passed, failed
        for b in bad[:5]:
            print('%s: %s' % (name, b))
        passed += not bad
        failed += bool(bad)

    count('spoiled lines', self_check(args, validators[0][1], validators[1][1]))
    for name, arguments, types in runs(args.dir):
        run = subprocess.run([args.rewalk] + arguments, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, timeout=60)
        count(name, differences(validators, run, types))
    for vmlinux, vmcore in args.dump:
        for name, arguments, types in dump_runs(vmlinux, vmcore):
            run = subprocess.run([args.rewalk] + arguments, stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE, timeout=300)
            count(name, differences(validators, run, types, of_dump=True))
    print('%d passed, %d failed' % (passed, failed))
    return 1 if failed or passed < 50 else 0


if __name__ == '__main__':
    sys.exit(main())
