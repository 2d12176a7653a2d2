// SPDX-License-Identifier: GPL-2.0
/*
 * lab_scene.ko: functions of a module to sleep and to crash in.
 *
 *   /proc/lab_scene/sleep    reading it sleeps, two functions deep
 *   /proc/lab_scene/deep     reading it sleeps, forty functions deep
 *   /proc/lab_scene/copy     reading it copies one byte to the reader
 *   /proc/lab_scene/crash    writing a word to it crashes: oops, bug, overflow, work,
 *                            hardirq, softirq, nmi
 *
 * Its kernel threads sleep; with busy=N, N more never do, on the last CPU.
 * kretprobe=NAME,... puts kretprobes on functions.
 */
#include <linux/delay.h>
#include <linux/init.h>
#include <linux/interrupt.h>
#include <linux/irq_work.h>
#include <linux/kprobes.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/perf_event.h>
#include <linux/proc_fs.h>
#include <linux/uaccess.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#define DEPTH		40
#define MAX_PROBES	32

static int busy;
module_param(busy, int, 0400);
static char *kretprobe[MAX_PROBES];
static int nr_kretprobes;
module_param_array(kretprobe, charp, &nr_kretprobes, 0400);

static DECLARE_WAIT_QUEUE_HEAD(never);
static bool awake;

/* barrier() after a call: it must not become a tail call. */
static noinline int scene_sleep_inner(void)
{
	int rc = wait_event_interruptible(never, READ_ONCE(awake));

	barrier();
	return rc;
}

static noinline int scene_sleep_outer(void)
{
	int rc = scene_sleep_inner();

	barrier();
	return rc;
}

static noinline int scene_descend(int n)
{
	char pad[32];
	int rc;

	memset(pad, n, sizeof(pad));
	barrier_data(pad);
	rc = n > 0 ? scene_descend(n - 1) : scene_sleep_outer();
	barrier_data(pad);
	return rc;
}

static ssize_t sleep_read(struct file *file, char __user *to, size_t n, loff_t *pos)
{
	return scene_sleep_outer();
}

static ssize_t deep_read(struct file *file, char __user *to, size_t n, loff_t *pos)
{
	return scene_descend(DEPTH);
}

static ssize_t copy_read(struct file *file, char __user *to, size_t n, loff_t *pos)
{
	ssize_t rc = copy_to_user(to, "x", 1) ? -EFAULT : 1;

	barrier();
	return rc;
}

/* --- crashes --- */

static noinline notrace void scene_oops(void)
{
	*(volatile int *)16 = 1;
	barrier();
}

static noinline notrace void scene_panic(const char *where)
{
	panic("lab_scene: %s", where);
}

/* Past the end of the stack: the kernel goes on upon the overflow stack. */
static noinline notrace int scene_overflow(int n)
{
	char pad[128];

	memset(pad, n, sizeof(pad));
	barrier_data(pad);
	if (!READ_ONCE(awake))
		n = scene_overflow(n + 1);
	barrier_data(pad);
	return n + pad[0];
}

static notrace void panic_in_tasklet(struct tasklet_struct *t)
{
	scene_panic("softirq");
}

static DECLARE_TASKLET(tasklet, panic_in_tasklet);
static bool in_softirq_please;

static notrace void panic_in_irq(struct irq_work *w)
{
	if (in_softirq_please)
		tasklet_schedule(&tasklet);
	else
		scene_panic("hardirq");
}

static struct irq_work irq_work;

static notrace void panic_in_work(struct work_struct *w)
{
	scene_panic("work");
}

static DECLARE_WORK(crash_work, panic_in_work);

/* The interrupt hits this function. */
static noinline notrace void scene_await_interrupt(void)
{
	for (;;)
		cpu_relax();
}

#ifdef CONFIG_ARM64_PSEUDO_NMI
static notrace void panic_in_overflow(struct perf_event *event, struct perf_sample_data *data,
				      struct pt_regs *regs)
{
	if (in_nmi())
		scene_panic("nmi");
}

/* The cycle counter's overflow is an interrupt that is sent as an NMI. */
static notrace int expect_nmi(void)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_HARDWARE,
		.config = PERF_COUNT_HW_CPU_CYCLES,
		.size = sizeof(attr),
		.sample_period = 10000000,
		.pinned = 1,
	};
	struct perf_event *event;

	event = perf_event_create_kernel_counter(&attr, -1, current, panic_in_overflow, NULL);
	return PTR_ERR_OR_ZERO(event);
}
#else
static notrace int expect_nmi(void)
{
	return -EOPNOTSUPP;
}
#endif

static notrace int scene_crash(const char *how)
{
	int rc;

	if (!strcmp(how, "oops")) {
		scene_oops();
	} else if (!strcmp(how, "bug")) {
		BUG();
	} else if (!strcmp(how, "overflow")) {
		return scene_overflow(0);
	} else if (!strcmp(how, "work")) {
		schedule_work(&crash_work);
	} else if (!strcmp(how, "hardirq") || !strcmp(how, "softirq")) {
		in_softirq_please = *how == 's';
		irq_work_queue(&irq_work);
		scene_await_interrupt();
	} else if (!strcmp(how, "nmi")) {
		rc = expect_nmi();
		if (rc)
			return rc;
		scene_await_interrupt();
	} else {
		return -EINVAL;
	}
	return 0;
}

static notrace ssize_t crash_write(struct file *file, const char __user *from, size_t n,
				   loff_t *pos)
{
	char word[16] = "";
	int rc;

	if (n >= sizeof(word) || copy_from_user(word, from, n))
		return -EINVAL;
	rc = scene_crash(strim(word));
	return rc ? rc : n;
}

static const struct proc_ops sleep_ops = { .proc_read = sleep_read };
static const struct proc_ops deep_ops = { .proc_read = deep_read };
static const struct proc_ops copy_ops = { .proc_read = copy_read };
static const struct proc_ops crash_ops = { .proc_write = crash_write };

/* --- kernel threads --- */

static int sleeping_thread(void *unused)
{
	return scene_sleep_outer();
}

static int deep_thread(void *unused)
{
	return scene_descend(DEPTH / 4);
}

static int timed_thread(void *unused)
{
	while (!READ_ONCE(awake))
		schedule_timeout_uninterruptible(3600 * HZ);
	return 0;
}

static int idle_thread(void *unused)
{
	while (!kthread_should_stop()) {
		set_current_state(TASK_INTERRUPTIBLE);
		schedule();
	}
	return 0;
}

static int busy_thread(void *unused)
{
	while (!READ_ONCE(awake))
		cpu_relax();
	return 0;
}

static void sleeping_work(struct work_struct *w)
{
	scene_sleep_outer();
}

static DECLARE_WORK(sleep_work, sleeping_work);

static notrace void start_busy(void)
{
	struct task_struct *p;
	int i;

	for (i = 0; i < busy; i++) {
		p = kthread_create(busy_thread, NULL, "k:busy");
		if (IS_ERR(p))
			return;
		kthread_bind(p, num_online_cpus() - 1);
		wake_up_process(p);
	}
}

static int on_return(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	return 0;
}

static notrace void probe_functions(void)
{
	static struct kretprobe probes[MAX_PROBES];
	int i, rc, n = 0;

	for (i = 0; i < nr_kretprobes; i++) {
		probes[i].kp.symbol_name = kretprobe[i];
		probes[i].handler = on_return;
		probes[i].maxactive = 1024;
		rc = register_kretprobe(&probes[i]);
		if (rc)
			pr_info("lab_scene: kretprobe on %s: %d\n", kretprobe[i], rc);
		else
			n++;
	}
	if (nr_kretprobes)
		pr_emerg("@@COUNT kretprobes %d\n", n);
}

static int __init notrace scene_init(void)
{
	struct proc_dir_entry *dir = proc_mkdir("lab_scene", NULL);

	if (!dir)
		return -ENOMEM;
	proc_create("sleep", 0400, dir, &sleep_ops);
	proc_create("deep", 0400, dir, &deep_ops);
	proc_create("copy", 0400, dir, &copy_ops);
	proc_create("crash", 0200, dir, &crash_ops);
	init_irq_work(&irq_work, panic_in_irq);
	probe_functions();

	kthread_run(sleeping_thread, NULL, "k:sleep");
	kthread_run(deep_thread, NULL, "k:deep");
	kthread_run(timed_thread, NULL, "k:timed");
	kthread_run(idle_thread, NULL, "k:idle");
	kthread_create(idle_thread, NULL, "k:unborn");
	start_busy();
	queue_work(system_unbound_wq, &sleep_work);
	return 0;
}

module_init(scene_init);
MODULE_DESCRIPTION("functions to sleep and to crash in");
MODULE_LICENSE("GPL");
