// SPDX-License-Identifier: GPL-2.0-or-later
/* Signals while the image is loaded, switches of the BPF core, and no attack at all. */
#include <bpf/libbpf.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "world.h"

static bool prepare_none(struct world *w)
{
	(void)w;
	return true;
}

static void on_signal(int signal)
{
	(void)signal;
}

/* A storm of alarms, each of which would interrupt what can be interrupted. */
static void alarms(struct world *w)
{
	struct itimerval every = { { 0, 500 }, { 0, 500 } };
	struct sigaction act = { .sa_handler = on_signal };

	(void)w;
	sigaction(SIGALRM, &act, NULL);
	sigaction(SIGUSR1, &act, NULL);
	setitimer(ITIMER_REAL, &every, NULL);
}

/* Is a signal waiting for the process, in the middle of its system call? */
static bool is_pending(pid_t pid)
{
	char path[32], line[128];
	bool pending = false;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	f = fopen(path, "r");
	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, "ShdPnd:", 7) && strtoull(line + 7, NULL, 16))
			pending = true;
	if (f)
		fclose(f);
	return pending;
}

static void signals_outside(struct world *w)
{
	while (!world_ended(w)) {
		kill(w->loader, SIGUSR1);
		w->tally->reached += is_pending(w->loader);
		kill(w->loader, SIGSTOP);
		usleep(300);
		kill(w->loader, SIGCONT);
		usleep(300);
	}
	w->tally->done = w->tally->reached;
}

static const struct {
	const char *file, *values[3];
} switches[] = {
	{ "net/core/bpf_jit_enable", { "0", "1", "1" } },
	{ "net/core/bpf_jit_harden", { "2", "1", "0" } },
	{ "net/core/bpf_jit_limit", { "4096", "1", "528482304" } },
	{ "net/core/bpf_jit_kallsyms", { "1", "0", "1" } },
	{ "kernel/bpf_stats_enabled", { "1", "0", "0" } },
	{ "kernel/unprivileged_bpf_disabled", { "0", "2", "2" } },
};

#define NR_SWITCHES (sizeof(switches) / sizeof(switches[0]))

static bool set_switch(unsigned int i, unsigned int value)
{
	const char *text = switches[i].values[value % 3];
	char path[64];
	bool ok;
	int fd;

	snprintf(path, sizeof(path), "/proc/sys/%s", switches[i].file);
	fd = open(path, O_WRONLY);
	ok = fd >= 0 && write(fd, text, strlen(text)) > 0;
	close(fd);
	return ok;
}

static void switches_outside(struct world *w)
{
	static unsigned int attempt;

	attempt++;
	for (unsigned int round = 0; !world_ended(w); round++) {
		w->tally->reached = 1;
		for (unsigned int i = 0; i < NR_SWITCHES; i++)
			w->tally->done += set_switch(i, round / 4 + attempt);
		usleep(500);
	}
	for (unsigned int i = 0; i < NR_SWITCHES; i++)
		set_switch(i, 2);
}

/* Says for IMA that the file is good, see readhook.bpf.c. */
static bool prepare_appraise(struct world *w)
{
	struct bpf_object *obj = load_object(w, "readhook.o", NULL);

	if (!obj)
		return refused("appraise", "does not load");
	if (!bpf_program__attach(bpf_object__find_program_by_name(obj, "appraised")))
		return refused("appraise", "does not attach");
	w->state = object_shared(obj);
	return true;
}

static void appraise_before(struct world *w)
{
	volatile struct shared *s = w->state;

	s->held = 0;
}

static void appraise_outside(struct world *w)
{
	volatile struct shared *s = w->state;

	world_wait(w);
	w->tally->reached = s->held;
	w->tally->done = s->held;
}

/*
 * IMA is told to appraise images when this one has been read and its digest, of many
 * megabytes, is being computed. The loader must not be held there: a new policy waits
 * for all who may still look at the old one, and so for programs that are attached.
 */
static bool prepare_policy(struct world *w)
{
	return attach_hooks(w, HOLD_READ);
}

static void only_tell(struct world *w)
{
	world_go(w);
}

static void write_policy(struct world *w)
{
	static const char rule[] = "appraise func=KEXEC_KERNEL_CHECK appraise_type=imasig\n";

	if (world_held(w)) {
		int fd = open("/sys/kernel/security/ima/policy", O_WRONLY);
		bool ok = write(fd, rule, strlen(rule)) > 0;

		w->tally->done += !close(fd) && ok;
		w->tally->reached = !world_ended(w);
	}
	world_wait(w);
}

const struct attacker misc_attackers[] = {
	{ "policy", prepare_policy, only_tell, NULL, write_policy },
	{ "appraise", prepare_appraise, appraise_before, NULL, appraise_outside },
	{ "none", prepare_none, NULL, NULL, NULL },
	{ "signals", prepare_none, NULL, alarms, signals_outside },
	{ "switches", prepare_none, NULL, NULL, switches_outside },
	{ NULL, NULL, NULL, NULL, NULL }
};
