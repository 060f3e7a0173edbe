// SPDX-License-Identifier: GPL-2.0-only
/*
 * What helpers answer at the edges, written down: the answers are the command line,
 * eight hexadecimal digits each. A kernel and our machine must come to the same text.
 * The kernel to boot is the image's first section.
 */
#include "posted.h"

struct kexec_context {
	char *parsing_buf[16];
	unsigned long parsing_buf_sz[16];
	int kernel_sz;
	_Bool kdump;
	int of_no_kernel;
} __attribute__((preserve_access_index));

enum kexec_parser_abi {
	KEXEC_PARSER_ABI_SKELETON = 40,
	KEXEC_PARSER_ABI_NONE = 41,
};

#define START "console=ttyS0 panic=-1 answers="
enum { MAX_ANSWERS = 80, DIGITS = 8 };

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__type(key, __u32);
	__type(value, __u64);
	__uint(max_entries, 3);
} array SEC(".maps");

struct report {
	struct command hdr;
	char text[sizeof(START) + MAX_ANSWERS * DIGITS];
} __attribute__((packed));

/* A kernel that is started with it shows it. */
static struct report report = { .text = START };
static __u32 nr = sizeof(START) - 1;
static const volatile __u64 constant = 0x1122334455667788;

static __noinline int answer(__u32 value)
{
	for (int i = 0; i < DIGITS; i++) {
		__u32 digit = value >> (28 - 4 * i) & 15;

		if (nr < sizeof(report.text))
			report.text[nr++] = digit < 10 ? '0' + digit : 'a' + digit - 10;
	}
	return 0;
}

static __noinline int ask_array(void)
{
	__u32 keys[] = { 0, 2, 3, 0xffffffff };
	__u64 value = 77, *p;

	for (int i = 0; i < 4; i++) {
		p = bpf_map_lookup_elem(&array, &keys[i]);
		answer(p ? 1 + (__u32)*p : 0);
		answer(bpf_map_update_elem(&array, &keys[i], &value, BPF_ANY));
		answer(bpf_map_update_elem(&array, &keys[i], &value, BPF_NOEXIST));
		answer(bpf_map_update_elem(&array, &keys[i], &value, BPF_EXIST));
		answer(bpf_map_update_elem(&array, &keys[i], &value, 8));
		answer(bpf_map_delete_elem(&array, &keys[i]));
		p = bpf_map_lookup_elem(&array, &keys[i]);
		answer(p ? 1 + (__u32)*p : 0);
	}
	return 0;
}

#define ASK_RESERVE(size, flags)                                \
	do {                                                    \
		void *p = bpf_ringbuf_reserve(&ring, size, flags); \
									\
		answer(p != 0);                                 \
		if (p)                                          \
			bpf_ringbuf_discard(p, 0);              \
		answer(bpf_ringbuf_query(&ring, BPF_RB_PROD_POS)); \
	} while (0)

static __noinline int ask_ring(void)
{
	__u64 bytes[2] = { 1, 2 };

	ASK_RESERVE(0, 0);
	ASK_RESERVE(1, 0);
	ASK_RESERVE(8, 0);
	ASK_RESERVE(9, 1);
	ASK_RESERVE(4088, 0);
	ASK_RESERVE(4096, 0);
	answer(bpf_ringbuf_output(&ring, bytes, sizeof(bytes), 0));
	answer(bpf_ringbuf_output(&ring, bytes, sizeof(bytes), 4));
	answer(bpf_ringbuf_output(&ring, bytes, 9, BPF_RB_FORCE_WAKEUP));
	ASK_RESERVE(3900, 0);
	ASK_RESERVE(80, 0);
	ASK_RESERVE(24, 0);
	ASK_RESERVE(8, 0);
	answer(bpf_ringbuf_output(&ring, bytes, sizeof(bytes), 0));
	answer(bpf_ringbuf_query(&ring, BPF_RB_RING_SIZE));
	answer(bpf_ringbuf_query(&ring, BPF_RB_CONS_POS));
	answer(bpf_ringbuf_query(&ring, BPF_RB_AVAIL_DATA));
	answer(bpf_ringbuf_query(&ring, 99));
	return 0;
}

static __noinline int ask_memory(const char *image)
{
	__u64 bytes = 5;

	answer(bpf_probe_read_kernel(&bytes, sizeof(bytes), 0));
	answer(bytes);
	answer(bpf_probe_read_kernel(&bytes, 2, image));
	answer(bytes);
	answer(bpf_probe_read_kernel(&bytes, 4, (const void *)&constant));
	answer(bytes);
	bytes = 5;
	answer(bpf_copy_from_user(&bytes, sizeof(bytes), 0));
	answer(bytes);
	return 0;
}

/* By reference: the kernel, whose section the table of the PE image names first. */
static __noinline int refer(struct bpf_parser_context *host)
{
	struct by_reference c = { .hdr = { .cmd = 3, .subcmd = 1, .payload_len = 30,
					   .num_chunks = 1 }, .type = 1, .len = 24 };
	__u32 pe = 0, opt = 0, section[10] = {};

	if (bpf_parser_read(host, 0, 0x3c, &pe, sizeof(pe)) ||
	    bpf_parser_read(host, 0, (__u64)pe + 20, &opt, 2) ||
	    bpf_parser_read(host, 0, (__u64)pe + 24 + opt, section, sizeof(section)))
		return -1;
	c.off = section[5];
	c.size = section[2];
	return bpf_buffer_parser(&c, sizeof(c), host);
}

SEC("fentry.s/kexec_image_parser_anchor")
int BPF_PROG(parse_first, struct kexec_context *context, unsigned long parser_id)
{
	struct command done = { .cmd = 1 };
	struct bpf_parser_context *host;

	host = bpf_get_parser_context(parser_id);
	if (!host)
		return 0;
	ask_array();
	ask_memory(context->parsing_buf[0]);
	answer(context->kdump);
	answer(bpf_core_field_exists(context->of_no_kernel));
	answer(bpf_core_field_size(context->kernel_sz));
	answer(bpf_core_enum_value_exists(enum kexec_parser_abi, KEXEC_PARSER_ABI_NONE));
	answer(bpf_core_enum_value(enum kexec_parser_abi, KEXEC_PARSER_ABI_SKELETON));
	answer(bpf_core_type_exists(struct kexec_context));
	/* Its own end is answered with zeros, not with an error. */
	answer(bpf_parser_read(host, 0, context->parsing_buf_sz[0], &done, 0));
	answer(bpf_parser_read(host, 0, context->parsing_buf_sz[0] + 1, &done, 0));
	answer(bpf_parser_read(host, 1, 0, &done, 1));
	answer(refer(host));
	ask_ring();
	report.hdr.cmd = 3;
	report.hdr.subcmd = 3;
	report.hdr.payload_len = nr;
	bpf_buffer_parser(&report, sizeof(report), host);
	bpf_buffer_parser(&done, sizeof(done), host);
	bpf_put_parser_context(host);
	return 0;
}

char _license[] SEC("license") = "GPL";
