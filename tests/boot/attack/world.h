/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An attack in progress: one process loads a signed image, this one and its threads
 * attack, again and again. Then the kernel's own word tells what was loaded.
 */
#ifndef WORLD_H
#define WORLD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "attack.h"

/* What loader and attackers count together, in memory that a fork shares. */
struct tally {
	int err;			/* of the load: 0 or an errno */
	volatile bool started;		/* the system call comes next */
	volatile unsigned int reached;	/* this attempt got at its target */
	volatile unsigned int done;	/* what the attacker could do to it */
};

struct world {
	const char *image;
	const char *dir;		/* of the BPF objects */
	char expected[1024];		/* the attested parts of the image */
	const char *parser;		/* a file beside the image, or NULL */
	int kernel_fd, initrd_fd;
	unsigned long cut;		/* a size without the image's last sections */
	pid_t loader;
	bool ended;
	bool inside;			/* in the loading process */
	volatile bool ready;		/* a thread there is */
	struct tally *tally;
	volatile struct shared *hooks;	/* NULL until they are attached */
	void *state;			/* the attacker's own */
};

/*
 * prepare returns false, with a line on stdout, if the attack cannot even begin.
 * before runs before each attempt, inside in the loading process before the load,
 * outside beside it until it has ended; these may be NULL.
 */
struct attacker {
	const char *name;
	bool (*prepare)(struct world *w);
	void (*before)(struct world *w);
	void (*inside)(struct world *w);
	void (*outside)(struct world *w);
};

/* Has the loader ended? */
bool world_ended(struct world *w);

void world_wait(struct world *w);

/* The attack ends before it begins: a line that says so, and false. */
bool refused(const char *name, const char *why);

#define MAX_MAPS 64

unsigned int list_maps(unsigned int ids[MAX_MAPS]);

/* The maps there are; those that are not among them have come since. */
struct known_maps {
	unsigned int ids[MAX_MAPS], nr;
};

void remember_maps(struct known_maps *known);
bool is_known_map(const struct known_maps *known, unsigned int id);

/* Waits until the loader is held, false if it ends before; world_go() lets it go. */
bool world_held(struct world *w);
void world_go(struct world *w);

struct bpf_object;
struct bpf_program;

/* The object FILE of the world's folder, with one of its programs loaded, or all. */
struct bpf_object *load_object(const struct world *w, const char *file,
			       const char *program);
struct shared *object_shared(struct bpf_object *obj);
bool attach_hooks(struct world *w, enum hold where);
int program_fd(struct bpf_object *obj, const char *program);

#define MAX_FDS 64

/* Is this descriptor of ours a BPF program? */
bool is_program(int fd);

/* The held parser's descriptor, found by its id, or -1 without having reached it. */
int find_parser(struct world *w);

/* The code of evil.o for bpf(BPF_PROG_LOAD); and a program made of it, or -1. */
bool get_evil(const struct world *w, struct evil_code *code);
int load_evil(const struct world *w);
int load_evil_as(const struct world *w, int type, int attach_type, int target,
		 unsigned int btf_id);

/* Each ends with one that has no name. */
extern const struct attacker worker_attackers[], call_attackers[], file_attackers[],
	misc_attackers[], program_attackers[], map_attackers[], twice_attackers[];

#endif
