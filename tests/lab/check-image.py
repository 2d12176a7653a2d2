#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Hold the image room against real kernels.

usage: check-image.py QUERY SPEC [--kseed VMLINUX SYM_CODE_TXT STACKS]
                      [--kernel VMLINUX STACKS]...

QUERY is image_query (see image_query.c), SPEC the directory with
symcode-*.tsv, symcode-reference.py and the vectors of image.md, STACKS a
directory with the lab's *.txt files.  Ends with a line of counts; the status is
1 if anything differs.
"""
import argparse
import glob
import os
import re
import subprocess
import sys

# image.md 12: release, question, input, answer.  Those of a release that is not
# at hand are skipped.
VECTORS = '''
6.1.0-56-arm64 in-range ffff8000080111b4 el1t_64_error
6.1.0-56-arm64 in-range ffff80000803f800 trans_pgd_stub_vectors hyp_stub_el2t_sync_invalid
6.1.0-56-arm64 in-range ffff800008088000 none
6.1.0-56-arm64 in-range ffff80000802d164 ftrace_common
6.1.0-56-arm64 value ffff800008d009e8 0xffff800008427b30
6.1.0-56-arm64 value @kallsyms_relative_base 0xffff800008010000
6.1.0-56-arm64 symbolize @memcpy __memcpy+0x0/0x230
6.1.0-56-arm64 symbolize ffff800009651000 0xffff800009651000
6.1.0-56-arm64 in-text ffff8000096d5f98 no
6.1.0-56-arm64 in-text ffff8000096d5f94 yes
6.1.0-56-arm64 in-text ffff800008cfd038 yes
* in-text @_etext no
* in-text @_text no
6.12.107+deb13-arm64 in-text ffff800081d12088 no
6.12.107+deb13-arm64 in-range ffff80008002ce74 ftrace_caller
6.12.107+deb13-arm64 value ffff800080f60b00 0xffff8000804d7678
6.12.107+deb13-arm64 symbolize @memcpy __memcpy+0x0/0x250
6.12.107+deb13-arm64 symbolize ffff800080014b40 perf_trace_initcall_start+0x0/0xe8
6.12.107+deb13-arm64 symbolize ffff800080014b3f initcall_blacklisted+0x107/0x108
6.12.107+deb13-arm64 symbolize ffff800081d0e000 tramp_vectors+0x0/0x2000
7.2.13+deb14-arm64 in-range ffff8000812a0cc0 __kvm_nvhe_kvm_hyp_cpu_entry __kvm_nvhe_kvm_hyp_cpu_resume
7.2.13+deb14-arm64 in-range ffff800080031030 ret_from_fork
7.2.13+deb14-arm64 in-range ffff800080031050 none
7.2.13+deb14-arm64 symbolize @memcpy __memcpy+0x0/0x30
'''

ENTRY = re.compile(r'^(?:entry|reliable)\t(0x[0-9a-f]+) (\S+\+0x[0-9a-f]+)$')


class Count:
    def __init__(self):
        self.passed = self.failed = self.skipped = 0

    def same(self, what, got, wanted):
        if got == wanted:
            self.passed += 1
        else:
            self.failed += 1
            if self.failed <= 20:
                print('%s: got %s, wanted %s' % (what, got, wanted))


def ask(query, vmlinux, what, questions=()):
    out = subprocess.run([query, vmlinux, what], text=True, stdout=subprocess.PIPE,
                         input=''.join(q + '\n' for q in questions), check=True)
    return out.stdout.splitlines()


def identity(query, vmlinux):
    return tuple(ask(query, vmlinux, 'identity'))


def ranges_of(query, vmlinux):
    return [line.split('\t') for line in ask(query, vmlinux, 'ranges')]


def check_kseed_table(args, vmlinux, listing, count):
    """The table in the file is the one the running kernel had."""
    with open(listing, encoding='ascii') as f:
        text = f.read()
    offset = int(re.search(r'kaslr_offset (0x[0-9a-f]+)', text).group(1), 16)
    wanted = set()
    for line in text.splitlines():
        if not line.startswith('#') and line:
            start, end, name = line.split('\t')
            wanted.add((int(start, 16) - offset, int(end, 16) - offset, name))
    # The listing has all names of an address, separated by commas.
    rows = ranges_of(args.query, vmlinux)
    got = {(int(r[0], 16), int(r[1], 16)): r[2:] for r in rows}
    count.same('number of table entries', len(rows), len(wanted))
    for start, end, names in sorted(wanted):
        name, _, origin = got.pop((start, end), (None, None, None))
        count.same('table entry %x %x' % (start, end), (name in names.split(','), origin),
                   (True, 'table'))
    count.same('further table entries', got, {})
    print('%s: %d table entries' % (vmlinux, len(rows)))


def check_ranges(args, release, vmlinux, count):
    """Derived ranges against the list for this release, else against the reference."""
    short = re.sub(r'\+deb\d+', '', release.removesuffix('-arm64'))
    listing = os.path.join(args.spec, 'symcode-%s.tsv' % short)
    if os.path.exists(listing):
        with open(listing, encoding='ascii') as f:
            text = f.read()
    else:
        script = os.path.join(args.spec, 'symcode-reference.py')
        text = subprocess.run([sys.executable, script, vmlinux], text=True, check=True,
                              stdout=subprocess.PIPE).stdout
        listing = 'symcode-reference.py'
    wanted = [line.split('\t') for line in text.splitlines() if not line.startswith('#')]
    got = [r[:4] for r in ranges_of(args.query, vmlinux)]
    count.same('%s: ranges' % release, len(got), len(wanted))
    for g, w in zip(got, wanted):
        count.same('%s: range' % release, g, w)
    print('%s: %d derived ranges against %s' % (release, len(got), os.path.basename(listing)))


def check_vectors(args, release, vmlinux, count):
    seen = 0
    for line in VECTORS.strip().splitlines():
        wanted_release, what, question, answer = line.split(' ', 3)
        if wanted_release not in ('*', release):
            continue
        seen += 1
        if question.startswith('@'):
            question = ask(args.query, vmlinux, 'symbol', [question[1:]])[0]
        count.same('%s: %s %s' % (release, what, question),
                   ask(args.query, vmlinux, what, [question])[0], answer)
    print('%s: %d vectors' % (release, seen))


def check_stacks(args, vmlinux, stacks, count):
    """Names and offsets of the kernel's own addresses in its own walks."""
    own_id = identity(args.query, vmlinux)[1]
    low, high = (int(a, 16) for a in ask(args.query, vmlinux, 'symbol', ['_stext', '_end']))
    questions, answers = [], []
    for path in sorted(glob.glob(os.path.join(stacks, '*.txt'))):
        offset = 0
        with open(path, encoding='ascii') as f:
            for line in f:
                if line.startswith('build_id') and line.split()[1] != own_id:
                    print('%s: of another build than %s, skipped' % (stacks, vmlinux))
                    count.skipped += 1
                    return
                if line.startswith('kaslr_offset'):
                    offset = int(line.split()[1], 16)
                entry = ENTRY.match(line.rstrip('\n'))
                if not entry:
                    continue
                addr = int(entry.group(1), 16) - offset
                if not low <= addr < high:
                    count.skipped += 1      # a module's
                    continue
                questions.append('%x' % addr)
                answers.append(entry.group(2))
    got = [g.split('/')[0] for g in ask(args.query, vmlinux, 'symbolize', questions)]
    aliases = 0
    for q, g, a in zip(questions, got, answers):
        # The listing was made from /proc/kallsyms with the last alias of an address
        # by name, where the kernel prints the first of its table.
        name, offset = a.rsplit('+', 1)
        if g != a and g.endswith('+' + offset):
            addr = ask(args.query, vmlinux, 'symbol', [name])[0]
            if addr != 'none' and int(addr, 16) + int(offset, 16) == int(q, 16):
                print('%s: %s is %s too' % (q, g, a))
                aliases += 1
                continue
        count.same('%s: %s' % (vmlinux, q), g, a)
    print('%s: %d entries, %d by another alias' % (stacks, len(questions), aliases))


def main():
    p = argparse.ArgumentParser(usage=__doc__)
    p.add_argument('query')
    p.add_argument('spec')
    p.add_argument('--kseed', nargs=3, default=None)
    p.add_argument('--kernel', nargs=2, action='append', default=[])
    args = p.parse_args()
    count = Count()
    if args.kseed:
        vmlinux, listing, stacks = args.kseed
        check_kseed_table(args, vmlinux, listing, count)
        check_stacks(args, vmlinux, stacks, count)
    for vmlinux, stacks in args.kernel:
        release = identity(args.query, vmlinux)[0]
        check_ranges(args, release, vmlinux, count)
        check_vectors(args, release, vmlinux, count)
        check_stacks(args, vmlinux, stacks, count)
        print('%s: %s' % (release, ask_compare(args.query, vmlinux)))
    print('%d passed, %d failed, %d skipped' % (count.passed, count.failed, count.skipped))
    sys.exit(1 if count.failed else 0)


def ask_compare(query, vmlinux):
    """The two symbol tables; a difference is told and not a fault (see ksymtab.c)."""
    out = subprocess.run([query, vmlinux, 'compare'], text=True, stdout=subprocess.PIPE,
                         check=False)
    return out.stdout.splitlines()[-1]


if __name__ == '__main__':
    main()
