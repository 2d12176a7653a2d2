# SPDX-License-Identifier: GPL-2.0-or-later
"""Random stacks that are almost right.

A case is made as a CPU makes a stack: calls push frame records, exceptions push a
struct pt_regs, the stack pointer moves to another stack, tracers take over return
addresses and note what they replaced.  Then up to three things are done to it.

The format is described in case.h.
"""
import random

MASK = (1 << 64) - 1
REGS_FP, REGS_PC = 29 * 8, 32 * 8       # in struct pt_regs
FINAL, EXCEPTION = 1, 2                 # types of metadata records

CPU_STACKS = ('irq', 'overflow', 'sdei-normal', 'sdei-critical', 'efi')


class Layout:
    """Of one build of one kernel version."""

    def __init__(self, pt_regs, record, records, facts, ptrauth):
        self.pt_regs, self.record = pt_regs, record
        # a record of two zeros is followed by a type, or it ends the walk wherever it is
        self.meta, self.zeros = records == 'meta', records == 'zeros'
        # fgraph entries may have data between them
        self.shadow = 'LAB_SHADOW_STACK' in facts
        # with registers, nothing is printed before the walk comes to them
        self.seeks = 'LAB_SEEKS' in facts
        self.ptrauth = ptrauth          # its own return addresses may be signed


class Record:
    """What was pushed: where its two words are, and the stack it is on."""

    def __init__(self, addr, stack, fp_at, pc_at):
        self.addr, self.stack, self.fp_at, self.pc_at = addr, stack, fp_at, pc_at


class Case:
    def __init__(self, rng, layout, name):
        self.rng, self.layout, self.name = rng, layout, name
        self.crowded = rng.random() < .03   # on all stacks, and they overlap
        self.start = 'current' if self.crowded else \
            rng.choices(('blocked', 'current', 'regs'), (60, 22, 18))[0]
        self.va_bits = rng.choice((48, 48, 48, 52, 39, 42, 47))
        self.pac = rng.random() < .7
        # where the kernel's half begins; with 52 bits, vmalloc() still has 48
        self.half = -1 << min(self.va_bits, 48) - 1 & MASK
        self.handler, self.trampoline = self.half + 0x80021f40, self.half + 0x8003a0c8
        self.fork, self.fork_size = self.half + 0x80011b58, 0x3c
        self.context = [word for word, chance in (
            ('preemptible', .08), ('nmi', .5), ('efi', .5)) if rng.random() < chance]
        if self.start == 'regs' and rng.random() < .05:
            self.context.append('other')
        self.limit = 0
        self.memory = {}
        self.stacks = {}                # name -> (low, size)
        self.records = []               # the outermost first
        self.has_ret_stack = rng.random() < .1
        self.floor = 0
        self.fgraph = []                # [ret, retp, words of data], oldest first
        self.kretprobes = []            # [ret, fp], newest first
        self.holes = []
        self.did = []
        self.registers = None           # (pc, fp) to be printed from
        self.place()
        self.run()
        number, = rng.choices((0, 1, 2, 3), (30, 50, 15, 5))
        for damage in rng.choices(DAMAGES, WEIGHTS, k=number):
            damage(self)
            self.did.append(damage.__name__)
        if layout.seeks:
            self.look_for_registers()

    # ---- making a stack ---------------------------------------------------------

    def place(self):
        rng = self.rng
        size = rng.choice((0x4000, 0x4000, 0x8000, 0x10000))
        sizes = {'irq': size, 'overflow': 0x1000, 'sdei-normal': 0x4000,
                 'sdei-critical': 0x4000, 'efi': size}
        at = self.half + 0x82000000 + rng.randrange(1 << 16) * 0x10000
        names = ['task'] + [n for n in CPU_STACKS if self.crowded or rng.random() < .55]
        if 'sdei-critical' in names and 'sdei-normal' not in names:
            names.remove('sdei-critical')
        order = names[:]
        rng.shuffle(order)
        for name in order:
            length = sizes.get(name, size)
            self.stacks[name] = (at, length)
            # one after the other, or with a guard page between, seldom overlapping
            gap, = rng.choices((0, 0x1000, 0x10000, -0x800), (58, 20, 20, 2))
            at += length + (-0x800 if self.crowded else gap)
        self.used = dict(self.stacks)   # where their memory is, whatever is said of them

    def text(self):
        return self.half + 0x80000000 + 4 * self.rng.randrange(0x400000)

    def put(self, addr, *words):
        for i, word in enumerate(words):
            self.memory[(addr + 8 * i) & MASK] = word & MASK

    def signed(self, addr):
        """@addr as a CPU signs it: other bits above the virtual address, not bit 55."""
        code = ~((1 << self.va_bits) - 1) & ~(1 << 55) & MASK
        return addr & ~code & MASK | self.rng.getrandbits(64) & code

    def began(self):
        """Where a kernel thread began, which is mostly in ret_from_fork()."""
        lr = self.fork + self.rng.choice((8, 8, 8, 0, -4, self.fork_size - 4, self.fork_size))
        return self.signed(lr) if self.pac and self.rng.random() < .1 else lr

    def push_record(self, lr):
        self.put(self.sp, self.fp, lr)
        self.records.append(Record(self.sp, self.stack, self.sp, self.sp + 8))
        self.fp = self.sp

    def call(self):
        """A function is called, and makes its record."""
        rng = self.rng
        lr = self.text()
        if self.pac and self.layout.ptrauth and rng.random() < .5:
            lr = self.signed(lr)
        if self.traced and rng.random() < .35:
            lr = self.trace(lr)
        self.sp -= 16 * rng.choice((1, 2, 2, 3, 4, 6, 10))
        self.push_record(lr)

    def trace(self, lr):
        """Who takes over a return address keeps it, with the caller's frame pointer."""
        rng = self.rng
        for tracer in rng.choice(('g', 'g', 'k', 'k', 'kg', 'kg', 'gk', 'gg', 'kk')):
            if tracer == 'g':
                data = rng.choice((0, 0, 1, 5)) if self.layout.shadow else 0
                self.fgraph.append([lr, self.fp, data])
                lr = self.handler
            else:
                self.kretprobes.insert(0, [lr, self.fp])
                lr = self.trampoline
        return lr

    def exception(self):
        """struct pt_regs on this stack, with the record of what was interrupted."""
        layout = self.layout
        base = (self.sp - layout.pt_regs) & ~15
        record = base + layout.record
        self.put(base + REGS_FP, self.fp)
        self.put(base + REGS_PC, self.text())
        if layout.meta:
            self.put(record, 0, 0, EXCEPTION)
            self.records.append(Record(record, self.stack, base + REGS_FP, base + REGS_PC))
        else:
            self.put(record, self.fp, self.memory[base + REGS_PC])
            self.records.append(Record(record, self.stack, record, record + 8))
        self.sp, self.fp = base, record

    def enter(self, name):
        low, size = self.stacks[name]
        self.stack, self.sp = name, low + size
        if self.rng.random() < .8:      # call_on_irq_stack() makes a record at its top
            self.sp -= 16
            self.push_record(self.text())

    def run(self):
        rng = self.rng
        self.traced = rng.random() < .25
        low, size = self.stacks['task']
        self.stack = 'task'
        self.sp = low + size - self.layout.pt_regs
        self.final = self.fp = self.sp + self.layout.record
        self.records.append(Record(self.fp, 'task', self.fp, self.fp + 8))
        if self.layout.meta:
            self.put(self.fp, 0, 0, FINAL)
        elif self.layout.zeros:
            self.put(self.fp, 0, self.began() if rng.random() < .4 else 0)
        elif rng.random() < .2:         # told by its address alone
            self.put(self.fp, rng.getrandbits(64), self.text())
        others = [n for n in self.stacks if n != 'task']
        rng.shuffle(others)
        if self.start == 'blocked' and rng.random() < .9:
            others = []
        for name in [None] + others[:5 if self.crowded else rng.choice((0, 1, 1, 2, 3))]:
            if name:
                if rng.random() < .7:
                    self.exception()
                self.enter(name)
                if rng.random() < .8:   # then the walk may use it
                    self.allow(name)
            floor = self.stacks[self.stack][0] + 0x400
            for _ in range(rng.choice((1, 3, 5, 7, 9, 12, 16))):
                if self.sp < floor:
                    break
                if rng.random() < .03:
                    self.exception()
                self.call()
                if len(self.fgraph) > 24 or len(self.kretprobes) > 24:
                    self.traced = False
        self.pc = self.text()
        if self.layout.zeros and rng.random() < .02:    # it never ran
            self.pc, self.fp = self.began(), 0
        if self.start == 'current' and self.pac and rng.random() < .3:
            self.pc = self.signed(self.pc)
        if self.fgraph:
            self.has_ret_stack = True
        if self.layout.shadow and rng.random() < .2:
            self.floor = rng.randrange(1, 40)

    def allow(self, name):
        word = {'sdei-normal': 'nmi', 'sdei-critical': 'nmi', 'efi': 'efi'}.get(name)
        if word and word not in self.context:
            self.context.append(word)

    def look_for_registers(self):
        """Give the printed trace registers, mostly such that the walk comes by."""
        rng = self.rng
        if rng.random() > {'current': .4, 'blocked': .05, 'regs': 0}[self.start]:
            return
        fp = rng.choice([self.fp] + [self.memory.get(r.fp_at, 0) for r in self.records])
        fp += rng.choices((0, -16, 8, 16), (88, 4, 4, 4))[0]
        self.registers = self.signed(self.text()) if rng.random() < .2 else self.text(), fp
        self.limit = 0                  # a printed trace is printed to its end

    # ---- its text ---------------------------------------------------------------

    def spans(self):
        """The memory that is there: mostly the part of each stack that was used."""
        out = []
        for name, (low, size) in self.used.items():
            used = [r.addr for r in self.records if r.stack == name]
            begin = max(low, min(used) - 0x200) & ~7 if used else low + size - 0x100
            if self.rng.random() < .05:
                begin = low
            out.append((begin, low + size))
        out.sort()
        merged = []
        for begin, end in out:
            if merged and begin <= merged[-1][1]:
                merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
            else:
                merged.append((begin, end))
        for low, high in self.holes:
            merged = [piece for begin, end in merged for piece in (
                (begin, min(end, max(low, begin))), (max(begin, min(high, end)), end))
                if piece[0] < piece[1]]
        return merged

    def noise(self, begin, end):
        """Old words between the records, as a used stack has them."""
        rng = self.rng
        pool = [r.addr for r in rng.choices(self.records, k=4)]
        pool += [self.text(), self.text(), rng.getrandbits(16), rng.getrandbits(64), 1, 2]
        for addr in rng.choices(range(begin, end, 8), k=(end - begin) // 32):
            self.memory.setdefault(addr, rng.choice(pool))

    def dump(self):
        out = ['case ' + self.name, 'start ' + self.start,
               'pc %x' % (self.pc & MASK), 'fp %x' % (self.fp & MASK),
               'va-bits %d' % self.va_bits, 'pac %d' % self.pac,
               'return-to-handler %x' % self.handler,
               'kretprobe-trampoline %x' % self.trampoline,
               'ret-from-fork %x %x' % (self.fork, self.fork_size)]
        if self.context:
            out.append('context ' + ' '.join(self.context))
        if self.limit:
            out.append('limit %d' % self.limit)
        if self.registers:
            out.append('dump %x %x' % tuple(word & MASK for word in self.registers))
        out += ['stack %s %x %x' % (n, low, size) for n, (low, size) in self.stacks.items()]
        if self.has_ret_stack:
            out.append('ret-stack %d' % self.floor)
            out += ['fgraph %x %x %d' % (r & MASK, p & MASK, d) for r, p, d in self.fgraph]
        out += ['kretprobe %x %x' % (r & MASK, f & MASK) for r, f in self.kretprobes]
        out += ['did ' + what for what in self.did]
        for begin, end in self.spans():
            self.noise(begin, end)
            out.append('memory %x %x' % (begin, (end - begin) // 8))
            run, at = [], None
            for addr in range(begin, end, 8):
                word = self.memory.get(addr, 0)
                if word:
                    at = addr if at is None else at
                    run.append('%x' % word)
                elif run:
                    out.append('words %x %s' % (at, ' '.join(run)))
                    run, at = [], None
            if run:
                out.append('words %x %s' % (at, ' '.join(run)))
        out.append('end')
        return '\n'.join(out) + '\n'

    # ---- for the damages --------------------------------------------------------

    def some(self):
        """A record, mostly one that the walk comes to after a few others."""
        rest = self.records[1:] or self.records
        late = rest[:-3]
        return self.rng.choice(late if late and self.rng.random() < .8 else rest)

    def edges(self):
        low, size = self.stacks[self.rng.choice(list(self.stacks))]
        return [low, low - 8, low - 16, low + 8] + [low + size - n for n in (0, 8, 16, 24, 32)]


# ---- what may be done to a stack ------------------------------------------------

def bend_fp(c):
    """A frame pointer goes somewhere else."""
    rng, record = c.rng, c.some()
    kind = rng.randrange(6)
    if kind == 0:                       # inside or outside, by a few bytes
        to = rng.choice(c.records).addr + rng.choice((-16, -8, 8, 16, 24))
    elif kind == 1:                     # back, to itself, or over some
        to = rng.choice(c.records).addr
    elif kind == 2:
        to = rng.choice(c.edges())
    elif kind == 3:
        to = c.final + rng.choice((0, 0, 8, -8, 16))
    elif kind == 4:                     # not aligned
        to = c.memory.get(record.fp_at, 0) + rng.choice((1, 2, 4, 7, 8))
    else:
        to = rng.choice((0, 8, 0x7ffffff0, MASK, MASK - 7, MASK - 15, MASK - 23, MASK - 31,
                         rng.getrandbits(64), rng.getrandbits(61) << 3,
                         0xffff000000000000))
    c.put(record.fp_at, to)


def bend_pc(c):
    rng, record = c.rng, c.some()
    pc = c.memory.get(record.pc_at, 0)
    c.put(record.pc_at, rng.choice((
        c.handler, c.handler, c.trampoline, c.trampoline, c.signed(c.handler),
        c.signed(c.trampoline),
        0, 1, pc ^ 1 << 55, pc + 4, c.signed(pc), c.signed(pc), rng.getrandbits(64),
        rng.getrandbits(47), MASK)))


def zero_record(c):
    """Two zeros, or one, in an ordinary record; perhaps with a type behind."""
    rng, record = c.rng, c.some()
    which = rng.choice((1, 2, 3, 3, 3))
    if which & 1:
        c.put(record.addr, 0)
    if which & 2:
        c.put(record.addr + 8, 0)
    if rng.random() < .8:
        c.put(record.addr + 16, rng.choice((0, FINAL, EXCEPTION, EXCEPTION, 3, MASK,
                                            1 << 32 | EXCEPTION)))


def false_exception(c):
    """A metadata record whose struct pt_regs may not fit where it is."""
    rng, record, layout = c.rng, c.some(), c.layout
    low, size = c.stacks[record.stack]
    tail = layout.pt_regs - layout.record
    at = rng.choice((low + layout.record, low + layout.record - 8, low + layout.record + 8,
                     low + size - tail, low + size - tail + 8, low + size - 16,
                     record.addr + layout.record + 16, record.addr + layout.record + 8,
                     record.addr + layout.record, record.addr + 16, c.final))
    up = c.memory.get(record.fp_at, 0)
    c.put(record.fp_at, at)
    base = at - layout.record
    for addr, word in ((base + REGS_FP, up), (base + REGS_PC, c.text()), (at, 0), (at + 8, 0),
                       (at + 16, EXCEPTION)):
        if not record.addr <= addr < record.addr + 16:
            c.put(addr, word)


def touch_final(c):
    rng = c.rng
    at = c.final + rng.choice((0, 8, 16, 16))
    c.put(at, rng.choice((0, FINAL, EXCEPTION, 3, c.text(), c.final, c.final + 32)))


def detour(c):
    """To another stack and back, or to this one twice."""
    rng, record = c.rng, c.some()
    low, size = c.stacks[rng.choice(list(c.stacks))]
    at = low + size - 16 * rng.randint(1, 6)
    back = c.memory.get(record.fp_at, 0)
    c.put(record.fp_at, at)
    c.put(at, rng.choice((back, back, record.addr, record.addr + 16)), c.text())


def misplace_stack(c):
    """A stack is said to begin or to end in the middle of another one's records."""
    rng, record = c.rng, c.some()
    others = [name for name in c.stacks if name != record.stack]
    if not others:
        bend_fp(c)
        return
    name = rng.choice(others)
    size = c.stacks[name][1]
    c.stacks[name] = record.addr + rng.choice((0, 8, 16)) - rng.choice((0, size)), size


def lose_memory(c):
    rng, record = c.rng, c.some()
    begin, size = rng.choice((
        (record.addr, 8), (record.addr + 8, 8), (record.addr + 16, 8), (record.addr, 16),
        (record.addr & ~0xfff, 0x1000), (record.fp_at, 8), (record.pc_at, 8),
        (record.addr - 0x100, 0x108), (c.final, 8), (c.final + 16, 8)))
    c.holes.append((begin, begin + size))


def stop_consumer(c):
    c.limit = c.rng.randint(1, len(c.records) + 2)


def other_start(c):
    rng = c.rng
    if rng.random() < .5:
        c.pc = rng.choice((c.handler, c.trampoline, 0, c.signed(c.pc), c.signed(c.handler),
                           rng.getrandbits(64)))
        if c.start == 'current':
            pass
    else:
        c.fp = rng.choice([c.final, 0, c.fp + 8, c.fp + 4, c.fp + 16, c.fp - 8,
                           rng.choice(c.records).addr] + c.edges())
    if rng.random() < .3 and c.pc in (c.handler, c.trampoline):
        c.has_ret_stack = True
        c.fgraph.append([rng.choice((c.text(), c.trampoline)), c.fp, 0])
        c.kretprobes.insert(0, [c.text(), c.fp])


def damage_tracers(c):
    rng = c.rng
    if not c.fgraph and not c.kretprobes:
        bend_pc(c)
        return
    records = rng.choice([r for r in (c.fgraph, c.kretprobes) if r])
    kind = rng.randrange(7)
    i = rng.randrange(len(records))
    if kind == 0:
        del records[i]
    elif kind == 1:
        records[i][1] += rng.choice((-16, -8, 8, 16))
    elif kind == 2:
        rng.shuffle(records)
    elif kind == 3 and len(records) < 28:
        records.insert(i, list(records[i]))
    elif kind == 4:
        records[i][0] = rng.choice((c.handler, c.trampoline, c.text(), 0))
    elif kind == 5:
        records[i][1] = rng.choice(records)[1]
    else:
        records.clear()
        if rng.random() < .5:
            c.has_ret_stack = False


def late_trampoline(c):
    """A taken-over return further out than all, whose tracer's record is not the oldest."""
    rng = c.rng
    kind = [r for r in (c.fgraph, c.kretprobes) if r]
    if not kind or len(c.records) < 3:
        bend_pc(c)
        return
    records, record = rng.choice(kind), rng.choice(c.records[1:3])
    c.put(record.pc_at, c.handler if records is c.fgraph else c.trampoline)
    if len(records) < 28:
        more = [c.text(), c.memory.get(record.fp_at, 0), 0]
        records.insert(rng.randint(0, len(records)), more[:len(records[0])])


def other_context(c):
    word = c.rng.choice(('preemptible', 'nmi', 'efi'))
    if word in c.context:
        c.context.remove(word)
    else:
        c.context.append(word)


DAMAGES = (bend_fp, bend_pc, zero_record, false_exception, touch_final, detour, misplace_stack,
           lose_memory, stop_consumer, other_start, damage_tracers, late_trampoline, other_context)
WEIGHTS = (22, 8, 10, 9, 4, 6, 4, 10, 4, 5, 8, 5, 5)


def make(seed, layout, first, count, name):
    """@count cases from number @first on; each depends on the seed and its number alone."""
    return [Case(random.Random('%s %d' % (seed, i)), layout, '%s-%d' % (name, i))
            for i in range(first, first + count)]
