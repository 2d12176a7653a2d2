// SPDX-License-Identifier: GPL-2.0
/*
 * lab_truth.ko: what this kernel itself says of every task's stack.
 *
 * The answer is written to the memory of QEMU's "ivshmem" device, which the host
 * sees as a file: a struct share, and at TEXT_OFFSET lines of tab-separated text
 * (truth.py lists the columns).  It is taken at one moment at which nothing else
 * runs, so that it and a dump of that moment speak of the same stacks:
 *
 *   echo freeze >/proc/lab_truth    on one CPU, with all others in stop_machine();
 *                                   there the machine stays
 *   a panic                         with the others stopped; it stays in panic()
 *                                   unless the parameter "hold" is 0
 *
 * The walks are not exported: they are found by name, through the address that a
 * kprobe on kallsyms_lookup_name() is given.
 */
#include <linux/io.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/notifier.h>
#if __has_include(<linux/panic_notifier.h>)	/* before 5.14: in kernel.h */
#include <linux/panic_notifier.h>
#endif
#include <linux/pci.h>
#include <linux/proc_fs.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/sched/task_stack.h>
#include <linux/stop_machine.h>
#include <linux/uaccess.h>
#include <linux/utsname.h>
#include <linux/vmalloc.h>
#include <asm/memory.h>

#define IVSHMEM_VENDOR	0x1af4
#define IVSHMEM_DEVICE	0x1110
#define IVSHMEM_BAR	2

#define MAGIC		0x6874757274626c61ULL	/* "albtruth" */
#define TEXT_OFFSET	4096

struct share {
	u64 magic;
	u64 length;	/* of the text; 0: not yet */
};

#define MAX_ENTRIES	(THREAD_SIZE / 16 + 16)
#define NR_SEEN		(1 << 15)

typedef bool (*consume_fn)(void *cookie, unsigned long pc);

static bool hold = true;
module_param(hold, bool, 0400);

static unsigned long (*lookup)(const char *name);
static void (*walk_plain)(consume_fn, void *, struct task_struct *, struct pt_regs *);
static int (*walk_reliable)(consume_fn, void *, struct task_struct *);
static struct task_struct *(*idle_of)(int cpu);
static void (*put_stack)(struct task_struct *);

static struct share *share;
static char *text;
static size_t length, size;

struct entries {
	unsigned int n;
	bool full;
	unsigned long pc[MAX_ENTRIES];
};

static struct entries plain, reliable;
static unsigned long *seen;	/* a hash table of all pcs, for their names */

static __printf(1, 2) void put(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	length += vscnprintf(text + length, size - length, format, args);
	va_end(args);
}

static bool keep(void *cookie, unsigned long pc)
{
	struct entries *e = cookie;

	if (e->n == MAX_ENTRIES) {
		e->full = true;
		return false;
	}
	e->pc[e->n++] = pc;
	return true;
}

static void name_later(unsigned long pc)
{
	unsigned int i, at = (pc >> 2) * 0x9e3779b1U % NR_SEEN;

	for (i = 0; i < NR_SEEN; i++, at = (at + 1) % NR_SEEN) {
		if (seen[at] == pc)
			return;
		if (!seen[at]) {
			seen[at] = pc;
			return;
		}
	}
}

static void put_entries(const struct entries *e)
{
	unsigned int i;

	put("\t%s", e->full ? "too-many" : e->n ? "" : "-");
	for (i = 0; i < e->n; i++) {
		put("%s%lx", i ? " " : "", e->pc[i]);
		name_later(e->pc[i]);
	}
}

static void put_task(struct task_struct *p, const char *kind)
{
	put("task\t%s\t%lx\t%d\t%d\t%.*s\t%d", kind, (unsigned long)p, p->pid, p->tgid,
	    TASK_COMM_LEN, p->comm, task_cpu(p));
#ifdef CONFIG_LIVEPATCH
	put("\t%d", p->patch_state);
#else
	put("\t-");
#endif
}

static void put_sleeper(struct task_struct *p)
{
	int rc = 0;

	plain.n = reliable.n = 0;
	if (try_get_task_stack(p)) {
		walk_plain(keep, &plain, p, NULL);
		if (walk_reliable)
			rc = walk_reliable(keep, &reliable, p);
		put_stack(p);
	}
	put_task(p, "slept");
	put_entries(&plain);
	if (walk_reliable) {
		put("\t%d", rc);
		put_entries(&reliable);
	} else {
		put("\t-\t-");
	}
	put("\n");
}

static void put_other(struct task_struct *p)
{
	if (p == current)
		return;
	if (READ_ONCE(p->on_cpu)) {
		put_task(p, "ran");
		put("\t-\t-\t-\n");
	} else {
		put_sleeper(p);
	}
}

static void put_names(void)
{
	unsigned int i;

	for (i = 0; i < NR_SEEN; i++) {
		if (seen[i])
			put("name\t%lx\t%pS\n", seen[i], (void *)seen[i]);
	}
}

static void put_facts(void)
{
	put("fact\trelease\t%s\n", init_utsname()->release);
	put("fact\tpage_size\t%lu\n", PAGE_SIZE);
	put("fact\tva_bits_actual\t%d\n", (int)vabits_actual);
	put("fact\tkimage_voffset\t%llx\n", (u64)kimage_voffset);
	put("fact\t_stext\t%lx\n", lookup("_stext"));
	put("fact\treliable_walk\t%s\n", walk_reliable ? "yes" : "no");
}

/*
 * The walk of the running task begins in this function, and here it stays: in a
 * dump only the place in this function differs.
 */
static noinline void tell(const char *kind, bool stay)
{
	struct task_struct *group, *p;
	int cpu;

	length = 0;
	put_facts();
	rcu_read_lock();
	for_each_process_thread(group, p)
		put_other(p);
	rcu_read_unlock();
	for_each_possible_cpu(cpu)	/* panic() takes the others offline */
		put_other(idle_of(cpu));

	plain.n = 0;
	walk_plain(keep, &plain, current, NULL);
	put_task(current, kind);
	put_entries(&plain);
	put("\t-\t-\n");
	put_names();
	put("end\n");
	smp_wmb();
	WRITE_ONCE(share->length, length);
	while (stay)
		cpu_relax();
	barrier();
}

static int freeze(void *unused)
{
	tell("frozen", true);
	return 0;
}

static ssize_t truth_write(struct file *file, const char __user *from, size_t n,
			   loff_t *pos)
{
	char word[16] = "";

	if (n >= sizeof(word) || copy_from_user(word, from, n))
		return -EINVAL;
	if (strcmp(strim(word), "freeze"))
		return -EINVAL;
	return stop_machine(freeze, NULL, NULL) ?: n;
}

static const struct proc_ops truth_ops = { .proc_write = truth_write };

static int at_panic(struct notifier_block *nb, unsigned long what, void *arg)
{
	tell(hold ? "frozen" : "crashed", hold);
	return NOTIFY_DONE;
}

static struct notifier_block panic_block = {
	.notifier_call = at_panic,
	.priority = INT_MIN,
};

static int map_share(void)
{
	struct pci_dev *dev = pci_get_device(IVSHMEM_VENDOR, IVSHMEM_DEVICE, NULL);
	int rc;

	if (!dev)
		return -ENODEV;
	rc = pci_enable_device(dev);
	if (rc)
		return rc;
	size = pci_resource_len(dev, IVSHMEM_BAR);
	share = memremap(pci_resource_start(dev, IVSHMEM_BAR), size, MEMREMAP_WB);
	if (!share)
		return -ENOMEM;
	text = (char *)share + TEXT_OFFSET;
	size -= TEXT_OFFSET;
	share->length = 0;
	share->magic = MAGIC;
	return 0;
}

static int find_functions(void)
{
	struct kprobe probe = { .symbol_name = "kallsyms_lookup_name" };
	int rc = register_kprobe(&probe);

	if (rc)
		return rc;
	lookup = (void *)probe.addr;
	unregister_kprobe(&probe);
	walk_plain = (void *)lookup("arch_stack_walk");
	walk_reliable = (void *)lookup("arch_stack_walk_reliable");
	idle_of = (void *)lookup("idle_task");
	put_stack = (void *)lookup("put_task_stack");
	return walk_plain && idle_of && put_stack ? 0 : -ENOENT;
}

static int __init truth_init(void)
{
	int rc = find_functions();

	if (rc)
		return rc;
	seen = vzalloc(NR_SEEN * sizeof(*seen));
	if (!seen)
		return -ENOMEM;
	rc = map_share();
	if (rc)
		return rc;
	if (!proc_create("lab_truth", 0200, NULL, &truth_ops))
		return -ENOMEM;
	atomic_notifier_chain_register(&panic_notifier_list, &panic_block);
	return 0;
}

module_init(truth_init);
MODULE_DESCRIPTION("the kernel's own entries of every task's stack");
MODULE_LICENSE("GPL");
