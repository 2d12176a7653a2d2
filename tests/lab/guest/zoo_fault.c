// SPDX-License-Identifier: GPL-2.0-or-later
//
// Tasks that sleep in page faults that nobody answers, of the user's and of the kernel's
// own accesses; in a frozen file system; in file systems and a module that are modules.
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/userfaultfd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "zoo.h"

static int open_own(const char *prefix)
{
	char name[64];

	snprintf(name, sizeof(name), "%s.%ld", prefix, syscall(SYS_gettid));
	return zoo_need(open(name, O_RDWR | O_CREAT, 0600), name);
}

// A page whose first use sleeps.
static char *missing_page(void)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register reg = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	char *page = zoo_map_page(MAP_PRIVATE | MAP_ANONYMOUS, -1);
	int fd = zoo_need(syscall(SYS_userfaultfd, O_CLOEXEC), "userfaultfd");

	zoo_need(ioctl(fd, UFFDIO_API, &api), "UFFDIO_API");
	reg.range.start = (unsigned long)page;
	reg.range.len = zoo_page_size();
	zoo_need(ioctl(fd, UFFDIO_REGISTER, &reg), "UFFDIO_REGISTER");
	return page;
}

// Both ends of a pipe that holds a byte.
static void full_pipe(int p[2])
{
	zoo_need(pipe(p), "pipe");
	zoo_need(write(p[1], "x", 1), "write");
}

static void fault_user(int n)
{
	*(volatile char *)missing_page() = 1;
}

static void fault_copy_to_user(int n)
{
	int p[2];

	full_pipe(p);
	zoo_need(read(p[0], missing_page(), 1), "read");
}

// Another process waits for the lock that this one holds meanwhile.
static void with_waiter(const char *name, int fd)
{
	if (fork())
		return;
	zoo_name(name);
	usleep(200000);
	zoo_need(write(fd, "x", 1), "write");
	zoo_idle();
}

static void fault_copy_from_user(int n)
{
	char *page = missing_page();
	int p[2];

	zoo_need(pipe(p), "pipe");
	with_waiter("w:pipe_mutex", p[1]);
	zoo_need(write(p[1], page, 1), "write");
}

static void fault_in_readable(int n)
{
	char *page = missing_page();
	int fd = open_own("/tmp/file");

	with_waiter("w:inode_rwsem", fd);
	zoo_need(write(fd, page, zoo_page_size()), "write");
}

static void fault_clear_user(int n)
{
	int fd = zoo_need(open("/dev/zero", O_RDONLY), "/dev/zero");

	zoo_need(read(fd, missing_page(), zoo_page_size()), "read");
}

static void fault_get_user(int n)
{
	zoo_need(ioctl(zoo_quiet_fd(), FIONBIO, missing_page()), "FIONBIO");
}

static void fault_put_user(int n)
{
	int p[2];

	zoo_need(pipe(p), "pipe");
	zoo_need(ioctl(p[0], FIONREAD, missing_page()), "FIONREAD");
}

static void fault_in_module(int n)
{
	int fd = zoo_need(open("/proc/lab_scene/copy", O_RDONLY), "copy");

	zoo_need(read(fd, missing_page(), 1), "read");
}

static char *clean_ext4_page(void)
{
	int fd = open_own(ZOO_EXT4 "/page");
	char *page;

	zoo_need(ftruncate(fd, zoo_page_size()), "ftruncate");
	zoo_need(pwrite(fd, "x", 1, 0), "write");
	zoo_need(fsync(fd), "fsync");
	page = zoo_map_page(MAP_SHARED, fd);
	if (*(volatile char *)page != 'x')
		zoo_give_up("a page of ext4");
	return page;
}

static void mkwrite_user(int n)
{
	char *page = clean_ext4_page();

	zoo_await_freeze();
	*(volatile char *)page = 1;
}

static void mkwrite_copy(int n)
{
	char *page = clean_ext4_page();
	int p[2];

	full_pipe(p);
	zoo_await_freeze();
	zoo_need(read(p[0], page, 1), "read");
}

static void frozen_write(int n)
{
	int fd = open_own(ZOO_EXT4 "/write");

	zoo_await_freeze();
	zoo_need(write(fd, "x", 1), "write");
}

static void frozen_mkdir(int n)
{
	char name[64];

	snprintf(name, sizeof(name), ZOO_EXT4 "/dir.%d", getpid());
	zoo_await_freeze();
	zoo_need(mkdir(name, 0700), "mkdir");
}

// Copies a file up, out of the lower layer into the frozen one.
static void overlay_open(int n)
{
	char name[64];

	snprintf(name, sizeof(name), ZOO_OVERLAY "/file%d", n);
	zoo_await_freeze();
	zoo_need(open(name, O_RDWR), name);
}

static void overlay_chmod(int n)
{
	zoo_await_freeze();
	zoo_need(chmod(ZOO_OVERLAY "/dir/file", 0600), "chmod");
}

// init has set core_pattern to a file on ext4.
static void dump_core(int n)
{
	struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };

	setrlimit(RLIMIT_CORE, &all);
	zoo_await_freeze();
	abort();
}

// A FUSE server that does not answer.
static void fuse_lookup(int n)
{
	char options[128], name[64];
	struct stat st;
	int fd = zoo_need(open("/dev/fuse", O_RDWR), "/dev/fuse");

	snprintf(name, sizeof(name), "/tmp/fuse.%d", getpid());
	mkdir(name, 0700);
	snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=0,group_id=0", fd);
	zoo_need(mount("fuse", name, "fuse", 0, options), "mount");
	strcat(name, "/x");
	zoo_need(stat(name, &st), "stat");
}

static void read_of(const char *name)
{
	char c;

	zoo_need(read(zoo_need(open(name, O_RDONLY), name), &c, 1), name);
}

static void scene_sleep(int n)
{
	read_of("/proc/lab_scene/sleep");
}

static void scene_deep(int n)
{
	read_of("/proc/lab_scene/deep");
}

const struct zoo_kind zoo_fault_kinds[] = {
	{ "fault_user", fault_user, 2, 1 },
	{ "fault_to", fault_copy_to_user, 2, 1 },
	{ "fault_from", fault_copy_from_user, 2 },
	{ "fault_in", fault_in_readable, 2 },
	{ "fault_clear", fault_clear_user, 1, 1 },
	{ "fault_get", fault_get_user, 2, 1 },
	{ "fault_put", fault_put_user, 2, 1 },
	{ "fault_module", fault_in_module, 2, 1 },
	{ "mkwrite_user", mkwrite_user, 2, 0, ZOO_FROZEN },
	{ "mkwrite_copy", mkwrite_copy, 2, 0, ZOO_FROZEN },
	{ "ext4_write", frozen_write, 2, 0, ZOO_FROZEN },
	{ "ext4_mkdir", frozen_mkdir, 1, 0, ZOO_FROZEN },
	{ "overlay_open", overlay_open, 2, 0, ZOO_FROZEN },
	{ "overlay_chmod", overlay_chmod, 1, 0, ZOO_FROZEN },
	{ "core", dump_core, 2, 0, ZOO_FROZEN },
	{ "fuse", fuse_lookup, 2 },
	{ "scene", scene_sleep, 3, 2 },
	{ "scene_deep", scene_deep, 3, 1 },
	{ 0 },
};
