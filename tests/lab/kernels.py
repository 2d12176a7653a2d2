# SPDX-License-Identifier: GPL-2.0-or-later
"""The lab's kernels: one row each.

Debian(NAME, SUITE)        that suite's newest kernel, its debug symbols and headers
Stock(SERIES, SUITE)       the newest image of a series, without either: it is asked by what it
                           prints, and rewalk has the dump alone
Own(NAME, SUITE)           built from that suite's kernel source, with own/base.config and
                           own/NAME.config

A row may name the scenarios that the default list boots it with; it is all that the kernel
supports otherwise.
"""
from debian import Debian, Stock
from own import Own

FEW = ('quiet', 'fgraph', 'kretprobe', 'panic', 'irq')

KERNELS = [
    Debian('bullseye', 'bullseye'),
    Debian('bookworm', 'bookworm'),
    Debian('trixie', 'trixie'),
    Debian('backports', 'trixie-backports'),
    Debian('sid', 'sid'),
    Debian('trixie-16k', 'trixie', flavour='arm64-16k', scenarios=FEW),
    # generations, and steps within one, of which the images are left
    Stock('6.16', 'trixie-backports'),
    Stock('6.17', 'trixie-backports'),
    Stock('6.18', 'trixie-backports'),
    # the walk of RFC v7, so that the kernel itself gives that model's verdicts
    Own('rfc7', 'bookworm', patch='rfc7.patch'),
    # clang, shadow call stack, no BTF
    Own('scs', 'trixie', make=('LLVM=1',), packages=('clang', 'lld', 'llvm'), scenarios=FEW),
    # 64 KiB pages, 52-bit addresses, pseudo-NMI
    Own('64k', 'sid', scenarios=FEW + ('nmi', 'pnmi')),
    # livepatch
    Own('klp', 'sid', scenarios=FEW + ('klp-enable', 'klp-disable', 'klp-stacked',
                                       'klp-replace', 'klp-done')),
]


def matching(words):
    """The kernels that are meant by their names, or by the beginning of their releases."""
    chosen = []
    for word in words:
        found = [k for k in KERNELS if k.name == word] or \
            [k for k in KERNELS if (k.release() + '.').startswith(word + '.')]
        if not found:
            raise ValueError('no kernel %s; --list shows them' % word)
        chosen += [k for k in found if k not in chosen]
    return chosen
