// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * attack NAME TIMES IMAGE PARTS OBJECTS: loads the image so often while the attacker
 * of that name does its worst, and prints one line:
 *
 *	ATTACK NAME tries N reached N done N loaded N refused N wrong N [errnos]
 *
 * reached: the attacker got at its target; done: it could do to it what it wanted;
 * wrong: something was loaded whose attested parts are not those in the file PARTS.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "world.h"

#define FILE_NO_INITRAMFS	4
#define ATTEST			"/sys/kernel/kexec_decomposed"

static const struct attacker *const attackers[] = {
	misc_attackers, worker_attackers, program_attackers, call_attackers,
	file_attackers, map_attackers, twice_attackers,
};

static const struct attacker *find_attacker(const char *name)
{
	for (size_t i = 0; i < sizeof(attackers) / sizeof(attackers[0]); i++)
		for (const struct attacker *who = attackers[i]; who->name; who++)
			if (!strcmp(who->name, name))
				return who;
	return NULL;
}

struct result {
	unsigned int tries, reached, done, loaded, refused, wrong;
	unsigned int errnos[134];
};

/* The parts of what is loaded, as attested: lines "kernel SIZE DIGEST". */
static bool attested(char *ret, size_t size)
{
	FILE *f = fopen(ATTEST, "r");
	size_t used = 0;
	char line[256];

	if (!f)
		return false;
	ret[0] = '\0';
	while (fgets(line, sizeof(line), f))
		if (!strncmp(line, "load ", 5) && strncmp(line, "load gen", 8))
			used += (size_t)snprintf(ret + used, size - used, "%s", line + 5);
	fclose(f);
	return used > 0;
}

static bool read_parts(struct world *w, const char *file)
{
	FILE *f = fopen(file, "r");
	size_t n = f ? fread(w->expected, 1, sizeof(w->expected) - 1, f) : 0;

	if (f)
		fclose(f);
	return n > 0;
}

static void load(struct world *w, const struct attacker *who)
{
	int kernel, initrd = -1;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	kernel = open(w->parser ? w->parser : w->image, O_RDONLY);
	if (w->parser)
		initrd = open(w->image, O_RDONLY);
	w->kernel_fd = kernel;
	w->initrd_fd = initrd;
	if (who->inside)
		who->inside(w);
	if (w->hooks)
		w->hooks->victim = (unsigned int)syscall(SYS_gettid);
	errno = 0;
	w->tally->started = true;
	syscall(SYS_kexec_file_load, kernel, initrd, 0UL, NULL,
		w->parser ? 0 : FILE_NO_INITRAMFS);
	w->tally->err = errno;
	_exit(0);
}

static void judge(const struct world *w, struct result *r)
{
	char parts[1024];

	r->tries++;
	r->reached += w->tally->reached > 0;
	r->done += w->tally->done > 0;
	if (w->tally->err) {
		r->refused++;
		r->errnos[w->tally->err % 134]++;
		return;
	}
	r->loaded++;
	if (attested(parts, sizeof(parts)) && !strcmp(parts, w->expected))
		return;
	r->wrong++;
	if (getenv("ATTACK_DEBUG"))
		printf("attested\n%s", parts);
}

static void attempt(struct world *w, const struct attacker *who, struct result *r)
{
	memset(w->tally, 0, sizeof(*w->tally));
	if (w->hooks) {
		w->hooks->go = w->hooks->held = w->hooks->prog_id = 0;
		w->hooks->victim = 0;
	}
	w->ended = false;
	if (who->before)
		who->before(w);
	w->loader = fork();
	if (!w->loader)
		load(w, who);
	if (who->outside)
		who->outside(w);
	world_wait(w);
	judge(w, r);
}

static void print_result(const char *name, const struct result *r)
{
	printf("ATTACK %s tries %u reached %u done %u loaded %u refused %u wrong %u",
	       name, r->tries, r->reached, r->done, r->loaded, r->refused, r->wrong);
	for (int i = 0; i < 134; i++)
		if (r->errnos[i])
			printf(" %s:%u", strerrorname_np(i), r->errnos[i]);
	putchar('\n');
}

int main(int argc, char **argv)
{
	const struct attacker *who;
	struct result result = { 0 };
	struct world w = { 0 };

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc != 6)
		return 2;
	w.image = argv[3];
	w.cut = 26000;
	w.dir = argv[5];
	w.tally = mmap(NULL, sizeof(*w.tally), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (w.tally == MAP_FAILED || !read_parts(&w, argv[4]))
		return 2;
	who = find_attacker(argv[1]);
	if (!who)
		return 2;
	if (!who->prepare(&w))
		return 1;
	for (int n = atoi(argv[2]); n > 0; n--)
		attempt(&w, who, &result);
	print_result(argv[1], &result);
	return 0;
}
