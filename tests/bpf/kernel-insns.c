/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tables of insns.h run by the kernel this runs on, to be compared with what
 * our machine makes of them (tests/unit/test-vm-insns): for a virtual machine.
 * Operands come from the program's context and the result goes there: of what the
 * verifier knows beforehand it leaves nothing to be run. TAP on stdout; needs
 * CAP_BPF and CAP_PERFMON, and Linux 6.9 for the newest instructions. No library
 * is used but the C library: link it statically.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/bpf.h>
#include <stdbool.h>
#include <stddef.h>
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

/* What a program gets, and gives back. */
struct context {
	uint64_t dst, src, got;
};
#define AT(field) offsetof(struct context, field)

static void report(const char *name, uint64_t got, uint64_t want)
{
	bool good = got == want;

	printf("%s %u - %s", good ? "ok" : "not ok", ++nr, name);
	if (!good)
		printf(": %#llx, expected %#llx", (unsigned long long)got,
		       (unsigned long long)want);
	putchar('\n');
	failed += !good;
}

static void report_error(const char *name, const char *what)
{
	printf("not ok %u - %s: %s: %s\n", ++nr, name, what, strerror(errno));
	failed++;
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

/* Returns what the program did, and what it wrote to @ctx; or -1, and has reported that. */
static int64_t run(const char *name, const struct vm_insn *code, size_t count,
		   struct context *ctx)
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
		report_error(name, "BPF_PROG_LOAD");
		return -1;
	}
	attr.test.prog_fd = fd;
	attr.test.ctx_in = (uintptr_t)ctx;
	attr.test.ctx_size_in = sizeof(*ctx);
	if (syscall(SYS_bpf, BPF_PROG_TEST_RUN, &attr, sizeof(attr)) < 0) {
		report_error(name, "BPF_PROG_TEST_RUN");
		close(fd);
		return -1;
	}
	close(fd);
	return attr.test.retval;
}

/* Appends @tail; returns how many there are then. */
static size_t append(struct vm_insn *code, size_t count, const struct vm_insn *tail, size_t more)
{
	memcpy(code + count, tail, more * sizeof(*tail));
	return count + more;
}

/* Runs what leaves its result in r0 and the context in r6. */
static void run_result(const char *name, struct vm_insn *code, size_t count,
		       struct context *ctx, uint64_t want)
{
	const struct vm_insn tail[] = { STX(SIZE_DW, R6, AT(got), R0), MOV64_K(R0, 0), EXIT };

	ctx->got = ~want;
	count = append(code, count, tail, ARRAY_SIZE(tail));
	if (run(name, code, count, ctx) >= 0)
		report(name, ctx->got, want);
}

static void run_alu(const struct alu_case *c)
{
	const struct vm_insn head[] = {
		MOV64_X(R6, R1), LDX(SIZE_DW, R0, R6, AT(dst)), LDX(SIZE_DW, R1, R6, AT(src)),
		c->insn,
	};
	struct context ctx = { .dst = c->dst, .src = c->src };
	struct vm_insn code[CODE];

	run_result(c->name, code, append(code, 0, head, ARRAY_SIZE(head)), &ctx, c->want);
}

static void run_jump(const struct jump_case *c)
{
	/* The branch in front keeps what an unconditional jump skips reachable. */
	const struct vm_insn code[] = {
		LDX(SIZE_DW, R0, R1, AT(dst)), LDX(SIZE_DW, R2, R1, AT(got)),
		LDX(SIZE_DW, R1, R1, AT(src)), JMP_K(JMP_JNE, R2, 0, 1),
		c->insn,
		MOV64_K(R0, 100), EXIT,
		MOV64_K(R0, 200), EXIT,
	};
	struct context ctx = { .dst = c->dst, .src = c->src };
	int64_t got = run(c->name, code, ARRAY_SIZE(code), &ctx);

	if (got >= 0)
		report(c->name, got, c->taken ? 200 : 100);
}

/* Every exit becomes a jump to what saves the result. None of the cases uses r6. */
static void run_code(const struct code_case *c)
{
	static const struct vm_insn none, head[] = { MOV64_X(R6, R1) };
	struct vm_insn code[CODE];
	struct context ctx = { 0 };
	size_t count = MAX_CODE;

	while (count > 0 && memcmp(&c->code[count - 1], &none, sizeof(none)) == 0)
		count--;
	count = append(code, append(code, 0, head, ARRAY_SIZE(head)), c->code, count);
	for (size_t i = 0; i < count; i++)
		if (code[i].code == OP_EXIT)
			code[i] = (struct vm_insn)JA(count - i - 1);
	run_result(c->name, code, count, &ctx, c->want);
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
