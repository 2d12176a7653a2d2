// SPDX-License-Identifier: GPL-2.0-or-later
//
// Tasks that wait for each other: pipes, locks, events, messages, sockets.
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/io_uring.h>
#include <mqueue.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/msg.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <unistd.h>

#include "zoo.h"

#define LONG_TIME 1000000

static char buffer[65536];

static void read_one(int fd)
{
	char c;

	zoo_need(read(fd, &c, 1), "read");
}

static void sleep_pipe_read(int n)
{
	int p[2];

	zoo_need(pipe(p), "pipe");
	read_one(p[0]);
}

static void sleep_pipe_write(int n)
{
	int p[2];

	zoo_need(pipe(p), "pipe");
	for (;;)
		zoo_need(write(p[1], buffer, sizeof(buffer)), "write");
}

static void sleep_splice(int n)
{
	int from[2], to[2];

	zoo_need(pipe(from), "pipe");
	zoo_need(pipe(to), "pipe");
	zoo_need(splice(from[0], NULL, to[1], NULL, 4096, 0), "splice");
}

static void sleep_fifo(int n)
{
	char name[64];

	snprintf(name, sizeof(name), "/tmp/fifo.%ld", syscall(SYS_gettid));
	zoo_need(mkfifo(name, 0600), "mkfifo");
	zoo_need(open(name, O_RDONLY), "open");
}

// The first process holds /tmp/lock in all ways.
static int lock_file(void)
{
	return zoo_need(open("/tmp/lock", O_RDWR | O_CREAT, 0600), "/tmp/lock");
}

static void sleep_flock(int n)
{
	zoo_need(flock(lock_file(), LOCK_EX), "flock");
}

static void sleep_posix_lock(int n)
{
	zoo_need(fcntl(lock_file(), F_SETLKW, &(struct flock){ .l_type = F_WRLCK }), "F_SETLKW");
}

static void sleep_ofd_lock(int n)
{
	zoo_need(fcntl(lock_file(), F_OFD_SETLKW, &(struct flock){ .l_type = F_WRLCK }),
		 "F_OFD_SETLKW");
}

static void sleep_tty(int n)
{
	int unlock = 0, master = zoo_need(open("/dev/ptmx", O_RDWR | O_NOCTTY), "/dev/ptmx");

	zoo_need(ioctl(master, TIOCSPTLCK, &unlock), "TIOCSPTLCK");
	read_one(zoo_need(ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY), "TIOCGPTPEER"));
}

static void sleep_poll(int n)
{
	poll(&(struct pollfd){ .fd = zoo_quiet_fd(), .events = POLLIN }, 1, -1);
}

static void sleep_ppoll(int n)
{
	ppoll(&(struct pollfd){ .fd = zoo_quiet_fd(), .events = POLLIN }, 1,
	      &(struct timespec){ .tv_sec = LONG_TIME }, NULL);
}

static void sleep_select(int n)
{
	int fd = zoo_quiet_fd();
	fd_set set;

	FD_ZERO(&set);
	FD_SET(fd, &set);
	select(fd + 1, &set, NULL, NULL, NULL);
}

static void sleep_epoll(int n)
{
	struct epoll_event event = { .events = EPOLLIN };
	int fd = zoo_need(epoll_create1(0), "epoll");

	epoll_ctl(fd, EPOLL_CTL_ADD, zoo_quiet_fd(), &event);
	epoll_wait(fd, &event, 1, -1);
}

static void sleep_eventfd(int n)
{
	unsigned long value;

	zoo_need(read(zoo_quiet_fd(), &value, sizeof(value)), "read");
}

static void sleep_timerfd(int n)
{
	int fd = zoo_need(timerfd_create(CLOCK_MONOTONIC, 0), "timerfd");
	unsigned long value;

	timerfd_settime(fd, 0, &(struct itimerspec){ .it_value.tv_sec = LONG_TIME }, NULL);
	zoo_need(read(fd, &value, sizeof(value)), "read");
}

static void sleep_signalfd(int n)
{
	struct signalfd_siginfo info;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	zoo_need(read(zoo_need(signalfd(-1, &set, 0), "signalfd"), &info, sizeof(info)), "read");
}

static void sleep_inotify(int n)
{
	int fd = zoo_need(inotify_init1(0), "inotify");

	inotify_add_watch(fd, "/proc", IN_CREATE);
	zoo_need(read(fd, buffer, sizeof(buffer)), "read");
}

static void sleep_uring(int n)
{
	struct io_uring_params params = { 0 };
	int fd = zoo_need(syscall(SYS_io_uring_setup, 4, &params), "io_uring_setup");

	zoo_need(syscall(SYS_io_uring_enter, fd, 0, 1, IORING_ENTER_GETEVENTS, NULL, 0),
		 "io_uring_enter");
}

// Brings a thread of the kernel's making into this process, which soon sleeps, too.
static void sleep_uring_poller(int n)
{
	struct io_uring_params params = { .flags = IORING_SETUP_SQPOLL, .sq_thread_idle = 1 };

	zoo_need(syscall(SYS_io_uring_setup, 4, &params), "io_uring_setup");
	zoo_idle();
}

static void sleep_semop(int n)
{
	int sem = zoo_need(semget(IPC_PRIVATE, 1, 0600), "semget");

	zoo_need(semop(sem, &(struct sembuf){ .sem_op = -1 }, 1), "semop");
}

static void sleep_msgrcv(int n)
{
	struct msgbuf { long type; char text[8]; } message;

	zoo_need(msgrcv(zoo_need(msgget(IPC_PRIVATE, 0600), "msgget"), &message, 8, 0, 0),
		 "msgrcv");
}

static void sleep_msgsnd(int n)
{
	struct msgbuf { long type; char text[4096]; } message = { .type = 1 };
	int queue = zoo_need(msgget(IPC_PRIVATE, 0600), "msgget");

	for (;;)
		zoo_need(msgsnd(queue, &message, sizeof(message.text), 0), "msgsnd");
}

static void sleep_mqueue(int n)
{
	struct mq_attr attr = { .mq_maxmsg = 1, .mq_msgsize = 16 };
	char name[32], message[16];
	int queue;

	snprintf(name, sizeof(name), "queue.%ld", syscall(SYS_gettid));
	queue = zoo_need(syscall(SYS_mq_open, name, O_RDWR | O_CREAT, 0600, &attr), "mq_open");
	zoo_need(syscall(SYS_mq_timedreceive, queue, message, 16, NULL, NULL), "mq_receive");
}

static void accept_on(int socket)
{
	zoo_need(listen(socket, 1), "listen");
	zoo_need(accept(socket, NULL, NULL), "accept");
}

static void sleep_unix_accept(int n)
{
	struct sockaddr_un any = { .sun_family = AF_UNIX };
	int fd = zoo_need(socket(AF_UNIX, SOCK_STREAM, 0), "socket");

	zoo_need(bind(fd, (struct sockaddr *)&any, sizeof(any.sun_family)), "bind");
	accept_on(fd);
}

static void sleep_tcp_accept(int n)
{
	accept_on(zoo_need(socket(AF_INET, SOCK_STREAM, 0), "socket"));
}

static void sleep_unix_recv(int n)
{
	int s[2];

	zoo_need(socketpair(AF_UNIX, SOCK_STREAM, 0, s), "socketpair");
	zoo_need(recv(s[0], buffer, 1, 0), "recv");
}

static void sleep_unix_send(int n)
{
	int s[2];

	zoo_need(socketpair(AF_UNIX, SOCK_STREAM, 0, s), "socketpair");
	for (;;)
		zoo_need(send(s[0], buffer, 4096, 0), "send");
}

static void sleep_dgram_recv(int n)
{
	struct msghdr message = { 0 };
	int s[2];

	zoo_need(socketpair(AF_UNIX, SOCK_DGRAM, 0, s), "socketpair");
	zoo_need(recvmsg(s[0], &message, 0), "recvmsg");
}

static void sleep_udp_recv(int n)
{
	zoo_need(recv(zoo_need(socket(AF_INET, SOCK_DGRAM, 0), "socket"), buffer, 1, 0), "recv");
}

static void sleep_netlink_recv(int n)
{
	zoo_need(recv(zoo_need(socket(AF_NETLINK, SOCK_RAW, 0), "socket"), buffer, 64, 0), "recv");
}

const struct zoo_kind zoo_io_kinds[] = {
	{ "pipe_read", sleep_pipe_read, 4, 4 },
	{ "pipe_write", sleep_pipe_write, 2, 1 },
	{ "splice", sleep_splice, 2, 1 },
	{ "fifo", sleep_fifo, 2, 1 },
	{ "flock", sleep_flock, 2, 1 },
	{ "posix_lock", sleep_posix_lock, 2, 1 },
	{ "ofd_lock", sleep_ofd_lock, 2, 1 },
	{ "tty", sleep_tty, 2, 1 },
	{ "poll", sleep_poll, 3, 2 },
	{ "ppoll", sleep_ppoll, 2, 1 },
	{ "select", sleep_select, 3, 2 },
	{ "epoll", sleep_epoll, 3, 2 },
	{ "eventfd", sleep_eventfd, 2, 2 },
	{ "timerfd", sleep_timerfd, 2, 1 },
	{ "signalfd", sleep_signalfd, 2, 1 },
	{ "inotify", sleep_inotify, 2, 1 },
	{ "uring", sleep_uring, 2, 1 },
	{ "uring_poller", sleep_uring_poller, 2 },
	{ "semop", sleep_semop, 2, 1 },
	{ "msgrcv", sleep_msgrcv, 2, 1 },
	{ "msgsnd", sleep_msgsnd, 2, 1 },
	{ "mqueue", sleep_mqueue, 2, 1 },
	{ "unix_accept", sleep_unix_accept, 2, 1 },
	{ "tcp_accept", sleep_tcp_accept, 2, 1 },
	{ "unix_recv", sleep_unix_recv, 2, 2 },
	{ "unix_send", sleep_unix_send, 2, 1 },
	{ "dgram_recv", sleep_dgram_recv, 2, 1 },
	{ "udp_recv", sleep_udp_recv, 2, 1 },
	{ "netlink_recv", sleep_netlink_recv, 2, 1 },
	{ 0 },
};
