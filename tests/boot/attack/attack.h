/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the attackers' programs in the kernel and their process tell each other, in
 * memory that both have mapped.
 */
#ifndef ATTACK_H
#define ATTACK_H

#define MAX_EVIL_INSNS 512
#define PROG_NAME 16

/*
 * Where the loading thread is stopped: its program exists and does not run yet; it runs
 * and has said nothing yet; the files are read and the signature is not checked yet; a
 * light skeleton's maps exist and its loader does not yet.
 */
enum hold { HOLD_NOWHERE, HOLD_BEFORE, HOLD_INSIDE, HOLD_READ, HOLD_MAPS };

/* What is loaded in place of the parser, ready for bpf(BPF_PROG_LOAD). */
struct evil_code {
	unsigned char attr[144];
	unsigned long long insns[MAX_EVIL_INSNS];
	char license[8];
	unsigned int nr_insns;
};

struct shared {
	/* told by the process */
	unsigned int victim;		/* the thread that loads, 0 for none */
	unsigned int hold;		/* enum hold: where it is stopped */
	unsigned int go;		/* let it go on */
	unsigned long long slow_ns;	/* how long asking takes what a signature covers */
	/* told by the programs */
	unsigned int held;		/* how often it has been stopped */
	unsigned int prog_id;		/* its program */
	unsigned int late;		/* it went on by itself */
	unsigned long long parser_id;	/* the right number to ask with */
	/* of the attack on the worker's descriptors */
	unsigned int stage;
	int evil_fd;
	char name[PROG_NAME];
	struct evil_code code;
	/* of programs that call the kernel's functions */
	unsigned int asked, got, named;
	unsigned int hit;		/* a timer interrupted the parser itself */
};

#endif
