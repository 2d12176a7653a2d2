# SPDX-License-Identifier: GPL-2.0-or-later
"""The lab's scenarios: one row each.

All of them boot, start the zoo (guest/zoo.h), and do one thing at last: freeze, or crash.
"""
import dataclasses

FREEZE = 'echo freeze >/proc/lab_truth'
SYSRQ = 'echo c >/proc/sysrq-trigger'
# What the kernel prints of all tasks, twice: the dump is made in between.
PRINT = 'echo 8 >/proc/sys/kernel/printk; for i in 1 2; do echo t >/proc/sysrq-trigger; ' \
    'echo "<0>@@TOLD $i" >/dev/kmsg; sleep 5; done'

# Functions that tasks of the zoo sleep in; a kernel has most of them.
SLEEP_IN = ('do_nanosleep hrtimer_nanosleep pipe_read anon_pipe_read futex_wait ep_poll '
            'do_epoll_wait do_sys_poll do_select do_wait kernel_wait4 schedule_timeout '
            'unix_stream_read_generic eventfd_read handle_userfault scene_sleep_outer '
            'scene_sleep_inner').split()


def crash_by(word):
    return 'echo %s >/proc/lab_scene/crash' % word


# klp_a and its kin are loaded in the guest; a transition ends once no task is in the way
KLP_A = 'insmod /modules/klp_a.ko'
KLP_SYSFS = '/sys/kernel/livepatch'
KLP_END = 'n=0; while grep -qs 1 %s/*/transition; do sleep 0.2; n=$((n + 1)); ' \
    '[ $n -lt 300 ] || break; done; ! grep -qs 1 %s/*/transition' % (KLP_SYSFS, KLP_SYSFS)
KLP_STALLED = 'sleep 3; grep -qs 1 %s/*/transition' % KLP_SYSFS


@dataclasses.dataclass
class Scenario:
    name: str
    what: str                   # for --list
    act: str = FREEZE           # the last thing that the guest does (a shell's command)
    needs: tuple = ()           # configuration, "NAME" or "NAME=VALUE"; all of them
    cpu: str = 'lpa2=off'       # QEMU's CPU "max" with this
    cmdline: str = ''
    memory: int = 512           # MiB
    scene: str = ''             # parameters of lab_scene.ko
    zoo: str = ''               # arguments of the zoo
    fgraph: tuple = ()          # functions to trace with the function graph tracer
    fprobe: tuple = ()          # functions to put fprobes on, at their exit
    kretprobe: tuple = ()       # functions to put kretprobes on, by tracefs
    bpf: tuple = ()             # functions to attach BPF programs to
    printed: bool = False       # the truth is what the kernel prints, not lab_truth.ko's
    first: str = ''             # commands before the zoo starts
    before: str = ''            # commands before the act
    save: str = ''              # how a crash kernel saves /proc/vmcore
    formats: tuple = ('elf',)   # of QEMU's dumps, where no crash kernel saves one
    limit: int = 300            # seconds


SCENARIOS = [
    Scenario('quiet', 'hundreds of sleeping tasks; as ELF and as kdump-zlib',
             formats=('elf', 'kdump-zlib')),
    Scenario('printed', 'the same, held against what the kernel prints of its tasks', PRINT,
             printed=True, cmdline='printk.time=0'),
    Scenario('printed-fg', 'the same with the function graph tracer', PRINT, printed=True,
             cmdline='printk.time=0', needs=('FUNCTION_GRAPH_TRACER',), fgraph=SLEEP_IN),
    Scenario('printed-kr', 'the same with kretprobes', PRINT, printed=True,
             cmdline='printk.time=0', needs=('KPROBE_EVENTS', 'KRETPROBES'),
             kretprobe=SLEEP_IN),
    Scenario('nokaslr', 'without KASLR', cmdline='nokaslr'),
    Scenario('va52', '52-bit kernel addresses (LPA2)', cpu='lpa2=on',
             needs=('ARM64_VA_BITS=52', 'ARM64_LPA2|ARM64_64K_PAGES')),
    Scenario('pnmi', 'interrupts masked by priority', needs=('ARM64_PSEUDO_NMI',),
             cmdline='irqchip.gicv3_pseudo_nmi=1'),
    Scenario('many', '10,000 threads', zoo='many 10000', memory=1024, limit=900),
    Scenario('fgraph', 'the function graph tracer on functions that tasks sleep in',
             needs=('FUNCTION_GRAPH_TRACER',), fgraph=SLEEP_IN),
    Scenario('kretprobe', 'kretprobes on functions that tasks sleep in', needs=('KRETPROBES',),
             scene='kretprobe=' + ','.join(SLEEP_IN)),
    Scenario('fprobe', 'fprobes with data of their own, and the function graph tracer',
             needs=('FPROBE_EVENTS', 'HAVE_FUNCTION_GRAPH_FREGS'), fprobe=SLEEP_IN,
             fgraph=SLEEP_IN),
    Scenario('bpf', 'BPF programs at the exit of functions that tasks sleep in',
             needs=('DEBUG_INFO_BTF', 'DYNAMIC_FTRACE_WITH_DIRECT_CALLS'), bpf=SLEEP_IN),
    Scenario('busy', 'kernel threads that never sleep, and are preempted',
             needs=('PREEMPTION',), scene='busy=3'),
    Scenario('panic', 'a panic (sysrq c)', SYSRQ),
    Scenario('preempt', 'a panic, with preempted kernel threads', SYSRQ,
             needs=('PREEMPTION',), scene='busy=3'),
    Scenario('oops', 'a bad access in a module', crash_by('oops')),
    Scenario('bug', 'BUG() in a module', crash_by('bug')),
    Scenario('overflow', 'a stack that is used up, in a module', crash_by('overflow'),
             needs=('VMAP_STACK',)),
    Scenario('work', 'a panic in a kworker', crash_by('work')),
    Scenario('irq', 'a panic in an interrupt', crash_by('hardirq')),
    Scenario('softirq', 'a panic in a softirq', crash_by('softirq')),
    Scenario('nmi', 'a panic in a pseudo-NMI', crash_by('nmi'), needs=('ARM64_PSEUDO_NMI',),
             cmdline='irqchip.gicv3_pseudo_nmi=1'),
    Scenario('kdump', 'a crash kernel saves the dump with makedumpfile', SYSRQ, memory=576,
             needs=('CRASH_DUMP', 'ARM64_VA_BITS=48'),
             save='makedumpfile -c -d 31 /proc/vmcore /host/vmcore', limit=600),
    Scenario('kdump-cp', 'a crash kernel copies /proc/vmcore', SYSRQ, memory=576,
             needs=('CRASH_DUMP',), save='dd if=/proc/vmcore of=/host/vmcore bs=512k', limit=600),
    Scenario('klp-enable', 'a livepatch whose transition waits for sleeping tasks',
             needs=('LIVEPATCH',), before='%s; %s' % (KLP_A, KLP_STALLED)),
    Scenario('klp-disable', 'a livepatch that is disabled again, and waits',
             needs=('LIVEPATCH',), first='%s; %s' % (KLP_A, KLP_END),
             before='echo 0 >%s/klp_a/enabled; %s' % (KLP_SYSFS, KLP_STALLED)),
    Scenario('klp-stacked', 'a second livepatch upon the first, which waits',
             needs=('LIVEPATCH',), first='%s; %s' % (KLP_A, KLP_END),
             before='insmod /modules/klp_b.ko; ' + KLP_STALLED),
    Scenario('klp-replace', 'a livepatch that replaces the first, and waits',
             needs=('LIVEPATCH',), first='%s; %s' % (KLP_A, KLP_END),
             before='insmod /modules/klp_r.ko; ' + KLP_STALLED),
    Scenario('klp-done', 'a livepatch whose transition has ended; tasks sleep in new functions',
             needs=('LIVEPATCH',), first='%s; %s' % (KLP_A, KLP_END)),
]


def lacks(kernel, scenario):
    """Why @kernel does not support @scenario, or None."""
    if not kernel.can_build and not scenario.printed:
        return 'the archive has no headers of it to build our modules by'
    for need in scenario.needs:
        for choice in need.split('|'):
            name, _, value = choice.partition('=')
            if kernel.option(name) == (value or 'y'):
                break
        else:
            return 'the kernel has no CONFIG_' + need.replace('|', ' or CONFIG_')
    return None


def named(names):
    names, found = list(names), {s.name: s for s in SCENARIOS}
    for name in names:
        if name not in found:
            raise ValueError('no scenario %s; --list shows them' % name)
    return [found[name] for name in names]
