#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Does each room include only what is to its left?

rooms.py [ROOT]: reads the #include lines of src/ and include/rewalk/ and compares
them with the table below.  A header between rooms is included as "rewalk/NAME.h", a
private one by its bare name, and only by its own room.
"""
import os
import re
import sys

# The headers that each room offers to others.
HEADERS = {
    'support': {'error.h', 'tri.h', 'cleanup.h', 'vector.h', 'bisect.h', 'bytes.h', 'hex.h',
                'printable.h', 'json.h'},
    'input': {'input.h', 'dump.h', 'case.h', 'hexdump.h', 'printed.h'},
    'image': {'image.h', 'types.h'},
    'memory': {'memory.h', 'pagetable.h', 'space.h'},
    'unwind': {'unwind.h', 'consumers.h'},
    'machine': {'kernel.h', 'machine.h', 'replay.h'},
    'verdict': {'trace.h', 'judged.h'},
    'annotate': {'annotate.h'},
    'livepatch': {'livepatch.h'},
    'output': {'output.h'},
    'command': set(),
}

# The rooms whose headers a room may include, besides its own.  Data flows from left
# to right; where a row is shorter than that, the room has no business there.
ROOMS = {
    'support': [],
    'input': ['support'],
    'image': ['support', 'input'],
    'memory': ['support', 'input', 'image'],
    # The walk knows nothing of files, images or kernels: see HEADERS_ONLY.
    'unwind': ['support'],
    # unwind.h is where the input of a walk is described, which this room fills in.
    'machine': ['support', 'input', 'image', 'memory', 'unwind'],
    'verdict': ['support', 'input', 'image', 'memory', 'unwind', 'machine'],
    'annotate': ['support', 'input', 'image', 'memory', 'unwind', 'machine', 'verdict'],
    'livepatch': ['support', 'input', 'image', 'memory', 'unwind', 'machine', 'verdict',
                  'annotate'],
    'output': ['support', 'input', 'image', 'memory', 'unwind', 'machine', 'verdict', 'annotate',
               'livepatch'],
    'command': ['support', 'input', 'image', 'memory', 'unwind', 'machine', 'verdict',
                'annotate', 'livepatch', 'output'],
}

# Rooms that may not even include all of support, nor of the C library.
HEADERS_ONLY = {
    'unwind': {'tri.h'},
}
SYSTEM_ONLY = {
    # No stdio, no stdlib: a walk prints nothing and allocates nothing.
    'unwind': {'stdbool.h', 'stddef.h', 'stdint.h', 'string.h', 'limits.h'},
}

# src/main.c chooses the command and belongs to that room.
MAIN = {'main.c': 'command'}

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(["<])([^">]+)[">]', re.M)


def owner(header):
    for room, headers in HEADERS.items():
        if header in headers:
            return room
    return None


def includes(path):
    with open(path, encoding='utf-8') as f:
        text = f.read()
    for match in INCLUDE.finditer(text):
        yield text.count('\n', 0, match.start()) + 1, match.group(1) == '<', match.group(2)


def judge_public(room, header):
    """What is wrong with room's including rewalk/header; None if nothing."""
    other = owner(header)
    if other is None:
        return 'rewalk/%s belongs to no room: add it to HEADERS in tests/rooms.py' % header
    if other == room:
        return None
    if other not in ROOMS[room]:
        return '%s may not know of %s (rewalk/%s)' % (room, other, header)
    if header not in HEADERS_ONLY.get(room, HEADERS[other]):
        return '%s may not include rewalk/%s' % (room, header)
    return None


def judge(root, path, room, name, system):
    if system:
        only = SYSTEM_ONLY.get(room)
        if name.startswith('rewalk/'):
            return 'write "%s", not <%s>' % (name, name)
        return None if only is None or name in only else '%s may not include <%s>' % (room, name)
    if name.startswith('rewalk/'):
        return judge_public(room, name[len('rewalk/'):])
    target = os.path.normpath(os.path.join(os.path.dirname(path), name))
    if not os.path.isfile(target):
        return '"%s" is not a header of this room' % name
    parts = os.path.relpath(target, root).split(os.sep)
    if parts[:1] != ['src'] or len(parts) != 3 or parts[1] != room:
        return '"%s" is private to %s' % (name, '/'.join(parts[:-1]))
    return None


def files(root):
    """Pairs of a file's path and its room; the room is None where there is none."""
    public = os.path.join(root, 'include', 'rewalk')
    for name in sorted(os.listdir(public)):
        yield os.path.join(public, name), owner(name)
    src = os.path.join(root, 'src')
    for folder, folders, names in os.walk(src):
        folders.sort()
        where = os.path.relpath(folder, src).split(os.sep)
        for name in sorted(names):
            if not name.endswith(('.c', '.h')):
                continue
            room = MAIN.get(name) if where == ['.'] else where[0]
            yield os.path.join(folder, name), room if room in ROOMS else None


def check_table():
    """The table must have no circle, or it would allow what it is there to forbid."""
    order = []
    left = dict(ROOMS)
    while left:
        free = [room for room in left if all(r in order for r in left[room])]
        if not free:
            sys.exit('rooms.py: a circle among ' + ', '.join(sorted(left)))
        order += free
        for room in free:
            del left[room]


def main():
    root = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(
        os.path.dirname(os.path.abspath(__file__)))
    check_table()
    passed = failed = 0
    for path, room in files(root):
        wrong = []
        if room is None:
            wrong.append('%s: is in no room: add it to tests/rooms.py' %
                         os.path.relpath(path, root))
        else:
            for line, system, name in includes(path):
                what = judge(root, path, room, name, system)
                if what:
                    wrong.append('%s:%d: %s' % (os.path.relpath(path, root), line, what))
        for text in wrong:
            print(text)
        passed += not wrong
        failed += bool(wrong)
    print('%d passed, %d failed' % (passed, failed))
    return 1 if failed or not passed else 0


if __name__ == '__main__':
    sys.exit(main())
