/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tables of insns.h run by the kernel this runs on, to be compared with what
 * our machine makes of them (tests/unit/test-vm-insns): for a virtual machine.
 * TAP on stdout; needs CAP_BPF and CAP_PERFMON, and Linux 6.6 for the newest
 * instructions. No library is used but the C library: link it statically.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/bpf.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* linux/bpf.h has other names for what asm.h names, and these in common. */
#include "tests/bpf/insns.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define CODE          (MAX_CODE + 16)

static int failed;
static unsigned int nr;

static void report(const char *name, bool good, const char *why)
{
	printf("%s %u - %s%s%s\n", good ? "ok" : "not ok", ++nr, name, good ? "" : ": ",
	       good ? "" : why);
	failed += !good;
}

static int load(const struct bpf_insn *insns, size_t count)
{
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_SYSCALL,
		.prog_flags = 1U << 4, /* BPF_F_SLEEPABLE */
		.insns = (uintptr_t)insns,
		.insn_cnt = count,
		.license = (uintptr_t)"GPL",
	};

	return syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));
}

/* The programs return 0 if r0 was what it should be: only 32 bits come back. */
static void run(const char *name, const struct vm_insn *code, size_t count)
{
	struct bpf_insn insns[CODE];
	union bpf_attr attr = { 0 };
	int fd;

	for (size_t i = 0; i < count; i++)
		insns[i] = (struct bpf_insn){ .code = code[i].code, .dst_reg = code[i].dst,
					      .src_reg = code[i].src, .off = code[i].off,
					      .imm = code[i].imm };
	fd = load(insns, count);
	if (fd < 0) {
		report(name, false, strerror(errno));
		return;
	}
	attr.test.prog_fd = fd;
	if (syscall(SYS_bpf, BPF_PROG_TEST_RUN, &attr, sizeof(attr)) < 0)
		report(name, false, strerror(errno));
	else
		report(name, attr.test.retval == 0, "another result");
	close(fd);
}

/* Appends @tail; returns how many there are then. */
static size_t append(struct vm_insn *code, size_t count, const struct vm_insn *tail, size_t more)
{
	memcpy(code + count, tail, more * sizeof(*tail));
	return count + more;
}

/* r0 == want? 0 : 1 */
static size_t append_verdict(struct vm_insn *code, size_t count, uint64_t want)
{
	const struct vm_insn tail[] = {
		LD_IMM64(R2, want), JMP_X(JMP_JEQ, R0, R2, 2), MOV64_K(R0, 1), EXIT,
		MOV64_K(R0, 0), EXIT,
	};

	return append(code, count, tail, ARRAY_SIZE(tail));
}

static void run_alu(const struct alu_case *c)
{
	const struct vm_insn head[] = { LD_IMM64(R0, c->dst), LD_IMM64(R1, c->src), c->insn };
	struct vm_insn code[CODE];
	size_t count = append(code, 0, head, ARRAY_SIZE(head));

	run(c->name, code, append_verdict(code, count, c->want));
}

static void run_jump(const struct jump_case *c)
{
	const struct vm_insn head[] = {
		LD_IMM64(R0, c->dst), LD_IMM64(R1, c->src),
		c->insn,
		MOV64_K(R0, c->taken), EXIT,
		MOV64_K(R0, !c->taken), EXIT,
	};
	/* What an unconditional jump skips must be reachable in some other way. */
	const struct vm_insn always[] = {
		MOV64_K(R0, 1), JMP_K(JMP_JSET, R1, 1, 1), c->insn, MOV64_K(R0, 1), EXIT,
		MOV64_K(R0, 0), EXIT,
	};

	if (insn_is_unconditional(&c->insn))
		run(c->name, always, ARRAY_SIZE(always));
	else
		run(c->name, head, ARRAY_SIZE(head));
}

/* Ends in exit, which becomes a jump to the verdict; none has another one. */
static void run_code(const struct code_case *c)
{
	static const struct vm_insn none;
	struct vm_insn code[CODE];
	size_t count = MAX_CODE;

	while (count > 0 && memcmp(&c->code[count - 1], &none, sizeof(none)) == 0)
		count--;
	if (c->code[count - 1].code != OP_EXIT) {
		printf("ok %u - %s # SKIP does not end in exit\n", ++nr, c->name);
		return;
	}
	append(code, 0, c->code, count - 1);
	run(c->name, code, append_verdict(code, count - 1, c->want));
}

int main(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(alu_cases); i++)
		run_alu(&alu_cases[i]);
	for (size_t i = 0; i < ARRAY_SIZE(jump_cases); i++)
		run_jump(&jump_cases[i]);
	for (size_t i = 0; i < ARRAY_SIZE(code_cases); i++)
		run_code(&code_cases[i]);
	printf("1..%u\n", nr);
	return failed ? 1 : 0;
}
