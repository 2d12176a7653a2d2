# SPDX-License-Identifier: GPL-2.0-or-later
"""Take the arm64 stack walk, and what it calls, out of a kernel tree.

The files below are cut into their top-level definitions.  Beginning with ROOTS,
each definition brings in those whose names it mentions, except where the shim
has one of that name.  What is left is written to one file, each definition under
the conditionals that it stood in, so that the compiler still chooses between
variants.  That file is kernel code: it stays outside of this repository.
"""
import os
import re

# in the order in which the definitions need each other
FILES = [
    'arch/arm64/include/asm/compiler.h',
    'arch/arm64/include/asm/stacktrace/frame.h',
    'arch/arm64/include/uapi/asm/ptrace.h',
    'arch/arm64/include/asm/ptrace.h',
    'arch/arm64/include/asm/pointer_auth.h',
    'arch/arm64/include/asm/thread_info.h',
    'arch/arm64/include/asm/processor.h',
    'arch/arm64/include/asm/ftrace.h',
    'arch/arm64/include/asm/sdei.h',
    'arch/arm64/include/asm/stacktrace/common.h',
    'arch/arm64/include/asm/stacktrace.h',
    'arch/arm64/kernel/sdei.c',
    'include/linux/kprobes.h',
    'include/linux/ftrace.h',
    'kernel/trace/fgraph.c',
    'kernel/kprobes.c',
    'arch/arm64/kernel/stacktrace.c',
]
OPTIONAL = {
    'arch/arm64/include/asm/stacktrace/common.h',   # since 6.0
    'arch/arm64/include/asm/stacktrace/frame.h',    # since 6.13
    'arch/arm64/include/asm/sdei.h', 'arch/arm64/kernel/sdei.c',    # wanted up to 6.0
}

ROOTS = ['arch_stack_walk', 'dump_backtrace', 'task_pt_regs', 'struct ftrace_ret_stack']
OPTIONAL_ROOTS = [
    'arch_stack_walk_reliable',         # since 6.17
    'FGRAPH_FRAME_OFFSET',              # since 6.11
    # called through a macro that puts their names together
    'stackinfo_get_irq', 'stackinfo_get_overflow',
    'stackinfo_get_sdei_normal', 'stackinfo_get_sdei_critical',
]

# What is changed in the copy, to see in and to lend it memory that it can read.
# (file, pattern, replacement, must it occur)
CHANGES = [
    # the outcome of each step, where the loop takes it
    ('arch/arm64/kernel/stacktrace.c',
     r'(ret = |while \(!)((?:k?unwind_(?:next|recover_return_address)\(|unwind_frame\(tsk, )'
     r'(&?(?:state|frame))\))', r'\1LAB_STEP(\2, \3)', True),
    ('arch/arm64/kernel/stacktrace.c',
     r'(?<=if \()(kunwind_recover_return_address\((state)\))', r'LAB_STEP(\1, \2)', False),
    # the proper end, where it has the value of all others
    ('arch/arm64/kernel/stacktrace.c',
     r'(if \(!frame->fp && !frame->pc\)\s+return )(-EINVAL)', r'\1LAB_ENDED(\2)', False),
    # the only kernel memory that is read without READ_ONCE(): struct pt_regs on a stack
    ('arch/arm64/kernel/stacktrace.c',
     r'(state->common\.\w+ = )(regs->(?:pc|regs\[29\]));(?=(?:(?!^}).)*?state->regs = NULL)',
     r'\1READ_ONCE(\2);', False),
    # where a walk of the current task begins, before the kernel removes its PAC
    ('arch/arm64/include/asm/compiler.h',
     r'\(unsigned long\)__builtin_return_address\(val\)', r'lab_return_address()', True),
    # and where one that is printed begins, if that is at its own frame
    ('arch/arm64/kernel/stacktrace.c',
     r'\(unsigned long\)dump_backtrace\b', r'(unsigned long)__builtin_return_address(0)', False),
]

WORD = re.compile(r'[A-Za-z_]\w*')
TAG = re.compile(r'\b(struct|union|enum)\s+(\w+)')
QUIET = re.compile(r'"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|/\*.*?\*/|//[^\n]*', re.S)
TOKEN = re.compile(r'(?P<directive>^[ \t]*#(?:[^\\\n]|\\[^\n]|\\\n)*)'
                   r'|(?P<string>"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\')'
                   r'|(?P<mark>[{}();])|(?P<other>[^\s{}();"\'#]+|#)', re.M)


class MissingSource(Exception):
    """The tree lacks a file or a definition that the walk needs."""


class Definition:
    def __init__(self, names, text, line, conditions, path):
        self.names, self.text, self.line, self.path = names, text, line, path
        self.conditions = conditions    # [[directive of #if, #elif …, #else], …]

    def mentions(self):
        text = self.text + '\n' + '\n'.join('\n'.join(c) for c in self.conditions)
        text = QUIET.sub(' ', text)
        return set(WORD.findall(text)) | {' '.join(tag) for tag in TAG.findall(text)}

    def __str__(self):
        out = [line for group in self.conditions for line in group]
        out.append('#line %d "%s"' % (self.line, self.path))
        out.append(self.text)
        out += ['#endif'] * len(self.conditions)
        return '\n'.join(out) + '\n'


def without_comments(text):
    def blank(m):
        s = m.group()
        return s if s[0] in '"\'' else ' ' + '\n' * s.count('\n')
    return QUIET.sub(blank, text)


def names_of(text, body):
    """What a top-level piece defines; @body: where its first brace is, or None.

    A tag is a name with its keyword: members and variables are often called the same.
    """
    head = text if body is None else text[:body]
    if re.match(r'\s*typedef\b', text):
        pointer = re.search(r'\(\s*\*\s*(\w+)\s*\)', text)
        return [pointer.group(1)] if pointer else WORD.findall(text)[-1:]
    if body is None:
        return []                       # a declaration defines nothing
    tag = re.match(r'\s*(struct|union|enum)\b\s*(\w*)\s*$', head)
    if tag:
        names = [' '.join(tag.groups())] if tag.group(2) else []
        if tag.group(1) == 'enum':
            names += re.findall(r'(?:^|[,{])\s*([A-Za-z_]\w*)', text[body:])
        return names
    head = head.rstrip()
    if not head.endswith(')') or '=' in head:
        return []                       # data
    depth = 0
    for i in range(len(head) - 1, -1, -1):
        depth += {')': 1, '(': -1}.get(head[i], 0)
        if not depth:
            return WORD.findall(head[:i])[-1:]
    return []


def definitions(text, path):
    """The top-level definitions of a C file, in order."""
    text = without_comments(text)
    found, conditions = [], []
    start = body = maybe_guard = None
    braces = parens = 0

    def add(names, begin, end):
        line = text.count('\n', 0, begin) + 1
        live = [list(c) for c in conditions if c is not None]
        found.append(Definition(names, text[begin:end], line, live, path))

    for m in TOKEN.finditer(text):
        kind, token = m.lastgroup, m.group()
        if kind == 'directive':
            if start is not None:
                continue                # inside a definition: a part of it
            word, rest = re.match(r'\s*#\s*(\w*)\s*(.*)', token, re.S).groups()
            if word == 'define':
                name = WORD.match(rest).group()
                if name == maybe_guard:
                    conditions[-1] = None       # an include guard is no condition
                else:
                    add([name], m.start(), m.end())
            maybe_guard = None
            if word in ('if', 'ifdef', 'ifndef'):
                conditions.append([token.strip()])
                maybe_guard = rest.strip() if word == 'ifndef' else None
            elif word in ('else', 'elif') and conditions and conditions[-1] is not None:
                conditions[-1].append(token.strip())
            elif word == 'endif' and conditions:
                conditions.pop()
            continue
        if start is None:
            start, body, braces, parens = m.start(), None, 0, 0
        parens += {'(': 1, ')': -1}.get(token, 0)
        if token == '{':
            if not braces and body is None:
                body = m.start() - start
            braces += 1
        elif token == '}':
            braces -= 1
        if braces or parens or token not in '};':
            continue
        piece = text[start:m.end()]
        names = names_of(piece, body)
        is_function = token == '}' and names and piece[:body].rstrip().endswith(')')
        if token == ';' or is_function:
            if names:
                add(names, start, m.end())
            start = None
    return found


def closure(pool, roots, given):
    """The definitions of @pool that @roots need, without those called as in @given."""
    by_name = {}
    for d in pool:
        for name in d.names:
            if name not in given:
                by_name.setdefault(name, []).append(d)
    wanted, todo = set(), list(roots)
    while todo:
        for d in by_name.pop(todo.pop(), []):
            if d not in wanted:
                wanted.add(d)
                todo += d.mentions()
    return [d for d in pool if d in wanted]


def extract(tree, shim):
    """Two texts: what the walk of @tree is like, as macros, and the walk itself.

    @shim is the text of the shim's header.
    """
    pool = []
    for path in FILES:
        full = os.path.join(tree, path)
        if not os.path.exists(full):
            if path in OPTIONAL:
                continue
            raise MissingSource('%s is not there' % path)
        with open(full) as f:
            text = f.read()
        for where, pattern, replacement, needed in CHANGES:
            if where == path:
                text, n = re.subn(pattern, replacement, text, flags=re.M | re.S)
                if needed and not n:
                    raise MissingSource('%s: nothing matches %s' % (path, pattern))
        pool += definitions(text, path)

    given = {name for d in definitions(shim, 'shim') for name in d.names}
    have = {name for d in pool for name in d.names}
    missing = [name for name in ROOTS if name not in have]
    if missing:
        raise MissingSource('no %s' % ', '.join(missing))
    roots = ROOTS + [name for name in OPTIONAL_ROOTS if name in have]
    taken = closure(pool, roots, given)
    names = {name for d in taken for name in d.names}
    facts = [('LAB_RELIABLE', 'arch_stack_walk_reliable'), ('LAB_SHADOW_STACK', 'get_ret_stack'),
             ('LAB_MARKS', 'state_source_string'), ('LAB_KUNWIND', 'struct kunwind_state'),
             ('LAB_FRAME_META', 'struct frame_record_meta')]
    facts = [fact for fact, name in facts if name in names]
    # two zeros end a walk; with registers, nothing is printed before the walk comes to them
    facts += [fact for fact, name, word in (('LAB_ZEROS', 'unwind_frame', 'LAB_ENDED'),
                                            ('LAB_SEEKS', 'dump_backtrace', 'start_backtrace'))
              if any(name in d.names and word in d.mentions() for d in taken)]
    out = ['#define %s 1\n' % fact for fact in facts]
    out.append('#define LAB_FP %s\n' % ('common.fp' if 'struct kunwind_state' in names else 'fp'))
    return ''.join(out), ''.join(map(str, taken))
