// SPDX-License-Identifier: GPL-2.0-or-later
/* A program of ours in the kernel thread that loads the parser: see worker.bpf.c. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdio.h>
#include <unistd.h>

#include "world.h"

struct worker {
	volatile struct shared *shared;
	int start;
};

static bool prepare(struct world *w)
{
	static struct worker worker;
	struct bpf_object *obj = load_object(w, "worker.o", NULL);
	struct bpf_program *hook;

	if (!obj)
		return refused("worker", "the programs do not load");
	hook = bpf_object__find_program_by_name(obj, "hook");
	if (!bpf_program__attach(hook))
		return refused("worker", "the hook does not attach");
	worker.start = program_fd(obj, "start");
	worker.shared = object_shared(obj);
	w->state = &worker;
	return get_evil(w, (struct evil_code *)&worker.shared->code);
}

static void outside(struct world *w)
{
	struct worker *worker = w->state;
	volatile struct shared *s = worker->shared;
	LIBBPF_OPTS(bpf_test_run_opts, opts);

	s->stage = 0;
	s->evil_fd = 0;
	s->victim = 1;
	while (!world_ended(w) && !s->stage)
		usleep(200);
	if (s->stage) {
		w->tally->reached = 1;
		bpf_prog_test_run_opts(worker->start, &opts);
		if (opts.retval)
			printf("start: %d\n", (int)opts.retval);
	}
	world_wait(w);
	s->victim = 0;
	w->tally->done += s->evil_fd > 0;
}

const struct attacker worker_attackers[] = {
	{ "worker", prepare, NULL, NULL, outside },
	{ NULL, NULL, NULL, NULL, NULL }
};
