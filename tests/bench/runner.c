// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The first process of the VM that tests/bench/run boots. It carries out
 * /bench/plan, whose lines hold words separated by tabs:
 *
 *	row NAME REPETITIONS	the runs up to the next row belong together
 *	run VARIANT WORD...	a command that loads a kernel
 *	tell VARIANT WORD...	a command whose output the host wants to see
 *	start VARIANT WORD...	a command that loads a kernel, which is then started;
 *				nothing comes after it
 *
 * and prints a line per load:
 *
 *	BENCH NAME VARIANT REPETITION WALL USER SYSTEM PROCESS MEMORY LEFT
 *
 * times in microseconds, memory in KiB: PROCESS is ru_maxrss of the command,
 * MEMORY what the whole machine had less of at its worst, page cache excluded,
 * LEFT what it still has less of afterwards, which is what has been loaded.
 * Watching that costs time, so repetition 0 watches and is not timed, which
 * also reads everything once; the others are timed and not watched (MEMORY and
 * LEFT are "-"). Variants take turns, each time in the opposite order. After each load
 * the kernel must say that something is loaded; it is then unloaded.
 *
 * A kernel that is started finds this program in its initrd, too, and "bench-second"
 * in its command line. The processor's time stamp counts on meanwhile:
 *
 *	BENCH-START NAME VARIANT TIME-STAMP
 *	BENCH-SECOND TIME-STAMP
 *
 * As "init call KERNEL INITRD CMDLINE" it only makes the system call: what any
 * program has to pay. INITRD and CMDLINE may be "-" for none.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define KEXEC_FILE_UNLOAD	0x1
#define KEXEC_FILE_NO_INITRAMFS	0x4
#define OUTPUT			"/bench/output"
#define MAX_WORDS		32
#define MAX_VARIANTS		8

struct command {
	char *variant;
	char *argv[MAX_WORDS + 1];
};

struct row {
	char *name;
	int repetitions;
	int nr;
	struct command commands[MAX_VARIANTS];
};

struct cost {
	long wall; /* microseconds */
	long memory; /* KiB; -1 if nobody watched */
	long left; /* KiB; as memory */
	struct rusage usage;
	int status;
};

static long file_load(int kernel, int initrd, const char *cmdline, unsigned long flags)
{
	return syscall(SYS_kexec_file_load, kernel, initrd,
		       cmdline ? strlen(cmdline) + 1 : 0, cmdline, flags);
}

static int call(char **argv)
{
	bool with_initrd = strcmp(argv[1], "-") != 0;
	const char *cmdline = strcmp(argv[2], "-") != 0 ? argv[2] : "";
	int kernel = open(argv[0], O_RDONLY);
	int initrd = with_initrd ? open(argv[1], O_RDONLY) : -1;

	if (kernel < 0 || (with_initrd && initrd < 0) ||
	    file_load(kernel, initrd, cmdline, with_initrd ? 0 : KEXEC_FILE_NO_INITRAMFS) < 0) {
		perror("kexec_file_load");
		return 1;
	}
	return 0;
}

static const char *read_file(const char *path)
{
	static char text[32768];
	size_t have = 0;
	ssize_t n;
	int fd = open(path, O_RDONLY);

	while ((n = read(fd, text + have, sizeof(text) - 1 - have)) > 0)
		have += n;
	close(fd);
	text[have] = '\0';
	return text;
}

static long number_after(const char *text, const char *name)
{
	const char *at = strstr(text, name);

	return at ? strtol(at + strlen(name), NULL, 10) : 0;
}

/*
 * Free pages that a processor keeps to itself, in KiB: since Linux 6.7 these may
 * be hundreds of MB after a large load was unloaded, and MemFree leaves them out.
 */
static long kept_by_processors(void)
{
	static const char name[] = " count:";
	const char *at = read_file("/proc/zoneinfo");
	long pages = 0;

	while ((at = strstr(at, name))) {
		at += strlen(name);
		pages += strtol(at, NULL, 10);
	}
	return pages * 4;
}

/* Free, or page cache of files that exist on a disk: what a load has not taken. In KiB. */
static long not_taken(void)
{
	const char *text = read_file("/proc/meminfo");
	long kib = number_after(text, "MemFree:") + number_after(text, "Buffers:") +
		   number_after(text, "\nCached:") - number_after(text, "Shmem:");

	return kib + kept_by_processors();
}

static long microseconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000L + t.tv_nsec / 1000;
}

static void become(char **argv)
{
	int fd = open(OUTPUT, O_RDWR | O_CREAT | O_TRUNC, 0600);

	dup2(fd, 1);
	dup2(fd, 2);
	execv(argv[0], argv);
	perror(argv[0]);
	_exit(127);
}

static void watch(struct cost *c, pid_t child)
{
	long before = not_taken(), least = before, now;

	while (wait4(child, &c->status, WNOHANG, &c->usage) == 0) {
		now = not_taken();
		least = now < least ? now : least;
		usleep(300);
	}
	c->memory = before - least;
	c->left = before - not_taken();
}

static void measure(struct cost *c, char **argv, bool watched)
{
	long start;
	pid_t child;

	/* What was freed may still be on its way. */
	usleep(100000);
	*c = (struct cost){ .memory = -1, .status = -1 };
	start = microseconds();
	child = fork();
	if (child == 0)
		become(argv);
	if (watched)
		watch(c, child);
	else
		while (wait4(child, &c->status, 0, &c->usage) < 0 && errno == EINTR)
			;
	c->wall = microseconds() - start;
}

/* The command's output, each line with the given words before it. */
static void tell(const char *what, const char *row, const char *variant)
{
	char line[1024];
	FILE *f = fopen(OUTPUT, "r");

	while (f && fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		printf("%s %s %s %s\n", what, row, variant, line);
	}
	if (f)
		fclose(f);
}

static bool is_loaded(void)
{
	char c = '0';
	int fd = open("/sys/kernel/kexec_loaded", O_RDONLY);

	if (fd < 0 || read(fd, &c, 1) != 1)
		c = '0';
	close(fd);
	return c == '1';
}

static long in_us(struct timeval t)
{
	return t.tv_sec * 1000000L + t.tv_usec;
}

static void tell_sha(const char *row)
{
	printf("BENCH-TELL %s sha %s\n", row,
	       strstr(read_file("/proc/cpuinfo"), " sha_ni") ? "yes" : "no");
}

static void load(const struct row *row, struct command *cmd, int repetition)
{
	struct cost c;
	char memory[64] = "-\t-";

	measure(&c, cmd->argv, repetition == 0);
	if (c.status != 0 || !is_loaded()) {
		printf("BENCH-PROBLEM %s %s wait status %#x, %s loaded\n", row->name, cmd->variant,
		       c.status, is_loaded() ? "something" : "nothing");
		tell("BENCH-PROBLEM", row->name, cmd->variant);
	} else {
		if (c.memory >= 0)
			snprintf(memory, sizeof(memory), "%ld\t%ld", c.memory, c.left);
		printf("BENCH\t%s\t%s\t%d\t%ld\t%ld\t%ld\t%ld\t%s\n", row->name, cmd->variant,
		       repetition, c.wall, in_us(c.usage.ru_utime), in_us(c.usage.ru_stime),
		       c.usage.ru_maxrss, memory);
	}
	file_load(-1, -1, NULL, KEXEC_FILE_UNLOAD);
}

static void do_row(struct row *row)
{
	for (int r = 0; row->nr && r <= row->repetitions; r++) {
		for (int i = 0; i < row->nr; i++)
			load(row, &row->commands[r % 2 ? row->nr - 1 - i : i], r);
	}
	row->nr = 0;
}

static unsigned long long time_stamp(void)
{
	return __builtin_ia32_rdtsc();
}

static void start(const struct row *row, struct command *cmd)
{
	struct cost c;

	measure(&c, cmd->argv, false);
	if (c.status != 0 || !is_loaded()) {
		printf("BENCH-PROBLEM %s %s wait status %#x\n", row->name, cmd->variant, c.status);
		tell("BENCH-PROBLEM", row->name, cmd->variant);
		return;
	}
	tcdrain(STDOUT_FILENO);
	printf("BENCH-START\t%s\t%s\t%llu\n", row->name, cmd->variant, time_stamp());
	tcdrain(STDOUT_FILENO);
	reboot(RB_KEXEC);
	printf("BENCH-PROBLEM %s %s was not started\n", row->name, cmd->variant);
}

/* What is left of the line that strtok() has begun. */
static void rest_of_line(struct command *ret)
{
	int n = 0;

	ret->variant = strtok(NULL, "\t");
	for (char *word = strtok(NULL, "\t"); word && n < MAX_WORDS; word = strtok(NULL, "\t"))
		ret->argv[n++] = word;
	ret->argv[n] = NULL;
}

static void carry_out(FILE *plan)
{
	static struct row row;
	struct command cmd;
	struct cost c;
	char *line = NULL, *verb;
	size_t size = 0;

	while (getline(&line, &size, plan) > 0) {
		line[strcspn(line, "\n")] = '\0';
		verb = strtok(line, "\t");
		if (!verb)
			continue;
		if (strcmp(verb, "row") == 0) {
			do_row(&row);
			row.name = strtok(NULL, "\t");
			row.repetitions = atoi(strtok(NULL, "\t"));
			tell_sha(row.name);
		} else {
			rest_of_line(&cmd);
			if (strcmp(verb, "run") == 0 && row.nr < MAX_VARIANTS) {
				row.commands[row.nr++] = cmd;
			} else if (strcmp(verb, "start") == 0) {
				start(&row, &cmd);
			} else {
				measure(&c, cmd.argv, false);
				tell("BENCH-TELL", row.name, cmd.variant);
			}
		}
		/* The words live on in the row. */
		line = NULL;
	}
	do_row(&row);
}

int main(int argc, char **argv)
{
	unsigned long long now = time_stamp();
	FILE *plan;

	if (argc == 5 && strcmp(argv[1], "call") == 0)
		return call(argv + 2);

	mkdir("/proc", 0755);
	mkdir("/sys", 0755);
	mkdir("/dev", 0755);
	mount("proc", "/proc", "proc", 0, NULL);
	mount("sysfs", "/sys", "sysfs", 0, NULL);
	mount("dev", "/dev", "devtmpfs", 0, NULL);
	for (int fd = 0, tty = open("/dev/ttyS0", O_RDWR | O_NOCTTY); fd < 3; fd++)
		dup2(tty, fd);
	setlinebuf(stdout);
	/* Nothing of the kernel's may land in the middle of our lines. */
	klogctl(8, NULL, 1);

	plan = fopen("/bench/plan", "r");
	if (strstr(read_file("/proc/cmdline"), "bench-second"))
		printf("BENCH-SECOND\t%llu\n", now);
	else if (plan)
		carry_out(plan);
	else
		printf("BENCH-PROBLEM - - no plan\n");
	printf("BENCH-END\n");
	fflush(stdout);
	reboot(RB_POWER_OFF);
	reboot(RB_AUTOBOOT);
	pause();
	return 1;
}
