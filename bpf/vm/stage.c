/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "bpf/locate.h"
#include "bpf/vm/stage.h"

/* One table of limits for both hosts: what lib/limits.h repeats must be the same. */
_Static_assert(LIMIT_PARSER == KEXEC_BPF_MAX_OBJECT, "size of .bpf");
_Static_assert(LIMIT_BPF_INSNS == KEXEC_BPF_MAX_INSNS, "instructions");
_Static_assert(LIMIT_PE_SECTIONS == KEXEC_BPF_MAX_SECTIONS, "sections");
_Static_assert(LIMIT_BPF_ELF_SECTIONS == KEXEC_BPF_MAX_ELF_SECTIONS, "ELF sections");
_Static_assert(LIMIT_BPF_ALTERNATIVES == KEXEC_BPF_MAX_ALTERNATIVES, "alternatives");
_Static_assert(LIMIT_BPF_INITRD == KEXEC_BPF_MAX_INITRD, "bytes of all initrds");
_Static_assert(LIMIT_INITRDS == KEXEC_BPF_MAX_INITRDS, "initrds");
_Static_assert(LIMIT_DECOMPRESSED == KEXEC_BPF_MAX_DECOMPRESSED, "unpacked kernel");
_Static_assert(LIMIT_CMDLINE == KEXEC_BPF_MAX_CMDLINE, "command line");
_Static_assert(LIMIT_NESTING == KEXEC_BPF_MAX_DEPTH, "depth");
_Static_assert(sizeof(struct kexec_bpf_cmd_hdr) == 10, "BPF_ABI.md, Commands");
_Static_assert(sizeof(struct kexec_bpf_ref_cmd) == 40, "BPF_ABI.md, REF");

/* A command header in our byte order, and what follows it. */
struct command {
	uint16_t cmd, num_chunks;
	uint8_t subcmd, pipeline_flag;
	uint32_t payload_len;
	struct span payload;
};

void stage_done(struct vm_stage *s)
{
	blob_done(&s->kernel.own);
	blob_done(&s->cmdline.own);
	for (size_t i = 0; i < LIMIT_INITRDS; i++)
		blob_done(&s->initrd[i].own);
	*s = (struct vm_stage){ 0 };
}

void stage_trace(const struct vm_stage *s, const char *fmt, ...)
{
	char line[256];
	va_list ap;

	if (!s->trace)
		return;
	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	s->trace->line(s->trace->arg, line);
}

static const char *command_name(uint16_t cmd)
{
	switch (cmd) {
	case KEXEC_BPF_DONE:
		return "DONE";
	case KEXEC_BPF_DECOMPRESS:
		return "DECOMPRESS";
	case KEXEC_BPF_COPY:
		return "COPY";
	case KEXEC_BPF_VERIFY_SIG:
		return "VERIFY_SIG";
	default:
		return "unknown command";
	}
}

static const char *part_name(uint8_t subcmd)
{
	switch (subcmd) {
	case KEXEC_BPF_KERNEL:
		return "kernel";
	case KEXEC_BPF_INITRD:
		return "initrd";
	case KEXEC_BPF_CMDLINE:
		return "command line";
	default:
		return "part";
	}
}

int stage_covers(const struct vm_stage *s, uint64_t off, uint64_t len, bool headers)
{
	if (!s->enforced || !s->envelope)
		return 1;
	return bpf_signature_covers(&s->image, off, len, headers);
}

static int check_covered(struct vm_stage *s, uint64_t off, uint64_t len)
{
	int r = stage_covers(s, off, len, false);

	if (r < 0)
		return why(&s->reason, r, "cannot read: %s", strerror(-r));
	if (r == 0)
		return why(&s->reason, -EPERM,
			   "%llu bytes at %#llx are not in one section, and no signature covers "
			   "them for certain", (unsigned long long)len, (unsigned long long)off);
	return 0;
}

/* The bytes of the image that a command's one chunk points at. */
static int take_reference(struct vm_stage *s, const struct command *c, struct stage_part *part)
{
	struct kexec_bpf_chunk chunk;
	struct kexec_bpf_ref ref;
	uint64_t off, len;

	if (c->payload.size != sizeof(chunk) + sizeof(ref) ||
	    !span_get(&chunk, c->payload, 0, sizeof(chunk)) ||
	    !span_get(&ref, c->payload, sizeof(chunk), sizeof(ref)))
		return why(&s->reason, -EBADMSG, "reference of %zu bytes", c->payload.size);
	if (le16toh(chunk.type) != KEXEC_BPF_CHUNK_REF || le32toh(chunk.len) != sizeof(ref))
		return why(&s->reason, -EBADMSG, "chunk of type %u, %u bytes",
			   le16toh(chunk.type), le32toh(chunk.len));
	if (ref.buf)
		return why(&s->reason, -EBADMSG, "reference to buffer %u", le32toh(ref.buf));
	off = le64toh(ref.off);
	len = le64toh(ref.len);
	if (!extent_sub(&part->bytes, &s->image, off, len))
		return why(&s->reason, -EBADMSG, "%llu bytes at %#llx are not inside the image",
			   (unsigned long long)len, (unsigned long long)off);
	if (len == 0)
		return why(&s->reason, -EINVAL, "empty reference");
	part->size = le32toh(ref.size);
	if (part->size && c->cmd != KEXEC_BPF_DECOMPRESS)
		return why(&s->reason, -EINVAL, "size %u for what is not unpacked", part->size);
	if (part->size > LIMIT_DECOMPRESSED)
		return why(&s->reason, -EFBIG, "it claims to unpack to %u bytes", part->size);
	return check_covered(s, off, len);
}

static int take_inline(struct vm_stage *s, const struct command *c, struct stage_part *part)
{
	if (s->enforced)
		return why(&s->reason, -EPERM,
			   "payload of its own, which enforced signatures do not allow");
	if (c->payload.size == 0)
		return why(&s->reason, -EINVAL, "empty payload");
	if (c->payload.size > LIMIT_BPF_INLINE - s->inline_bytes)
		return why(&s->reason, -E2BIG, "more than %llu bytes of payloads of its own",
			   (unsigned long long)LIMIT_BPF_INLINE);
	s->inline_bytes += c->payload.size;
	return blob_copy(&part->own, c->payload, part_name(c->subcmd), &s->reason);
}

static int find_slot(struct vm_stage *s, const struct command *c, struct stage_part **ret)
{
	struct stage_part *slot = NULL;

	switch (c->subcmd) {
	case KEXEC_BPF_KERNEL:
		slot = &s->kernel;
		break;
	case KEXEC_BPF_CMDLINE:
		slot = &s->cmdline;
		break;
	case KEXEC_BPF_INITRD:
		if (s->nr_initrd == LIMIT_INITRDS)
			return why(&s->reason, -E2BIG, "more than %d initrds", LIMIT_INITRDS);
		slot = &s->initrd[s->nr_initrd];
		break;
	default:
		return why(&s->reason, -EBADMSG, "part %u does not exist", c->subcmd);
	}
	if (slot->given)
		return why(&s->reason, -EBUSY, "given a second time");
	if (c->cmd == KEXEC_BPF_DECOMPRESS && slot != &s->kernel)
		return why(&s->reason, -EINVAL, "only a kernel can be unpacked");
	*ret = slot;
	return 0;
}

static int take_part(struct vm_stage *s, const struct command *c)
{
	struct stage_part *slot = NULL, part = { .compressed = c->cmd == KEXEC_BPF_DECOMPRESS };
	int r = find_slot(s, c, &slot);

	if (r == 0)
		r = c->num_chunks ? take_reference(s, c, &part) : take_inline(s, c, &part);
	if (r < 0)
		return r;
	part.given = true;
	*slot = part;
	if (c->subcmd == KEXEC_BPF_INITRD)
		s->nr_initrd++;
	return 0;
}

static int take_done(struct vm_stage *s, const struct command *c)
{
	if (c->payload_len || c->num_chunks)
		return why(&s->reason, -EBADMSG, "carries something");
	if (!s->kernel.given)
		return why(&s->reason, -EPROTO, "no kernel was named");
	s->done = true;
	return 0;
}

/* What is wrong with the question we can tell; the answer is a matter of the kernel's keys. */
static int take_verify(struct vm_stage *s, const struct command *c)
{
	if (c->num_chunks)
		return why(&s->reason, -EINVAL, "only for a payload of its own");
	if (s->enforced)
		return why(&s->reason, -EPERM,
			   "payload of its own, which enforced signatures do not allow");
	if (c->payload.size == 0)
		return why(&s->reason, -EINVAL, "empty payload");
	s->unknown = true;
	return why(&s->reason, -EOPNOTSUPP, "only a kernel has the keys");
}

static int read_command(struct command *ret, struct span command, struct why *w)
{
	struct kexec_bpf_cmd_hdr hdr;
	struct command c = { 0 };

	if (!span_get(&hdr, command, 0, sizeof(hdr)))
		return why(w, -EBADMSG, "ends inside its header");
	c.cmd = le16toh(hdr.cmd);
	c.subcmd = hdr.subcmd;
	c.pipeline_flag = hdr.pipeline_flag;
	c.payload_len = le32toh(hdr.payload_len);
	c.num_chunks = le16toh(hdr.num_chunks);
	if (!span_sub(&c.payload, command, sizeof(hdr), c.payload_len))
		return why(w, -EBADMSG, "payload of %u bytes is not all there", c.payload_len);
	if (c.pipeline_flag > 1 || c.num_chunks > 1)
		return why(w, -EBADMSG, "header with pipeline_flag %u, num_chunks %u",
			   c.pipeline_flag, c.num_chunks);
	*ret = c;
	return 0;
}

static int do_command(struct vm_stage *s, const struct command *c)
{
	if (s->done)
		return why(&s->reason, -EPROTO, "comes after DONE");
	switch (c->cmd) {
	case KEXEC_BPF_DONE:
		return take_done(s, c);
	case KEXEC_BPF_COPY:
	case KEXEC_BPF_DECOMPRESS:
		return take_part(s, c);
	case KEXEC_BPF_VERIFY_SIG:
		return take_verify(s, c);
	default:
		return why(&s->reason, -EOPNOTSUPP, "number %u, which does not exist here", c->cmd);
	}
}

int stage_command(struct vm_stage *s, struct span command)
{
	struct command c = { 0 };
	bool first = s->err == 0;

	if (first)
		s->err = read_command(&c, command, &s->reason);
	if (first && s->err == 0)
		s->err = do_command(s, &c);
	if (first && s->err < 0)
		why_prefix(&s->reason, "command %s %s: ", command_name(c.cmd),
			   c.cmd == KEXEC_BPF_DONE ? "" : part_name(c.subcmd));
	stage_trace(s, "command %s %s(%u bytes of payload): %d%s%s", command_name(c.cmd),
		    c.cmd == KEXEC_BPF_DONE ? "" : part_name(c.subcmd), c.payload_len, s->err,
		    s->err ? ", " : "", s->err ? s->reason.text : "");
	return s->err;
}
