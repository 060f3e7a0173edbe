// SPDX-License-Identifier: GPL-2.0-or-later
/* See harness.h. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/cleanup.h"
#include "lib/sysfile.h"
#include "tests/harness/harness.h"

/* Of the harness itself; a program's own exit code is handed on. */
#define EXIT_HARNESS	125
#define EXIT_NO_SECCOMP 77

static const char usage[] =
	"usage: kexec-harness [OPTION...] [--] COMMAND [ARGUMENT...]\n"
	"Runs COMMAND and answers kexec_load, kexec_file_load and reboot for the kernel.\n"
	"  --root=DIR            take /proc and /sys from this folder\n"
	"  --record=FILE         what was asked and answered; default: standard error\n"
	"  --dump=DIR            files segment-N, kernel, initrd, cmdline: what is loaded\n"
	"  --release=TEXT        what uname(2) tells; default: the recorded machine's\n"
	"  --answer=CALL=ERRNO   answer this, e.g. kexec_file_load=ENOEXEC; 0: success\n"
	"Exits as COMMAND does; 0 where it would start a kernel or shutdown(8); 77 if\n"
	"this system does not let us, 125 on any other trouble.\n";

static void die(const char *what, int err)
{
	fprintf(stderr, "kexec-harness: %s%s%s\n", what, err ? ": " : "", err ? strerror(err) : "");
	exit(EXIT_HARNESS);
}

static struct answer judge(const struct call *c)
{
	switch (c->nr) {
	case SYS_kexec_load:
	case SYS_kexec_file_load:
		return kexec_call(c);
	case SYS_reboot:
	case SYS_ioctl:
	case SYS_execve:
	case SYS_uname:
	case SYS_sync:
	case SYS_getuid:
	case SYS_geteuid:
		return process_call(c);
	default:
		return paths_call(c);
	}
}

static void serve(struct harness *h)
{
	struct seccomp_notif ask = { 0 };
	struct seccomp_notif_resp reply = { 0 };
	uint64_t args[6];
	struct call c = { .h = h, .args = args };
	struct answer a;

	if (ioctl(h->listener, SECCOMP_IOCTL_NOTIF_RECV, &ask) < 0)
		return; /* it was killed meanwhile */
	c.id = ask.id;
	c.tid = (pid_t)ask.pid;
	c.nr = ask.data.nr;
	for (int i = 0; i < 6; i++)
		args[i] = ask.data.args[i];
	a = judge(&c);
	if (a.how == ANSWER_SENT)
		return;
	reply.id = ask.id;
	if (a.how == ANSWER_LET_PASS)
		reply.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
	else if (a.value < 0)
		reply.error = (int)a.value;
	else
		reply.val = a.value;
	ioctl(h->listener, SECCOMP_IOCTL_NOTIF_SEND, &reply);
}

/* Until the program itself has ended; returns its wait status. */
static int serve_all(struct harness *h)
{
	autoclose int process = syscall(SYS_pidfd_open, h->child, 0);
	struct pollfd fds[] = {
		{ .fd = h->listener, .events = POLLIN },
		{ .fd = process, .events = POLLIN },
	};
	int status = 0;

	if (process < 0)
		die("pidfd_open", errno);
	for (;;) {
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			die("poll", errno);
		if (fds[0].revents & POLLIN)
			serve(h);
		else if (fds[1].revents & POLLIN)
			break;
		/* Nobody can ask any more: wait for the end only. */
		if (fds[0].revents & (POLLHUP | POLLERR))
			fds[0].fd = -1;
	}
	waitpid(h->child, &status, 0);
	return status;
}

/* One descriptor over a socket, or an errno. */
static void send_listener(int sock, int fd)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct iovec data = { .iov_base = &fd, .iov_len = sizeof(fd) };
	struct msghdr msg = { .msg_iov = &data, .msg_iovlen = 1 };

	if (fd >= 0) {
		msg.msg_control = &control;
		msg.msg_controllen = sizeof(control);
		control.head = (struct cmsghdr){ .cmsg_level = SOL_SOCKET,
						 .cmsg_type = SCM_RIGHTS,
						 .cmsg_len = CMSG_LEN(sizeof(int)) };
		memcpy(CMSG_DATA(&control.head), &fd, sizeof(fd));
	}
	if (sendmsg(sock, &msg, 0) < 0)
		_exit(EXIT_HARNESS);
}

static int receive_listener(int sock)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	int told = -EIO, fd;
	struct iovec data = { .iov_base = &told, .iov_len = sizeof(told) };
	struct msghdr msg = { .msg_iov = &data,
			      .msg_iovlen = 1,
			      .msg_control = &control,
			      .msg_controllen = sizeof(control) };

	if (recvmsg(sock, &msg, MSG_CMSG_CLOEXEC) != sizeof(told) || told < 0)
		return told;
	memcpy(&fd, CMSG_DATA(&control.head), sizeof(fd));
	return fd;
}

static void become(int sock, char **argv)
{
	int fd;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	fd = filter_install();
	send_listener(sock, fd);
	if (fd >= 0) {
		close(fd);
		close(sock);
		execvp(argv[0], argv);
		fprintf(stderr, "kexec-harness: %s: %s\n", argv[0], strerror(errno));
	}
	_exit(EXIT_HARNESS);
}

static void start(struct harness *h, char **argv)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		die("socketpair", errno);
	h->child = fork();
	if (h->child < 0)
		die("fork", errno);
	if (h->child == 0)
		become(pair[1], argv);
	close(pair[1]);
	h->listener = receive_listener(pair[0]);
	close(pair[0]);
	if (h->listener < 0) {
		fprintf(stderr, "kexec-harness: seccomp: %s\n", strerror(-h->listener));
		waitpid(h->child, NULL, 0);
		exit(EXIT_NO_SECCOMP);
	}
}

static void add_answer(struct harness *h, char *text)
{
	char *equals = strchr(text, '=');
	int err = -1;

	if (equals) {
		*equals = '\0';
		err = errno_number(equals + 1);
	}
	if (err < 0 || h->nr_answers == MAX_ANSWERS)
		die("--answer=CALL=ERRNO, please", 0);
	h->answers[h->nr_answers++] = (struct fixed_answer){ .syscall = text, .err = err };
}

static char *recorded_release(const char *root)
{
	char *text = NULL;

	if (sysfile_read(root, "/proc/sys/kernel/osrelease", &text) > 0)
		text[strcspn(text, "\n")] = '\0';
	return text;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "root", required_argument, NULL, 'r' },
		{ "record", required_argument, NULL, 'o' },
		{ "dump", required_argument, NULL, 'd' },
		{ "release", required_argument, NULL, 'u' },
		{ "answer", required_argument, NULL, 'a' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	struct harness h = { .root = -1, .record = stderr };
	autofree char *release = NULL;
	const char *root = "";
	int c, status;

	while ((c = getopt_long(argc, argv, "+h", options, NULL)) >= 0) {
		switch (c) {
		case 'r':
			root = optarg;
			break;
		case 'o':
			h.record = fopen(optarg, "we");
			break;
		case 'd':
			h.dump = optarg;
			break;
		case 'u':
			h.release = optarg;
			break;
		case 'a':
			add_answer(&h, optarg);
			break;
		default:
			fputs(usage, c == 'h' ? stdout : stderr);
			return c == 'h' ? 0 : EXIT_HARNESS;
		}
	}
	if (!h.record)
		die("cannot write the record", errno);
	if (optind == argc)
		die("no command; --help helps", 0);
	if (*root) {
		h.root = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (h.root < 0)
			die(root, errno);
		release = recorded_release(root);
		h.release = h.release ? h.release : release;
	}
	machine_read(&h.machine, root);
	start(&h, argv + optind);
	status = serve_all(&h);
	if (h.record != stderr && fclose(h.record) != 0)
		die("cannot write the record", errno);
	if (h.gone)
		return 0;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
