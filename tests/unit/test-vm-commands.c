/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command stream: what a parser program may say, in which order, how often. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "bpf/vm/machine.h"
#include "bpf/vm/stage.h"
#include "lib/cleanup.h"
#include "tests/bpf/asm.h"

#define IMAGE 100 /* bytes */
#define MAX   24

/* A command as bytes, by field. */
struct command {
	uint16_t cmd;
	uint8_t subcmd;
	uint8_t flag;
	uint32_t payload_len;
	uint16_t num_chunks;
	uint16_t type;
	uint32_t len, buf, unpacked;
	uint64_t off, size;
	size_t given; /* bytes handed over */
	/* Overwrites @bad_width bytes at @bad_at. */
	size_t bad_at, bad_width;
	uint64_t bad_value;
};

/* Fields of a command with a reference: offset, width. */
#define CMD         0, 2
#define SUBCMD      2, 1
#define FLAG        3, 1
#define PAYLOAD_LEN 4, 4
#define NUM_CHUNKS  8, 2
#define CHUNK_TYPE  10, 2
#define CHUNK_LEN   12, 4
#define REF_BUF     16, 4
#define REF_SIZE    20, 4
#define REF_LEN     32, 8

#define REF(cmd_, part, off_, size_)                                             \
	{ .cmd = KEXEC_BPF_##cmd_, .subcmd = KEXEC_BPF_##part, .payload_len = 30, \
	  .num_chunks = 1, .type = 1, .len = 24, .off = off_, .size = size_, .given = 40 }
#define INLINE(cmd_, part, bytes)                                              \
	{ .cmd = KEXEC_BPF_##cmd_, .subcmd = KEXEC_BPF_##part, .payload_len = bytes, \
	  .given = 10 + (bytes) }
#define DONE { .cmd = KEXEC_BPF_DONE, .given = 10 }
#define KERNEL REF(COPY, KERNEL, 0, 10)
/* A good reference with one field that is not; with another number of bytes handed over. */
#define BAD_FIELD(at, width, value)                                                \
	{ .cmd = KEXEC_BPF_COPY, .subcmd = KEXEC_BPF_KERNEL, .payload_len = 30,    \
	  .num_chunks = 1, .type = 1, .len = 24, .size = 10, .given = 40,          \
	  .bad_at = at, .bad_width = width, .bad_value = value }
#define BAD_REF(field, value) BAD_FIELD(field, value)
#define GIVEN_REF(bytes)                                                           \
	{ .cmd = KEXEC_BPF_COPY, .subcmd = KEXEC_BPF_KERNEL, .payload_len = 30,    \
	  .num_chunks = 1, .type = 1, .len = 24, .size = 10, .given = bytes }

#define SIZED_REF(bytes)                                                             \
	{ .cmd = KEXEC_BPF_DECOMPRESS, .subcmd = KEXEC_BPF_KERNEL, .payload_len = 30, \
	  .num_chunks = 1, .type = 1, .len = 24, .size = 10, .given = 40,            \
	  .unpacked = bytes }

struct dialogue {
	const char *name;
	struct command say[MAX];
	int err; /* answer to the last; the others are answered 0 */
	const char *phrase;
	bool enforced;
};

static const struct dialogue dialogues[] = {
	{ "kernel and DONE", { KERNEL, DONE }, 0, NULL, true },
	{ "all parts", { REF(DECOMPRESS, KERNEL, 0, 100), REF(COPY, INITRD, 99, 1),
			 REF(COPY, CMDLINE, 1, 2), REF(COPY, INITRD, 3, 4), DONE }, 0, NULL, true },
	{ "pipeline_flag has no effect", { BAD_REF(FLAG, 1), DONE }, 0, NULL, true },
	{ "more bytes than the command has", { GIVEN_REF(48), DONE }, 0, NULL, true },
	{ "inline", { INLINE(COPY, KERNEL, 20), INLINE(COPY, CMDLINE, 1), DONE }, 0, NULL, false },
	{ "inline, enforced", { INLINE(COPY, KERNEL, 20) }, -EPERM, "payload of its own", true },
	{ "inline, empty", { INLINE(COPY, KERNEL, 0) }, -EINVAL, "empty payload", false },
	{ "no bytes", { { .given = 0 } }, -EBADMSG, "ends inside its header", false },
	{ "cut header", { { .cmd = 1, .given = 9 } }, -EBADMSG, "ends inside its header", false },
	{ "cut payload", { GIVEN_REF(39) }, -EBADMSG, "payload of 30 bytes is not all there",
	  true },
	{ "payload of 4 GiB", { BAD_REF(PAYLOAD_LEN, 0xffffffff) }, -EBADMSG, "not all there", true },
	{ "pipeline_flag 2", { BAD_REF(FLAG, 2) }, -EBADMSG, "pipeline_flag 2", true },
	{ "two chunks", { BAD_REF(NUM_CHUNKS, 2) }, -EBADMSG, "num_chunks 2", true },
	{ "command 0", { BAD_REF(CMD, 0) }, -EOPNOTSUPP, "number 0", true },
	{ "command 5", { BAD_REF(CMD, 5) }, -EOPNOTSUPP, "number 5", true },
	{ "VERIFY_SIG", { INLINE(VERIFY_SIG, KERNEL, 20) }, -EOPNOTSUPP,
	  "command VERIFY_SIG kernel: only a kernel has the keys", false },
	{ "VERIFY_SIG, enforced", { INLINE(VERIFY_SIG, KERNEL, 20) }, -EPERM, "payload of its own",
	  true },
	{ "VERIFY_SIG of nothing", { INLINE(VERIFY_SIG, KERNEL, 0) }, -EINVAL, "empty payload",
	  false },
	{ "VERIFY_SIG by reference", { BAD_REF(CMD, KEXEC_BPF_VERIFY_SIG) }, -EINVAL,
	  "only for a payload of its own", false },
	{ "part 0", { BAD_REF(SUBCMD, 0) }, -EBADMSG, "part 0 does not exist", true },
	{ "part 4", { BAD_REF(SUBCMD, 4) }, -EBADMSG, "part 4 does not exist", true },
	{ "chunk type 2", { BAD_REF(CHUNK_TYPE, 2) }, -EBADMSG, "chunk of type 2", true },
	{ "chunk of 23 bytes", { BAD_REF(CHUNK_LEN, 23) }, -EBADMSG, "chunk of type 1, 23 bytes", true },
	{ "reference and inline payload",
	  { { .cmd = KEXEC_BPF_COPY, .subcmd = KEXEC_BPF_KERNEL, .payload_len = 31,
	      .num_chunks = 1, .type = 1, .len = 24, .size = 10, .given = 41 } },
	  -EBADMSG, "reference of 31 bytes", false },
	{ "buffer 1", { BAD_REF(REF_BUF, 1) }, -EBADMSG, "buffer 1", true },
	{ "size of what is not unpacked", { BAD_REF(REF_SIZE, 1) }, -EINVAL,
	  "size 1 for what is not unpacked", true },
	{ "size", { SIZED_REF(512 << 20), DONE }, 0, NULL, true },
	{ "size over the limit", { SIZED_REF((512 << 20) + 1) }, -EFBIG,
	  "claims to unpack to 536870913 bytes", true },
	{ "empty reference", { BAD_REF(REF_LEN, 0) }, -EINVAL, "empty reference", true },
	{ "empty reference at the end", { REF(COPY, INITRD, IMAGE, 0) }, -EINVAL, "empty reference",
	  true },
	{ "one byte too long", { REF(COPY, KERNEL, 0, IMAGE + 1) }, -EBADMSG,
	  "101 bytes at 0 are not inside the image", true },
	{ "starts behind the end", { REF(COPY, KERNEL, IMAGE + 1, 0) }, -EBADMSG,
	  "not inside the image", true },
	{ "sum wraps", { REF(COPY, KERNEL, 2, UINT64_MAX) }, -EBADMSG, "not inside the image", true },
	{ "offset wraps", { REF(COPY, KERNEL, UINT64_MAX, 2) }, -EBADMSG, "not inside", true },
	{ "two kernels", { KERNEL, KERNEL }, -EBUSY, "command COPY kernel: given a second time",
	  true },
	{ "kernel packed and not", { KERNEL, REF(DECOMPRESS, KERNEL, 0, 10) }, -EBUSY,
	  "given a second time", true },
	{ "two command lines", { REF(COPY, CMDLINE, 0, 1), REF(COPY, CMDLINE, 0, 1) }, -EBUSY,
	  "command COPY command line: given a second time", true },
	{ "packed initrd", { REF(DECOMPRESS, INITRD, 0, 10) }, -EINVAL, "only a kernel", true },
	{ "packed command line", { REF(DECOMPRESS, CMDLINE, 0, 10) }, -EINVAL, "only a kernel",
	  true },
	{ "DONE without a kernel", { REF(COPY, INITRD, 0, 1), DONE }, -EPROTO,
	  "command DONE : no kernel was named", true },
	{ "DONE with a payload", { KERNEL, { .cmd = KEXEC_BPF_DONE, .payload_len = 1, .given = 11 } },
	  -EBADMSG, "carries something", true },
	{ "DONE with a chunk", { KERNEL, { .cmd = KEXEC_BPF_DONE, .num_chunks = 1, .given = 10 } },
	  -EBADMSG, "carries something", true },
	{ "two DONEs", { KERNEL, DONE, DONE }, -EPROTO, "comes after DONE", true },
	{ "a part after DONE", { KERNEL, DONE, REF(COPY, INITRD, 0, 1) }, -EPROTO,
	  "comes after DONE", true },
};

static void put(unsigned char *to, size_t *at, uint64_t value, size_t width)
{
	for (size_t i = 0; i < width; i++)
		to[(*at)++] = value >> 8 * i;
}

static int say(struct vm_stage *s, const struct command *c)
{
	unsigned char raw[64] = { 0 };
	size_t at = 0;

	put(raw, &at, c->cmd, 2);
	put(raw, &at, c->subcmd, 1);
	put(raw, &at, c->flag, 1);
	put(raw, &at, c->payload_len, 4);
	put(raw, &at, c->num_chunks, 2);
	put(raw, &at, c->type, 2);
	put(raw, &at, c->len, 4);
	put(raw, &at, c->buf, 4);
	put(raw, &at, c->unpacked, 4);
	put(raw, &at, c->off, 8);
	put(raw, &at, c->size, 8);
	at = c->bad_at;
	put(raw, &at, c->bad_value, c->bad_width);
	return stage_command(s, (struct span){ raw, c->given });
}

static size_t length(const struct dialogue *d)
{
	size_t n = MAX;

	while (n > 1 && d->say[n - 1].cmd == 0 && d->say[n - 1].given == 0)
		n--;
	return n;
}

static void run_dialogue(const struct dialogue *d)
{
	static const unsigned char bytes[IMAGE];
	autoblob struct blob image = { 0 };
	autostage struct vm_stage s = { .enforced = d->enforced };
	size_t n = length(d);

	assert_int_equal(blob_copy(&image, (struct span){ bytes, IMAGE }, "image", NULL), 0);
	s.image = blob_whole(&image);
	for (size_t i = 0; i < n; i++) {
		int want = i + 1 == n ? d->err : 0;
		int r = say(&s, &d->say[i]);

		if (r != want)
			fail_msg("%s: command %zu: %d (%s), expected %d", d->name, i, r,
				 s.reason.text, want);
	}
	if (d->err && !strstr(s.reason.text, d->phrase))
		fail_msg("%s: '%s', expected '%s'", d->name, s.reason.text, d->phrase);
	assert_int_equal(s.done && !s.err, d->err == 0);
}

static void test_dialogues(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(dialogues); i++)
		run_dialogue(&dialogues[i]);
}

static void test_initrds(void **state)
{
	static const struct command initrd = REF(COPY, INITRD, 5, 1), kernel = KERNEL, done = DONE;
	static const unsigned char bytes[IMAGE];
	autoblob struct blob image = { 0 };
	autostage struct vm_stage s = { 0 };

	(void)state;
	assert_int_equal(blob_copy(&image, (struct span){ bytes, IMAGE }, "image", NULL), 0);
	s.image = blob_whole(&image);
	assert_int_equal(say(&s, &kernel), 0);
	for (size_t i = 0; i < 16; i++)
		assert_int_equal(say(&s, &initrd), 0);
	assert_int_equal(s.nr_initrd, 16);
	assert_int_equal(s.initrd[15].bytes.off, 5);
	assert_int_equal(say(&s, &initrd), -E2BIG);
	/* The first command that fails spoils the stage: nothing goes on as if it had not. */
	assert_int_equal(say(&s, &done), -E2BIG);
	assert_false(s.done);
	assert_string_equal(s.reason.text, "command COPY initrd: more than 16 initrds");
}

/* What is given as bytes has a limit for all together, which the last byte may reach. */
static void test_inline_limit(void **state)
{
	static const struct command kernel = INLINE(COPY, KERNEL, 20);
	static const struct command cmdline = INLINE(COPY, CMDLINE, 1);
	autostage struct vm_stage s = { .inline_bytes = LIMIT_BPF_INLINE - 20 };

	(void)state;
	assert_int_equal(say(&s, &kernel), 0);
	assert_int_equal(say(&s, &cmdline), -E2BIG);
	assert_non_null(strstr(s.reason.text, "more than 1073741824 bytes of payloads of its own"));
}

/* The tests' programs name functions by row: they must be the ones that are meant. */
static void test_function_rows(void **state)
{
	(void)state;
	assert_string_equal(vm_kfunc(KF_GET)->name, "bpf_get_parser_context");
	assert_string_equal(vm_kfunc(KF_PUT)->name, "bpf_put_parser_context");
	assert_string_equal(vm_kfunc(KF_READ)->name, "bpf_parser_read");
	assert_string_equal(vm_kfunc(KF_BUFFER)->name, "bpf_buffer_parser");
	assert_null(vm_kfunc(4));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dialogues),
		cmocka_unit_test(test_initrds),
		cmocka_unit_test(test_inline_limit),
		cmocka_unit_test(test_function_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
