// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The parser as a BPF program that root finds by its id, while it is held: replaced,
 * attached to, run, given a map.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../../../bpf/kexec-bpf.h"
#include "world.h"

int find_parser(struct world *w)
{
	int fd;

	if (!world_held(w))
		return -1;
	fd = bpf_prog_get_fd_by_id(w->hooks->prog_id);
	w->tally->reached += fd >= 0;
	return fd;
}

static bool prepare_before(struct world *w)
{
	return attach_hooks(w, HOLD_BEFORE);
}

static bool prepare_inside(struct world *w)
{
	return attach_hooks(w, HOLD_INSIDE);
}

/* Loads "program" of replace.o for the parser; what attaches it lives in *ret. */
static struct bpf_link *attach_to(struct world *w, int parser, const char *program,
				  struct bpf_object **ret)
{
	struct bpf_program *prog;
	struct shared *shared;
	char path[256];

	snprintf(path, sizeof(path), "%s/replace.o", w->dir);
	*ret = bpf_object__open(path);
	if (!*ret)
		return NULL;
	bpf_object__for_each_program(prog, *ret)
		bpf_program__set_autoload(prog, !strcmp(bpf_program__name(prog), program));
	prog = bpf_object__find_program_by_name(*ret, program);
	if (bpf_program__set_attach_target(prog, parser, "parser") ||
	    bpf_object__load(*ret))
		return NULL;
	shared = object_shared(*ret);
	if (shared)
		shared->parser_id = w->hooks->parser_id;
	return bpf_program__attach(prog);
}

/* Without what libbpf wants to know of the parser first. */
static bool attach_raw(struct world *w, int parser, enum bpf_prog_type type,
		       enum bpf_attach_type attach_type)
{
	for (unsigned int id = 1; id < 6; id++) {
		int fd = load_evil_as(w, type, attach_type, parser, id);

		if (fd < 0)
			continue;
		if (type == BPF_PROG_TYPE_EXT)
			return bpf_link_create(fd, 0, 0, NULL) >= 0;
		return bpf_raw_tracepoint_open(NULL, fd) >= 0;
	}
	return false;
}

static void attach(struct world *w, int parser, const char *program,
		   enum bpf_prog_type type, enum bpf_attach_type attach_type)
{
	struct bpf_object *obj = NULL;
	struct bpf_link *link = NULL;

	if (parser >= 0) {
		link = attach_to(w, parser, program, &obj);
		w->tally->done += link || attach_raw(w, parser, type, attach_type);
	}
	world_go(w);
	world_wait(w);
	bpf_link__destroy(link);
	if (obj)
		bpf_object__close(obj);
	close(parser);
}

static void replace(struct world *w)
{
	attach(w, find_parser(w), "replacement", BPF_PROG_TYPE_EXT, 0);
}

static void attach_fentry(struct world *w)
{
	attach(w, find_parser(w), "ahead", BPF_PROG_TYPE_TRACING, BPF_TRACE_FENTRY);
}

static void attach_fexit(struct world *w)
{
	attach(w, find_parser(w), "behind", BPF_PROG_TYPE_TRACING, BPF_TRACE_FEXIT);
}

/* The parser among the descriptors of the loading process, or -1. */
static int take_parser(struct world *w)
{
	int pidfd = (int)syscall(SYS_pidfd_open, w->loader, 0);
	int parser = -1;

	for (int fd = 0; fd < MAX_FDS && parser < 0 && world_held(w); fd++) {
		struct bpf_prog_info info = { 0 };
		unsigned int size = sizeof(info);
		int got = (int)syscall(SYS_pidfd_getfd, pidfd, fd, 0);

		if (got < 0)
			continue;
		w->tally->reached = 1;
		if (is_program(got) && !bpf_obj_get_info_by_fd(got, &info, &size) &&
		    info.id == w->hooks->prog_id)
			parser = got;
		else
			close(got);
	}
	close(pidfd);
	return parser;
}

/* What has no id that root knows can be replaced by its descriptor. */
static void getfd(struct world *w)
{
	attach(w, take_parser(w), "replacement", BPF_PROG_TYPE_EXT, 0);
}

/*
 * The parser itself, run by root with a context of root's. An image said to end
 * early makes ours stop in the middle, without it DONE.
 */
static void run_parser(struct world *w)
{
	struct kexec_bpf_ctx ctx = { .version = KEXEC_BPF_CTX_VERSION, .nr_bufs = 1 };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = &ctx, .ctx_size_in = sizeof(ctx));
	int parser = find_parser(w);

	ctx.parser_id = w->hooks->parser_id;
	ctx.buf_size[0] = w->cut;
	if (parser >= 0 && !bpf_prog_test_run_opts(parser, &opts))
		w->tally->done += (int)opts.retval != -8;
	world_go(w);
	world_wait(w);
	close(parser);
}

/* Harmless: nothing of the program refers to it. */
static void bind_map(struct world *w)
{
	int parser = find_parser(w);
	int map = bpf_map_create(BPF_MAP_TYPE_ARRAY, "evil", 4, 64, 1, NULL);

	if (parser >= 0)
		w->tally->done += !bpf_prog_bind_map(parser, map, NULL);
	world_go(w);
	world_wait(w);
	close(map);
	close(parser);
}

const struct attacker program_attackers[] = {
	{ "freplace", prepare_before, NULL, NULL, replace },
	{ "fentry", prepare_before, NULL, NULL, attach_fentry },
	{ "fexit", prepare_before, NULL, NULL, attach_fexit },
	{ "run-before", prepare_before, NULL, NULL, run_parser },
	{ "run-inside", prepare_inside, NULL, NULL, run_parser },
	{ "getfd", prepare_before, NULL, NULL, getfd },
	{ "bind-map", prepare_before, NULL, NULL, bind_map },
	{ NULL, NULL, NULL, NULL, NULL }
};
