/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What purgatory decides and says, on devices made of memory: an 8250 and a PL011
 * that take notes, and a text screen. On a real (emulated) machine: tests/purgatory.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* In place of purgatory/io.h. */
#define PURGATORY_IO_H
#define IO_PORTS 1

#define PORT 0x2f8
#define UART UINT64_C(0xfe215040)

static struct devices {
	char text[2000];  /* what came out of the line */
	char setup[2000]; /* writes to other registers of the UART: "reg=value " */
	unsigned int busy;
	uint8_t divisor_latch, index, crtc[256];
	uint16_t screen[80 * 25];
} dev;

static void note(char *where, size_t size, const char *format, unsigned int a, unsigned int b)
{
	size_t used = strlen(where);

	snprintf(where + used, size - used, format, a, b);
}

static void uart_get(unsigned int reg, uint8_t value)
{
	if (reg == 3)
		dev.divisor_latch = value & 0x80;
	if (reg == 0 && !dev.divisor_latch)
		note(dev.text, sizeof(dev.text), "%c", value, 0);
	else
		note(dev.setup, sizeof(dev.setup), "%x=%x ", reg, value);
}

static uint8_t uart_status(void)
{
	if (dev.busy) {
		dev.busy--;
		return 0x41;
	}
	return 0x60;
}

static uint8_t io_in8(uint16_t port)
{
	if (port == 0x3d5)
		return dev.crtc[dev.index];
	assert_int_equal(port, PORT + 5);
	return uart_status();
}

static void io_out8(uint16_t port, uint8_t value)
{
	if (port == 0x3d4)
		dev.index = value;
	else if (port == 0x3d5)
		dev.crtc[dev.index] = value;
	else if (port >= PORT && port < PORT + 8)
		uart_get(port - PORT, value);
	else
		fail_msg("write to port %#x", port);
}

static uint8_t io_read8(uint64_t address)
{
	assert_int_equal(address, UART + 5);
	return uart_status();
}

static void io_write8(uint64_t address, uint8_t value)
{
	assert_in_range(address, UART, UART + 7);
	uart_get((unsigned int)(address - UART), value);
}

static uint32_t io_read32(uint64_t address)
{
	if (address == UART + 0x18) /* PL011: full? */
		return uart_status() == 0x60 ? 0x90 : 0xb8;
	assert_int_equal(address, UART + 5 * 4);
	return uart_status();
}

static void io_write32(uint64_t address, uint32_t value)
{
	assert_in_range(address, UART, UART + 7 * 4);
	uart_get((unsigned int)(address - UART) / 4, (uint8_t)value);
}

static uint16_t *screen_at(uint64_t address)
{
	assert_in_range(address, 0xb8000, 0xb8000 + sizeof(dev.screen) - 2);
	return &dev.screen[(address - 0xb8000) / 2];
}

static uint16_t io_read16(uint64_t address)
{
	return *screen_at(address);
}

static void io_write16(uint64_t address, uint16_t value)
{
	*screen_at(address) = value;
}

#include "purgatory/console.c"
#include "purgatory/arch/x86_64/screen.c"
#include "purgatory/purgatory.c"
#include "purgatory/sha256.c"

static jmp_buf halted;
static bool mapped, was_reset;

void arch_begin(void)
{
}

void arch_console_default(struct console *c)
{
	*c = (struct console){ .serial = PORT, .io = true };
}

/* In the order that memory must be made fast and slow again, around all of the work. */
static unsigned int step;

void arch_caches_begin(const struct purgatory_params *p)
{
	assert_non_null(p);
	assert_int_equal(step++, 0);
}

void arch_tell_caches(struct console *c, sha256_blocks *blocks)
{
	(void)c;
	assert_ptr_equal(blocks, sha256_plain);
	assert_int_equal(step++, 2);
}

void arch_caches_end(const struct purgatory_params *p)
{
	assert_non_null(p);
	assert_int_equal(step, 4);
	step = 0;
}

sha256_blocks *arch_sha256_begin(uint64_t state[2])
{
	assert_int_equal(step++, 1);
	state[0] = 1;
	state[1] = 2;
	return sha256_plain;
}

void arch_sha256_end(const uint64_t state[2])
{
	assert_int_equal(state[0], 1);
	assert_int_equal(state[1], 2);
	assert_int_equal(step++, 3);
}

bool arch_map_device(uint64_t address)
{
	assert_int_equal(address, UART);
	return mapped;
}

void screen_reset(void)
{
	was_reset = true;
}

_Noreturn void arch_halt(void)
{
	longjmp(halted, 1);
}

static const uint8_t one[] = "what was", two[] = " loaded";

static int setup(void **state)
{
	(void)state;
	dev = (struct devices){ 0 };
	for (size_t i = 0; i < 80 * 25; i++)
		dev.screen[i] = 0x0720;
	mapped = true;
	was_reset = false;
	return 0;
}

static void digest_of(uint8_t ret[SHA256_SIZE], const void *bytes, size_t len)
{
	struct sha256 s;

	sha256_init(&s, sha256_plain);
	sha256_add(&s, bytes, len);
	sha256_finish(&s, ret);
}

static struct purgatory_params good(void)
{
	struct purgatory_params p = {
		.magic = PURGATORY_MAGIC,
		.version = PURGATORY_VERSION,
		.size = sizeof(p),
		.kernel_entry = 0x100000,
		.flags = PURGATORY_VERIFY | PURGATORY_SERIAL_IO,
		.nr_ranges = 2,
		.serial = PORT,
		.piece = 4,
		.ranges = { { (uintptr_t)one, sizeof(one) - 1 },
			    { (uintptr_t)two, sizeof(two) - 1 } },
	};
	/* .one and .two in pieces of 4 bytes; the last one is shorter. */
	static const char *const pieces[4] = { "what", " was", " loa", "ded" };
	uint8_t digests[4][SHA256_SIZE];

	for (size_t i = 0; i < 4; i++)
		digest_of(digests[i], pieces[i], strlen(pieces[i]));
	digest_of(p.sha256, digests, sizeof(digests));
	return p;
}

static bool starts(const struct purgatory_params *p)
{
	if (setjmp(halted))
		return false;
	purgatory_main(p);
	return true;
}

static void test_starts(void **state)
{
	struct purgatory_params p = good();

	(void)state;
	assert_true(starts(&p));
	assert_string_equal(dev.text, "purgatory: verifying what was loaded\r\n"
				      "purgatory: starting the next kernel\r\n");
	assert_string_equal(dev.setup, "");
	assert_false(was_reset);
}

static void test_silent(void **state)
{
	struct purgatory_params p = good();

	(void)state;
	p.flags = PURGATORY_VERIFY;
	assert_true(starts(&p));
	assert_string_equal(dev.text, "");
	p.sha256[0] ^= 1;
	assert_false(starts(&p));
	assert_string_equal(dev.text, "");
	p.flags = 0;
	assert_true(starts(&p));
}

/* Every byte of the digest counts, and every byte of the memory. */
static void test_digest(void **state)
{
	(void)state;
	for (size_t i = 0; i < 32; i++) {
		struct purgatory_params p = good();

		setup(NULL);
		p.sha256[i] ^= 0x80;
		assert_false(starts(&p));
		assert_non_null(strstr(dev.text, "changed in memory since; the next kernel"));
		assert_null(strstr(dev.text, "starting"));
	}
	for (size_t i = 0; i < sizeof(one) - 1; i++) {
		struct purgatory_params p = good();
		uint8_t spoilt[sizeof(one)];

		memcpy(spoilt, one, sizeof(one));
		spoilt[i] ^= 1;
		p.ranges[0].start = (uintptr_t)spoilt;
		assert_false(starts(&p));
	}
}

/* Other pieces, another digest of the same bytes; a piece may be larger than memory. */
static void test_pieces(void **state)
{
	struct purgatory_params p = good();
	uint8_t digests[2][SHA256_SIZE];

	(void)state;
	p.piece = 5;
	assert_false(starts(&p));
	digest_of(digests[0], one, sizeof(one) - 1);
	digest_of(digests[1], two, sizeof(two) - 1);
	digest_of(p.sha256, digests, sizeof(digests));
	assert_false(starts(&p));
	p.piece = UINT64_MAX;
	assert_true(starts(&p));
	p.nr_ranges = 0;
	digest_of(p.sha256, "", 0);
	assert_true(starts(&p));
}

static void check_problem(const struct purgatory_params *p, const char *text)
{
	setup(NULL);
	assert_false(starts(p));
	assert_non_null(strstr(dev.text, text));
	assert_null(strstr(dev.text, "verifying"));
}

static void test_params(void **state)
{
	struct purgatory_params p;

	(void)state;
	check_problem((p = good(), p.magic ^= 1, &p), "no parameters");
	check_problem((p = good(), p.version++, &p), "another version");
	check_problem((p = good(), p.size--, &p), "another version");
	check_problem((p = good(), p.flags |= 0x20, &p), "unknown flags");
	check_problem((p = good(), p.serial_uart = 3, &p), "unknown flags");
	check_problem((p = good(), p.piece = 0, &p), "pieces without a size");
	check_problem((p = good(), p.nr_ranges = 33, &p), "too many ranges");
	check_problem((p = good(), p.ranges[1].len = UINT64_MAX, &p), "end of memory");
	check_problem((p = good(), p.kernel_entry = 0, &p), "no kernel");
	p = good();
	p.ranges[2].len = UINT64_MAX; /* not counted */
	p.ranges[2].start = 1;
	assert_true(starts(&p));
}

static void test_baud(void **state)
{
	struct purgatory_params p = good();

	(void)state;
	p.serial_baud = 9600;
	assert_true(starts(&p));
	assert_string_equal(dev.setup, "1=0 3=83 0=c 1=0 3=3 2=7 4=3 ");
	setup(NULL);
	p.serial_baud = 115200;
	assert_true(starts(&p));
	assert_string_equal(dev.setup, "1=0 3=83 0=1 1=0 3=3 2=7 4=3 ");
	setup(NULL);
	p.serial_baud = 921600; /* more than the line has */
	assert_true(starts(&p));
	assert_string_equal(dev.setup, "1=0 3=83 0=1 1=0 3=3 2=7 4=3 ");
	setup(NULL);
	p.serial_baud = 1;
	assert_true(starts(&p));
	assert_string_equal(dev.setup, "1=0 3=83 0=ff 1=ff 3=3 2=7 4=3 ");
}

static void test_memory(void **state)
{
	(void)state;
	for (uint32_t uart = 0; uart <= PURGATORY_UART_PL011; uart++) {
		struct purgatory_params p = good();

		setup(NULL);
		p.flags = PURGATORY_SERIAL_MMIO;
		p.serial = UART;
		p.serial_uart = uart;
		p.serial_baud = 38400;
		dev.busy = 100000; /* a byte at 300 baud */
		assert_true(starts(&p));
		assert_string_equal(dev.text, "purgatory: starting the next kernel\r\n");
		assert_int_equal(dev.busy, 0);
		assert_string_equal(dev.setup, uart == PURGATORY_UART_PL011
						       ? ""
						       : "1=0 3=83 0=3 1=0 3=3 2=7 4=3 ");
		setup(NULL);
		mapped = false;
		assert_true(starts(&p));
		assert_string_equal(dev.text, "");
	}
}

/* A UART that is never ready does not keep the next kernel from starting. */
static void test_stuck(void **state)
{
	struct purgatory_params p = good();

	(void)state;
	dev.busy = UINT32_MAX;
	assert_true(starts(&p));
	assert_string_equal(dev.text, "");
	assert_int_equal(dev.busy, UINT32_MAX - PATIENCE);
}

static void row_is(unsigned int row, const char *text)
{
	char found[81] = "";

	for (int i = 0; i < 80; i++) {
		assert_int_equal(dev.screen[80 * row + i] >> 8, 0x07);
		found[i] = (char)dev.screen[80 * row + i];
	}
	for (int i = 79; i >= 0 && found[i] == ' '; i--)
		found[i] = 0;
	assert_string_equal(found, text);
}

static void test_screen(void **state)
{
	struct purgatory_params p = good();

	(void)state;
	p.flags |= PURGATORY_CONSOLE_VGA | PURGATORY_RESET_VGA;
	dev.crtc[0x0e] = 0xff; /* nowhere: from the top */
	assert_true(starts(&p));
	assert_true(was_reset);
	row_is(0, "purgatory: verifying what was loaded");
	row_is(1, "purgatory: starting the next kernel");
	assert_non_null(strstr(dev.text, "starting")); /* on both */
	assert_int_equal(dev.crtc[0x0e] << 8 | dev.crtc[0x0f], 160);
}

static void test_scroll(void **state)
{
	struct purgatory_params p = good();

	(void)state;
	p.flags = PURGATORY_CONSOLE_VGA | PURGATORY_VERIFY;
	dev.screen[80] = 0x0741;
	dev.crtc[0x0e] = (80 * 24 + 70) >> 8;
	dev.crtc[0x0f] = (80 * 24 + 70) & 0xff;
	assert_true(starts(&p));
	assert_int_equal(dev.screen[80] & 0xff, ' ');
	row_is(21,
	       "                                                                      purgatory:");
	row_is(22, " verifying what was loaded");
	row_is(23, "purgatory: starting the next kernel");
	row_is(24, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_starts, setup),
		cmocka_unit_test_setup(test_silent, setup),
		cmocka_unit_test_setup(test_digest, setup),
		cmocka_unit_test_setup(test_pieces, setup),
		cmocka_unit_test_setup(test_params, setup),
		cmocka_unit_test_setup(test_baud, setup),
		cmocka_unit_test_setup(test_memory, setup),
		cmocka_unit_test_setup(test_stuck, setup),
		cmocka_unit_test_setup(test_screen, setup),
		cmocka_unit_test_setup(test_scroll, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
