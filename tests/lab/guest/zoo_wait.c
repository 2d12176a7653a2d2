// SPDX-License-Identifier: GPL-2.0-or-later
//
// Tasks that wait: for time, signals, children, tracers, futexes.
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "zoo.h"

#define LONG_TIME 1000000

static void sleep_nanosleep(int n)
{
	nanosleep(&(struct timespec){ .tv_sec = LONG_TIME + n }, NULL);
}

static void sleep_clock(int n)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	t.tv_sec += LONG_TIME + n;
	clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &t, NULL);
}

static void sleep_pause(int n)
{
	pause();
}

static void sleep_sigsuspend(int n)
{
	sigset_t none;

	sigemptyset(&none);
	sigsuspend(&none);
}

static void sleep_sigwait(int n)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	sigwaitinfo(&set, NULL);
}

static pid_t child(void)
{
	pid_t pid = zoo_need(fork(), "fork");

	if (!pid)
		zoo_idle();
	return pid;
}

static void sleep_wait4(int n)
{
	child();
	wait4(-1, NULL, 0, NULL);
}

static void sleep_waitid(int n)
{
	siginfo_t info;

	child();
	waitid(P_ALL, 0, &info, WEXITED);
}

static void sleep_vfork(int n)
{
	if (!vfork())
		for (;;)
			syscall(SYS_ppoll, NULL, 0, NULL, NULL, 0);
}

static void sleep_zombie(int n)
{
	if (!fork())
		_exit(0);
	zoo_idle();
}

static void *idle_thread(void *unused)
{
	zoo_idle();
	return NULL;
}

static void sleep_dead_leader(int n)
{
	pthread_t thread;

	pthread_create(&thread, NULL, idle_thread, NULL);
	syscall(SYS_exit, 0);
}

static void sleep_stopped(int n)
{
	raise(SIGSTOP);
}

static pid_t traced_child(void)
{
	pid_t pid = fork();

	if (!pid) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
		zoo_idle();
	}
	waitpid(pid, NULL, __WALL);
	return pid;
}

static void sleep_traced(int n)
{
	traced_child();
	zoo_idle();
}

/* Its child was never in user mode: it stops on its first way there. */
static void sleep_newborn(int n)
{
	pid_t pid = fork();

	if (!pid) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
		fork();
		zoo_idle();
	}
	waitpid(pid, NULL, __WALL);
	ptrace(PTRACE_SETOPTIONS, pid, NULL, PTRACE_O_TRACEFORK);
	ptrace(PTRACE_CONT, pid, NULL, NULL);
	waitpid(pid, NULL, __WALL);
	zoo_idle();
}

static void sleep_traced_syscall(int n)
{
	pid_t pid = traced_child();

	ptrace(PTRACE_SYSCALL, pid, NULL, NULL);
	waitpid(pid, NULL, __WALL);
	zoo_idle();
}

static void sleep_traced_step(int n)
{
	pid_t pid = traced_child();

	ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL);
	waitpid(pid, NULL, __WALL);
	zoo_idle();
}

static void sleep_futex(int n)
{
	unsigned int word = 1;

	syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 1, NULL, NULL, 0);
}

static void sleep_futex_shared(int n)
{
	unsigned int *word = zoo_map_page(MAP_SHARED | MAP_ANONYMOUS, -1);
	struct timespec t = { .tv_sec = LONG_TIME };

	syscall(SYS_futex, word, FUTEX_WAIT, 0, &t, NULL, 0);
}

static void sleep_futex_pi(int n)
{
	syscall(SYS_futex, zoo_pi_word(), FUTEX_LOCK_PI, 0, NULL, NULL, 0);
}

static void pin_to_last_cpu(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(n - 1, &set);
	sched_setaffinity(0, sizeof(set), &set);
	if (n < 2)
		zoo_idle();
}

static void busy_user(int n)
{
	pin_to_last_cpu();
	for (;;)
		__asm__ volatile("" ::: "memory");
}

static void busy_kernel(int n)
{
	static char buf[1 << 16];
	int fd = zoo_need(open("/dev/zero", O_RDONLY), "/dev/zero");

	pin_to_last_cpu();
	for (;;)
		zoo_need(read(fd, buf, sizeof(buf)), "read");
}

const struct zoo_kind zoo_wait_kinds[] = {
	{ "nanosleep", sleep_nanosleep, 4, 4 },
	{ "clock", sleep_clock, 2, 2 },
	{ "pause", sleep_pause, 3, 2 },
	{ "sigsuspend", sleep_sigsuspend, 2, 2 },
	{ "sigwait", sleep_sigwait, 2, 1 },
	{ "wait4", sleep_wait4, 3 },
	{ "waitid", sleep_waitid, 2 },
	{ "vfork", sleep_vfork, 2 },
	{ "zombie", sleep_zombie, 3 },
	{ "dead_leader", sleep_dead_leader, 2 },
	{ "stopped", sleep_stopped, 3 },
	{ "traced", sleep_traced, 2 },
	{ "newborn", sleep_newborn, 1 },
	{ "traced_sysc", sleep_traced_syscall, 2 },
	{ "traced_step", sleep_traced_step, 2 },
	{ "futex", sleep_futex, 4, 4 },
	{ "futex_shared", sleep_futex_shared, 2, 2 },
	{ "futex_pi", sleep_futex_pi, 3, 2 },
	{ "busy_user", busy_user, 1, 0, ZOO_BUSY },
	{ "busy_kernel", busy_kernel, 1, 0, ZOO_BUSY },
	{ 0 },
};
