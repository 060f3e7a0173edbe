// SPDX-License-Identifier: GPL-2.0-only
/*
 * Parser programs that misbehave, one per value of CASE. Each would load the
 * whole image as the kernel if it were not for its one defect.
 */
#include "../../../bpf/progs/parser.h"

enum {
	NO_DEFECT, ENDLESS_LOOP, NEVER_DONE, DONE_WITHOUT_KERNEL, REF_OFF,
	REF_LEN, REF_WRAPS, REF_BUF, REF_EMPTY, REF_SIZE, REF_CHUNK_LEN,
	REF_SHORT, KERNEL_TWICE, CMDLINE_TWICE, INITRDS_16, INITRDS_17,
	AFTER_DONE, RETURNS_ERROR, RETURNS_NONSENSE, RETURNS_POSITIVE,
	UNKNOWN_COMMAND, UNKNOWN_PART, DECOMPRESS_INITRD, DECOMPRESS_GARBAGE,
	INLINE_KERNEL, INLINE_EMPTY, TWO_CHUNKS, SHORT_COMMAND, PAYLOAD_PAST_END,
	WRONG_ID, READ_OUTSIDE, LEAKS_HANDLE, WRITES_INPUT, HAS_MAP, CALLS_HELPER,
	CALLS_FUNCTION, CMDLINE_HUGE, BIG_CONTEXT, PIPELINE_2, IGNORES_ERROR,
	REF_SECTION, REF_REST, REF_HEADERS, READ_CERTS, VERIFY_REF,
	VERIFY_UNSIGNED, DONE_PAYLOAD,
};

#ifndef KERNEL_LEN
#define KERNEL_LEN 0
#endif

struct state {
	struct bpf_parser_context *host;
	uint64_t size;
};

INLINE int command(const struct state *s, uint16_t cmd, uint8_t part,
		   uint64_t off, uint64_t len)
{
	struct kexec_bpf_ref_cmd c = {
		.hdr = { .cmd = cmd, .subcmd = part, .payload_len = 30,
			 .num_chunks = 1 },
		.chunk = { .type = KEXEC_BPF_CHUNK_REF, .len = 24 },
		.ref = { .off = off, .len = len },
	};

	if (CASE == REF_BUF)
		c.ref.buf = 1;
	if (CASE == REF_SIZE)
		c.ref.size = 1;
	if (CASE == REF_CHUNK_LEN)
		c.chunk.len = 23;
	if (CASE == REF_SHORT)
		c.hdr.payload_len = 29;
	if (CASE == TWO_CHUNKS)
		c.hdr.num_chunks = 2;
	if (CASE == PIPELINE_2)
		c.hdr.pipeline_flag = 2;
	return bpf_buffer_parser(&c, CASE == PAYLOAD_PAST_END ? 39 : sizeof(c),
				 s->host);
}

INLINE int done(const struct state *s)
{
	struct kexec_bpf_cmd_hdr c = { .cmd = KEXEC_BPF_DONE };

	return bpf_buffer_parser(&c, CASE == SHORT_COMMAND ? 9 : sizeof(c),
				 s->host);
}

INLINE int inline_kernel(const struct state *s)
{
	struct {
		struct kexec_bpf_cmd_hdr hdr;
		uint8_t data[16];
	} __attribute__((packed)) c = {
		.hdr = { .cmd = CASE == VERIFY_UNSIGNED ? KEXEC_BPF_VERIFY_SIG :
				CASE == DONE_PAYLOAD ? KEXEC_BPF_DONE :
				KEXEC_BPF_COPY,
			 .subcmd = KEXEC_BPF_KERNEL,
			 .payload_len = CASE == INLINE_EMPTY ? 0 : 16 },
	};

	return bpf_buffer_parser(&c, sizeof(c), s->host);
}

INLINE int kernel(const struct state *s)
{
	uint64_t off = 0, len = s->size;

	if (CASE == REF_OFF)
		off = s->size + 1;
	if (CASE == REF_LEN)
		len++;
	if (CASE == REF_WRAPS)
		off = 8, len = -8ull;
	if (CASE == REF_EMPTY)
		len = 0;
	/* The first section is behind mkpe's headers, and has KERNEL_LEN bytes. */
	if (CASE == REF_SECTION || CASE == REF_REST || CASE == REF_HEADERS ||
	    CASE == READ_CERTS)
		off = 16384, len = KERNEL_LEN;
	return command(s, CASE == DECOMPRESS_GARBAGE ? KEXEC_BPF_DECOMPRESS :
		       CASE == VERIFY_REF ? KEXEC_BPF_VERIFY_SIG :
		       CASE == UNKNOWN_COMMAND ? 77 : KEXEC_BPF_COPY,
		       CASE == UNKNOWN_PART ? 4 : KEXEC_BPF_KERNEL, off, len);
}

INLINE int others(const struct state *s)
{
	const int n = CASE == INITRDS_16 ? 16 : CASE == INITRDS_17 ? 17 : 0;
	int ret = 0;

#pragma clang loop unroll(disable)
	for (int i = 0; i < n && !ret; i++)
		ret = command(s, KEXEC_BPF_COPY, KEXEC_BPF_INITRD, 0, 2);
	if (CASE == KERNEL_TWICE || CASE == IGNORES_ERROR)
		ret = kernel(s);
	if (CASE == IGNORES_ERROR)
		ret = 0;
	if (CASE == DECOMPRESS_INITRD)
		ret = command(s, KEXEC_BPF_DECOMPRESS, KEXEC_BPF_INITRD, 0, 2);
	if (CASE == CMDLINE_TWICE)
		ret = command(s, KEXEC_BPF_COPY, KEXEC_BPF_CMDLINE, 0, 2) ?:
		      command(s, KEXEC_BPF_COPY, KEXEC_BPF_CMDLINE, 0, 2);
	/* The tests put the text that is too long at 16384. */
	if (CASE == CMDLINE_HUGE)
		ret = command(s, KEXEC_BPF_COPY, KEXEC_BPF_CMDLINE, 16384,
			      s->size - 16384);
	/* "The initrd is the rest": true, until somebody appends to it. */
	if (CASE == REF_REST)
		ret = command(s, KEXEC_BPF_COPY, KEXEC_BPF_INITRD,
			      16384 + (KERNEL_LEN + 511) / 512 * 512,
			      s->size - 16384 - (KERNEL_LEN + 511) / 512 * 512);
	/* Checksum and certificate entry are in there. */
	if (CASE == REF_HEADERS)
		ret = command(s, KEXEC_BPF_COPY, KEXEC_BPF_CMDLINE, 0, 16384);
	return ret;
}

static volatile uint64_t global;	/* would be a map */

static __attribute__((noinline)) int function(uint64_t n)
{
	asm volatile("" : "+r"(n));
	return n & 1;
}

INLINE int misbehave(const struct state *s, struct kexec_bpf_ctx *ctx)
{
	uint64_t word;
	int ret = 0;

	if (CASE == ENDLESS_LOOP)
		for (;;)
			asm volatile("");
	if (CASE == READ_OUTSIDE)
		ret = bpf_parser_read(s->host, 0, s->size - 7, &word, 8);
	if (CASE == READ_CERTS)
		ret = bpf_parser_read(s->host, 0, s->size - 8, &word, 8);
	if (CASE == WRITES_INPUT)
		*(volatile char *)s->host = 1;
	if (CASE == BIG_CONTEXT)
		ret = *(volatile char *)((char *)ctx + sizeof(*ctx));
	if (CASE == HAS_MAP)
		global++;
	if (CASE == CALLS_HELPER)
		((uint64_t (*)(void))5)();	/* bpf_ktime_get_ns() */
	if (CASE == CALLS_FUNCTION)
		ret = function(s->size) & 0;
	return ret;
}

INLINE int parse(const struct state *s, struct kexec_bpf_ctx *ctx)
{
	int ret;

	ret = misbehave(s, ctx);
	if (ret)
		return ret;
	if (CASE == INLINE_KERNEL || CASE == INLINE_EMPTY || CASE == VERIFY_UNSIGNED ||
	    CASE == DONE_PAYLOAD)
		ret = inline_kernel(s);
	else if (CASE != DONE_WITHOUT_KERNEL)
		ret = kernel(s);
	if (!ret)
		ret = others(s);
	if (CASE == RETURNS_ERROR)
		return -E2BIG;
	if (CASE == RETURNS_NONSENSE)
		return -4242;
	if (!ret && CASE != NEVER_DONE)
		ret = done(s);
	if (!ret && CASE == AFTER_DONE)
		ret = done(s);
	if (CASE == RETURNS_POSITIVE)
		return 1;
	return ret;
}

#ifndef SECTION
#define SECTION "syscall"
#endif

SEC(SECTION) int abuse(struct kexec_bpf_ctx *ctx)
{
	struct state s = { .size = ctx->buf_size[0] };
	int ret;

	s.host = bpf_get_parser_context(ctx->parser_id +
					(CASE == WRONG_ID ? 1 : 0));
	if (!s.host)
		return -ENOEXEC;
	ret = parse(&s, ctx);
	if (CASE != LEAKS_HANDLE)
		bpf_put_parser_context(s.host);
	return ret;
}

#ifndef LICENSE
#define LICENSE "GPL"
#endif

SEC("license") const char license_text[] = LICENSE;
