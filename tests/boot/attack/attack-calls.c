// SPDX-License-Identifier: GPL-2.0-or-later
/* Root's programs call the kernel's functions while the parser runs: calls.bpf.c. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "world.h"

struct calls {
	volatile struct shared *shared;
	int prog;
};

static struct calls calls;

static bool prepare(struct world *w, const char *program, bool attaches)
{
	struct bpf_object *obj = load_object(w, "calls.o", program);
	struct bpf_program *prog;

	if (!obj)
		return refused(program, "does not load");
	prog = bpf_object__find_program_by_name(obj, program);
	if (attaches && !bpf_program__attach(prog))
		return refused(program, "does not attach");
	calls.prog = bpf_program__fd(prog);
	calls.shared = object_shared(obj);
	return attach_hooks(w, HOLD_INSIDE);
}

static bool prepare_itself(struct world *w)
{
	return prepare(w, "by_itself", false);
}

static bool prepare_wq(struct world *w)
{
	return prepare(w, "by_wq", false);
}

static bool prepare_timer(struct world *w)
{
	struct bpf_object *obj = load_object(w, "timer.o", NULL);

	if (!obj)
		return refused("by_timer", "does not load");
	if (!bpf_program__attach(bpf_object__find_program_by_name(obj, "learn")) ||
	    !bpf_program__attach(bpf_object__find_program_by_name(obj, "forget")))
		return refused("by_timer", "does not attach");
	calls.prog = program_fd(obj, "by_timer");
	calls.shared = object_shared(obj);
	return true;
}

static bool prepare_fentry(struct world *w)
{
	return prepare(w, "by_fentry", true);
}

/* While the parser is held at its first call. */
static void call(struct world *w)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts);
	volatile struct shared *s = calls.shared;

	if (!world_held(w))
		return;
	s->parser_id = w->hooks->parser_id;
	s->asked = 0;
	for (int i = 0; i < 5; i++)
		bpf_prog_test_run_opts(calls.prog, &opts);
	for (int i = 0; i < 1000 && !s->asked; i++)
		usleep(200);
	w->tally->reached += s->asked > 0;
}

static void outside(struct world *w)
{
	calls.shared->got = calls.shared->named = 0;
	call(w);
	world_go(w);
	world_wait(w);
	w->tally->done += calls.shared->got > 0;
}

/* The same from a thread of the loading process. */
static void *thread(void *arg)
{
	struct world *w = arg;

	call(w);
	world_go(w);
	return NULL;
}

static void inside(struct world *w)
{
	pthread_t id;

	calls.shared->got = calls.shared->named = 0;
	w->inside = true;
	pthread_create(&id, NULL, thread, w);
}

static void outside_thread(struct world *w)
{
	world_wait(w);
	w->tally->done += calls.shared->got > 0;
}

static void inside_timer(struct world *w)
{
	volatile struct shared *s = calls.shared;
	LIBBPF_OPTS(bpf_test_run_opts, opts);
	cpu_set_t one;

	(void)w;
	CPU_ZERO(&one);
	CPU_SET(0, &one);
	sched_setaffinity(0, sizeof(one), &one);
	s->parser_id = s->asked = s->hit = s->got = s->named = s->go = 0;
	s->victim = (unsigned int)gettid();
	bpf_prog_test_run_opts(calls.prog, &opts);
}

static void outside_timer(struct world *w)
{
	world_wait(w);
	calls.shared->go = 1;
	w->tally->reached += calls.shared->hit > 0;
	if (getenv("ATTACK_DEBUG"))
		printf("asked %u hit %u\n", calls.shared->asked, calls.shared->hit);
	w->tally->done += calls.shared->got > 0;
	usleep(2000);
}

/* The program calls by itself, from inside the parser's own calls. */
static void outside_fentry(struct world *w)
{
	volatile struct shared *s = calls.shared;

	s->asked = s->got = s->named = 0;
	if (world_held(w))
		s->victim = w->hooks->victim;
	world_go(w);
	world_wait(w);
	w->tally->reached += s->asked > 0;
	w->tally->done += s->got > 0;
}

const struct attacker call_attackers[] = {
	{ "call", prepare_itself, NULL, NULL, outside },
	{ "call-thread", prepare_itself, NULL, inside, outside_thread },
	{ "call-wq", prepare_wq, NULL, NULL, outside },
	{ "call-timer", prepare_timer, NULL, inside_timer, outside_timer },
	{ "call-fentry", prepare_fentry, NULL, NULL, outside_fentry },
	{ NULL, NULL, NULL, NULL, NULL }
};
