// SPDX-License-Identifier: GPL-2.0-or-later
//
// zoo             starts every kind of task (zoo.h)
// zoo many N      starts N threads of a few kinds
//
// When all sleep it creates /run/zoo.ready.  A kind that this kernel does not offer ends,
// and is named on standard error.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "zoo.h"

#define THREADS_PER_PROCESS 500

static struct shared {
	unsigned int pi_word;
	int prepared; // tasks that wait for the freeze
	int frozen;
} *shared;

static const struct zoo_kind *const tables[] = { zoo_wait_kinds, zoo_io_kinds, zoo_fault_kinds };
#define NR_TABLES (sizeof(tables) / sizeof(tables[0]))

#define for_each_kind(k) \
	for (size_t table_ = 0; table_ < NR_TABLES; table_++) \
		for (const struct zoo_kind *k = tables[table_]; k->name; k++)

void zoo_give_up(const char *what)
{
	char name[32] = "";

	prctl(PR_GET_NAME, name);
	fprintf(stderr, "%s: %s: %s\n", name, what, strerror(errno));
	syscall(SYS_exit, 1);
}

long zoo_need(long rc, const char *what)
{
	if (rc < 0)
		zoo_give_up(what);
	return rc;
}

size_t zoo_page_size(void)
{
	return sysconf(_SC_PAGESIZE);
}

void *zoo_map_page(int flags, int fd)
{
	void *page = mmap(NULL, zoo_page_size(), PROT_READ | PROT_WRITE, flags, fd, 0);

	if (page == MAP_FAILED)
		zoo_give_up("mmap");
	return page;
}

void zoo_name(const char *name)
{
	prctl(PR_SET_NAME, name);
}

void zoo_idle(void)
{
	for (;;)
		pause();
}

int zoo_quiet_fd(void)
{
	return zoo_need(eventfd(0, 0), "eventfd");
}

unsigned int *zoo_pi_word(void)
{
	return &shared->pi_word;
}

void zoo_await_freeze(void)
{
	__atomic_add_fetch(&shared->prepared, 1, __ATOMIC_SEQ_CST);
	while (!__atomic_load_n(&shared->frozen, __ATOMIC_SEQ_CST))
		usleep(20000);
}

static void enter(const struct zoo_kind *kind, int n, char prefix)
{
	char name[32];

	snprintf(name, sizeof(name), "%c:%s", prefix, kind->name);
	zoo_name(name);
	kind->sleep(n);
	fprintf(stderr, "%s: did not stay asleep\n", name);
	zoo_idle();
}

struct job {
	const struct zoo_kind *kind;
	int n;
};

static void *run_job(void *arg)
{
	struct job *job = arg;

	enter(job->kind, job->n, 't');
	return NULL;
}

static void start_thread(const struct zoo_kind *kind, int n)
{
	struct job *job = malloc(sizeof(*job));
	pthread_attr_t attr;
	pthread_t thread;

	*job = (struct job){ kind, n };
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 2 * zoo_page_size() + 131072);
	errno = pthread_create(&thread, &attr, run_job, job);
	if (errno) {
		perror("thread");
		exit(1);
	}
}

static void start_threads(void)
{
	if (fork())
		return;
	zoo_name("w:threads");
	for_each_kind(kind)
		for (int n = 0; n < kind->threads; n++)
			start_thread(kind, n);
	zoo_idle();
}

static void start_many(int total)
{
	const struct zoo_kind *chosen[16];
	int nr_chosen = 0;

	// those that sleep at once, need no file of their own, and come in fours
	for_each_kind(kind)
		if (kind->threads == 4 || !strcmp(kind->name, "epoll") ||
		    !strcmp(kind->name, "unix_recv"))
			chosen[nr_chosen++] = kind;
	for (int first = 0; first < total; first += THREADS_PER_PROCESS) {
		if (fork())
			continue;
		zoo_name("w:threads");
		for (int n = first; n < total && n < first + THREADS_PER_PROCESS; n++)
			start_thread(chosen[n % nr_chosen], n);
		zoo_idle();
	}
}

static void freeze_ext4(int expected)
{
	int fd = open(ZOO_EXT4, O_RDONLY);

	for (int i = 0; i < 400; i++) {
		if (__atomic_load_n(&shared->prepared, __ATOMIC_SEQ_CST) >= expected)
			break;
		usleep(50000);
	}
	if (fd < 0 || ioctl(fd, FIFREEZE, 0) < 0)
		perror("FIFREEZE");
	__atomic_store_n(&shared->frozen, 1, __ATOMIC_SEQ_CST);
}

static void start_all(void)
{
	int frozen = 0, fd = open("/tmp/lock", O_RDWR | O_CREAT, 0600);

	flock(fd, LOCK_EX);
	fcntl(fd, F_SETLK, &(struct flock){ .l_type = F_WRLCK });
	shared->pi_word = getpid();
	for_each_kind(kind) {
		for (int n = 0; n < kind->processes; n++) {
			if (kind->flags & ZOO_FROZEN)
				frozen++;
			if (!fork())
				enter(kind, n, 'w');
		}
	}
	start_threads();
	freeze_ext4(frozen);
}

// Tasks of the zoo that still run, but for the busy ones.
static int count_running(void)
{
	FILE *f = popen("cat /proc/[0-9]*/task/[0-9]*/stat 2>/dev/null", "r");
	char line[1024];
	int n = 0;

	while (f && fgets(line, sizeof(line), f)) {
		char *state = strrchr(line, ')');

		if (state && state[2] == 'R' && !strstr(line, ":busy_") &&
		    (strstr(line, "(w:") || strstr(line, "(t:")))
			n++;
	}
	if (f)
		pclose(f);
	return n;
}

int main(int argc, char **argv)
{
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		      -1, 0);
	signal(SIGUSR1, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	if (argc == 3 && !strcmp(argv[1], "many"))
		start_many(atoi(argv[2]));
	else
		start_all();
	do
		usleep(500000);
	while (count_running());
	close(open("/run/zoo.ready", O_WRONLY | O_CREAT, 0600));
	zoo_idle();
}
