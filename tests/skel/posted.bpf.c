// SPDX-License-Identifier: GPL-2.0-only
/*
 * A parser program of the posted form (type 2): attached by fentry, its parts
 * given inline through ring buffers. Takes .linux of the outermost sections of
 * a well-formed PE image; a test of the form, not a parser for anybody.
 */
#include "posted.h"

struct kexec_context {
	char *parsing_buf[16];
	unsigned long parsing_buf_sz[16];
} __attribute__((preserve_access_index));

#define RING(n)						\
	struct {					\
		__uint(type, BPF_MAP_TYPE_RINGBUF);	\
		__uint(max_entries, n);			\
	}

RING(16 << 20) ringbuf_1 SEC(".maps");
RING(4096) ringbuf_2 SEC(".maps");
RING(4096) ringbuf_3 SEC(".maps");
RING(4096) ringbuf_4 SEC(".maps");

#define MAX_KERNEL (8 << 20)

#define DOT_LINUX 0x0078756e696c2eull

/* Volatile, or clang merges it with other strings and describes it wrongly. */
static const volatile char text[] = "console=ttyS0 panic=-1 retain_initrd who=skeleton";

static __always_inline int copy_kernel(char *image,
				       struct bpf_parser_context *host)
{
	struct command *c;
	struct section s;
	__u32 pe, len, i;
	__u16 opt;
	int ret = -1;

	bpf_probe_read_kernel(&pe, sizeof(pe), image + 0x3c);
	bpf_probe_read_kernel(&opt, sizeof(opt), image + pe + 20);
	for (i = 0; i < 8; i++) {
		bpf_probe_read_kernel(&s, sizeof(s),
				      image + pe + 24 + opt + i * sizeof(s));
		if (s.name == DOT_LINUX)
			break;
	}
	len = s.vsize;
	if (i == 8 || len > MAX_KERNEL)
		return -1;

	c = bpf_ringbuf_reserve(&ringbuf_1, sizeof(*c) + MAX_KERNEL, 0);
	if (!c)
		return -1;
	__builtin_memset(c, 0, sizeof(*c));
	c->cmd = 3;
	c->subcmd = 1;
	c->payload_len = len;
	if (!bpf_probe_read_kernel(c + 1, len, image + s.off))
		ret = bpf_buffer_parser(c, sizeof(*c) + MAX_KERNEL, host);
	bpf_ringbuf_discard(c, 0);
	return ret;
}

static __always_inline int copy_text(struct bpf_parser_context *host)
{
	struct {
		struct command hdr;
		char text[sizeof(text)];
	} __attribute__((packed)) *c;
	int ret;

	c = bpf_ringbuf_reserve(&ringbuf_2, sizeof(*c), 0);
	if (!c)
		return -1;
	__builtin_memset(c, 0, sizeof(*c));
	c->hdr.cmd = 3;
	c->hdr.subcmd = 3;
	c->hdr.payload_len = sizeof(text);
	for (__u32 i = 0; i < sizeof(text); i++)
		c->text[i] = text[i];
	ret = bpf_buffer_parser(c, sizeof(*c), host);
	bpf_ringbuf_discard(c, 0);
	return ret;
}

SEC("fentry.s/kexec_image_parser_anchor")
int BPF_PROG(parse_pe, struct kexec_context *context, unsigned long parser_id)
{
	struct command done = { .cmd = 1 };
	struct bpf_parser_context *host;

	host = bpf_get_parser_context(parser_id);
	if (!host)
		return 0;
	if (!copy_kernel(context->parsing_buf[0], host) && !copy_text(host))
		bpf_buffer_parser(&done, sizeof(done), host);
	bpf_put_parser_context(host);
	return 0;
}

char _license[] SEC("license") = "GPL";
