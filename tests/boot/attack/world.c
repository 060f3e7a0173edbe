// SPDX-License-Identifier: GPL-2.0-or-later
/* What all attackers do alike with BPF objects and the one who loads. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "world.h"

bool refused(const char *name, const char *why)
{
	printf("REFUSED %s: %s\n", name, why);
	return false;
}

bool world_ended(struct world *w)
{
	if (w->inside)
		return false;
	if (!w->ended && waitpid(w->loader, NULL, WNOHANG) == w->loader)
		w->ended = true;
	return w->ended;
}

void world_wait(struct world *w)
{
	while (!world_ended(w))
		usleep(200);
}

bool world_held(struct world *w)
{
	while (!w->hooks->held) {
		if (world_ended(w))
			return false;
		usleep(200);
	}
	return true;
}

void world_go(struct world *w)
{
	w->hooks->go = 1;
}

static int silent(enum libbpf_print_level level, const char *format, va_list args)
{
	if (level == LIBBPF_WARN && getenv("ATTACK_DEBUG"))
		vfprintf(stderr, format, args);
	return 0;
}

struct bpf_object *load_object(const struct world *w, const char *file,
			       const char *program)
{
	struct bpf_object *obj;
	struct bpf_program *prog;
	char path[256];

	libbpf_set_print(silent);
	snprintf(path, sizeof(path), "%s/%s", w->dir, file);
	obj = bpf_object__open(path);
	if (!obj)
		return NULL;
	bpf_object__for_each_program(prog, obj)
		bpf_program__set_autoload(prog, !program ||
				!strcmp(bpf_program__name(prog), program));
	if (!bpf_object__load(obj))
		return obj;
	bpf_object__close(obj);
	return NULL;
}

struct shared *object_shared(struct bpf_object *obj)
{
	struct bpf_map *map;
	void *p;

	bpf_object__for_each_map(map, obj) {
		if (!strstr(bpf_map__name(map), ".bss"))
			continue;
		p = mmap(NULL, bpf_map__value_size(map), PROT_READ | PROT_WRITE,
			 MAP_SHARED, bpf_map__fd(map), 0);
		return p == MAP_FAILED ? NULL : p;
	}
	return NULL;
}

int program_fd(struct bpf_object *obj, const char *program)
{
	struct bpf_program *prog = bpf_object__find_program_by_name(obj, program);

	return prog ? bpf_program__fd(prog) : -1;
}

bool attach_hooks(struct world *w, enum hold where)
{
	struct bpf_object *obj = load_object(w, "hooks.o", NULL);
	struct bpf_program *prog;

	if (!obj)
		return false;
	bpf_object__for_each_program(prog, obj)
		if (!bpf_program__attach(prog))
			return false;
	w->hooks = object_shared(obj);
	w->hooks->hold = where;
	return true;
}

bool get_evil(const struct world *w, struct evil_code *code)
{
	struct bpf_object *obj = load_object(w, "evil.o", "evil");
	struct bpf_program *prog;
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_SYSCALL,
		.prog_flags = BPF_F_SLEEPABLE,
	};

	if (!obj)
		return false;
	prog = bpf_object__find_program_by_name(obj, "evil");
	if (!prog || bpf_program__insn_cnt(prog) > MAX_EVIL_INSNS)
		return false;
	code->nr_insns = (unsigned int)bpf_program__insn_cnt(prog);
	memcpy(code->insns, bpf_program__insns(prog),
	       code->nr_insns * sizeof(code->insns[0]));
	strcpy(code->license, "GPL");
	attr.insn_cnt = code->nr_insns;
	memcpy(code->attr, &attr, sizeof(code->attr));
	bpf_object__close(obj);
	return true;
}

int load_evil_as(const struct world *w, int type, int attach_type, int target,
		 unsigned int btf_id)
{
	struct evil_code code;
	union bpf_attr attr = { 0 };

	if (!get_evil(w, &code))
		return -1;
	memcpy(&attr, code.attr, sizeof(attr));
	attr.prog_type = (unsigned int)type;
	attr.expected_attach_type = (unsigned int)attach_type;
	attr.attach_prog_fd = (unsigned int)target;
	attr.attach_btf_id = btf_id;
	attr.insns = (uintptr_t)code.insns;
	attr.license = (uintptr_t)code.license;
	return (int)syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));
}

int load_evil(const struct world *w)
{
	return load_evil_as(w, BPF_PROG_TYPE_SYSCALL, 0, 0, 0);
}
