// SPDX-License-Identifier: GPL-2.0-only
/*
 * A parser program of the posted form (type 2) that uses much of what the form
 * has: globals in .data, .bss and .rodata, an array map, functions of its own,
 * ring buffers in all their ways, CO-RE. Takes .linux, .initrd and .cmdline of a
 * unified kernel image without profiles; a test of the form, not a parser for
 * anybody.
 */
#include "posted.h"

/* In another order than the kernel's, and only some of it: that is CO-RE's business. */
struct kexec_context {
	unsigned long parsing_buf_sz[16];
	char *parsing_buf[16];
	_Bool kdump;
} __attribute__((preserve_access_index));

enum kexec_parser_abi___local {
	KEXEC_PARSER_ABI_REF = 77,
};

struct part {
	__u32 off, len;
};

enum { KERNEL, INITRD, CMDLINE, PARTS };
enum { MAX_CMDLINE = 512 };

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 65536);
} ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__type(key, __u32);
	__type(value, struct part);
	__uint(max_entries, PARTS);
} parts SEC(".maps");

/* .rodata, .data, .bss */
const volatile __u64 names[PARTS] = { 0x0078756e696c2eull, 0x00647274696e692eull,
				      0x656e696c646d632eull };
__u32 nr_commands = 1000;
__u32 nr_seen[PARTS];
static struct section last;

/* A string, which clang puts into .rodata.str1.1. */
static __noinline int note(const char *text)
{
	return bpf_ringbuf_output(&ring, (void *)text, 8, 0);
}

static __noinline int look_at(struct bpf_parser_context *host, __u64 off)
{
	struct part p;

	if (bpf_parser_read(host, 0, off, &last, sizeof(last)))
		return -1;
	for (__u32 i = 0; i < PARTS; i++) {
		if (last.name != names[i])
			continue;
		p.off = last.off;
		p.len = last.vsize < last.rsize ? last.vsize : last.rsize;
		nr_seen[i]++;
		return bpf_map_update_elem(&parts, &i, &p, BPF_ANY);
	}
	return 0;
}

/* By reference, from the ring buffer. */
static __noinline int refer(struct bpf_parser_context *host, __u32 which)
{
	struct part *p = bpf_map_lookup_elem(&parts, &which);
	struct by_reference *c;
	int ret;

	if (!p || !p->len)
		return 0;
	c = bpf_ringbuf_reserve(&ring, sizeof(*c), 0);
	if (!c)
		return -1;
	__builtin_memset(c, 0, sizeof(*c));
	c->hdr.cmd = 3;
	c->hdr.subcmd = which + 1;
	c->hdr.payload_len = 30;
	c->hdr.num_chunks = 1;
	c->type = bpf_core_enum_value(enum kexec_parser_abi___local, KEXEC_PARSER_ABI_REF);
	c->len = 24;
	c->off = p->off;
	c->size = p->len;
	ret = bpf_buffer_parser(c, sizeof(*c), host);
	if (which == KERNEL)
		bpf_ringbuf_submit(c, 0);
	else
		bpf_ringbuf_discard(c, BPF_RB_NO_WAKEUP);
	nr_commands++;
	return ret;
}

/* Its bytes, as the posted programs do it. */
static __noinline int copy_cmdline(struct bpf_parser_context *host, const char *image)
{
	struct {
		struct command hdr;
		char text[MAX_CMDLINE];
	} __attribute__((packed)) * c;
	__u32 which = CMDLINE;
	struct part *p = bpf_map_lookup_elem(&parts, &which);
	__u32 len;
	int ret = -1;

	if (!p || !p->len)
		return 0;
	len = p->len;
	if (len > MAX_CMDLINE)
		return -1;
	c = bpf_ringbuf_reserve(&ring, sizeof(*c), 0);
	if (!c)
		return -1;
	__builtin_memset(&c->hdr, 0, sizeof(c->hdr));
	c->hdr.cmd = 3;
	c->hdr.subcmd = 3;
	c->hdr.payload_len = len;
	if (!bpf_probe_read_kernel(c->text, len, image + p->off))
		ret = bpf_buffer_parser(c, sizeof(*c), host);
	bpf_ringbuf_discard(c, 0);
	nr_commands++;
	return ret;
}

static __noinline int find_parts(struct bpf_parser_context *host, unsigned long size)
{
	__u32 pe = 0, nr = 0, opt = 0;

	if (size < 64 || bpf_parser_read(host, 0, 0x3c, &pe, sizeof(pe)) ||
	    bpf_parser_read(host, 0, (__u64)pe + 6, &nr, 2) ||
	    bpf_parser_read(host, 0, (__u64)pe + 20, &opt, 2))
		return -1;
	for (__u32 i = 0; i < 16 && i < nr; i++)
		if (look_at(host, (__u64)pe + 24 + opt + i * sizeof(struct section)))
			return -1;
	return 0;
}

SEC("fentry.s/kexec_image_parser_anchor")
int BPF_PROG(parse_pe, struct kexec_context *context, unsigned long parser_id)
{
	struct command done = { .cmd = 1 };
	struct bpf_parser_context *host;
	int ret;

	/* What no kernel has: the way that is not taken. */
	if (!bpf_core_field_exists(context->kdump))
		return 1;
	host = bpf_get_parser_context(parser_id);
	if (!host)
		return 0;
	ret = find_parts(host, context->parsing_buf_sz[0]);
	if (!ret && nr_seen[KERNEL] == 1 && note("parsing"))
		ret = -1;
	if (!ret)
		ret = refer(host, KERNEL);
	if (!ret)
		ret = refer(host, INITRD);
	if (!ret)
		ret = copy_cmdline(host, context->parsing_buf[0]);
	/* Every record is still there: nobody reads them. */
	if (!ret && nr_commands > 1000 && bpf_ringbuf_query(&ring, BPF_RB_PROD_POS) >= 64)
		bpf_buffer_parser(&done, sizeof(done), host);
	bpf_put_parser_context(host);
	return 0;
}

char _license[] SEC("license") = "GPL";
