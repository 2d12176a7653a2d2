/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the livepatches share: functions that modules may not link to are found through the
 * address that a kprobe is given; ksys_read() is told anew, without the lock of the file's
 * position.
 */
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/kprobes.h>
#include <linux/livepatch.h>
#include <linux/module.h>

static void *find(const char *name)
{
	struct kprobe probe = { .symbol_name = name };
	void *addr;

	if (register_kprobe(&probe))
		return NULL;
	addr = probe.addr;
	unregister_kprobe(&probe);
	return addr;
}

static ssize_t (*real_vfs_read)(struct file *, char __user *, size_t, loff_t *);

#define KLP_KSYS_READ(name)							\
static noinline ssize_t name(unsigned int fd, char __user *buf, size_t count)	\
{										\
	struct file *file = fget(fd);						\
	ssize_t rc;								\
										\
	if (!file)								\
		return -EBADF;							\
	rc = real_vfs_read(file, buf, count,					\
			   file->f_mode & FMODE_STREAM ? NULL : &file->f_pos);	\
	fput(file);								\
	return rc;								\
}

#define KLP_MODULE(functions, replaces, prepare)				\
static struct klp_object objects[] = { { .funcs = functions }, { } };		\
static struct klp_patch patch = {						\
	.mod = THIS_MODULE, .objs = objects, .replace = replaces,		\
};										\
										\
static int __init klp_start(void)						\
{										\
	real_vfs_read = find("vfs_read");					\
	if (!real_vfs_read || !(prepare))					\
		return -ENOENT;							\
	return klp_enable_patch(&patch);					\
}										\
										\
static void __exit klp_stop(void)						\
{										\
}										\
										\
module_init(klp_start);								\
module_exit(klp_stop);								\
MODULE_LICENSE("GPL");								\
MODULE_INFO(livepatch, "Y")
