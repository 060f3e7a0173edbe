// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The first process of every kernel the boot tests start. It tells on the
 * serial line what this kernel is and what it was given, one "KXT" line per
 * fact, so that the host can compare with what should have arrived:
 *
 *	KXT begin ID			/kxt/id of the initrd
 *	KXT uname 6.1.0-50-cloud-amd64
 *	KXT ticks N			arm64: nanoseconds, which kexec does not reset
 *	KXT page_size BYTES
 *	KXT build_id HEX | none		which kernel this is
 *	KXT notes SHA256		that and other notes, /sys/kernel/notes
 *	KXT cmdline TEXT		/proc/cmdline, verbatim
 *	KXT initrd SIZE SHA256		needs retain_initrd
 *	KXT efi yes runtime | yes | no
 *	KXT efi_trouble LINE		of the kernel log, one at most
 *	KXT vmcore no | SIZE ELF ...	what the crash kernel sees, CPUs' notes counted
 *	KXT usable_ranges N		of memory that a device tree leaves a crash kernel
 *	KXT dmesg STATUS start=yes|no panic=yes|no	and what vmcore-dmesg makes of it
 *	KXT end ID
 *
 * Then it mounts the test disk and runs the script /disk/NEXT/script, NEXT read
 * from /kxt/next: that loads and starts the next kernel. Without a next one it
 * powers off. Statically linked and on its own: it must say something even if
 * everything else about the boot went wrong. "/init ticks" only tells those.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "attest-sha256.h"

static int console = -1;

__attribute__((format(printf, 1, 2)))
static void say(const char *fmt, ...)
{
	static char line[8192];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (n >= (int)sizeof(line))
		n = sizeof(line) - 1;
	for (int off = 0, r; off < n; off += r) {
		r = write(console, line + off, n - off);
		if (r < 0)
			break;
	}
}

/* Reads a small file as one line; "-" if it is not there. */
static const char *slurp(const char *path)
{
	static char buf[4][8192];
	static int turn;
	char *s = buf[turn++ % 4];
	int fd = open(path, O_RDONLY);
	ssize_t n = fd < 0 ? -1 : read(fd, s, sizeof(buf[0]) - 1);

	if (fd >= 0)
		close(fd);
	if (n < 0)
		return "-";
	s[n] = 0;
	s[strcspn(s, "\n")] = 0;
	return s;
}

/* Hashes at most size bytes from off on. */
static void hash_range(const char *what, int fd, off_t off, size_t size)
{
	static uint8_t buf[1 << 16];
	struct sha256 s = sha256_start;
	unsigned long long total = 0;
	char hex[65];
	ssize_t n;

	while (total < size) {
		n = pread(fd, buf, size - total < sizeof(buf) ? size - total : sizeof(buf),
			  off + total);
		if (n <= 0)
			break;
		sha256_add(&s, buf, n);
		total += n;
	}
	sha256_finish(&s, hex);
	say("KXT %s %llu %s\n", what, total, hex);
}

static void hash_file(const char *what, const char *path)
{
	int fd = open(path, O_RDONLY);

	if (fd < 0)
		say("KXT %s absent\n", what);
	else
		hash_range(what, fd, 0, SIZE_MAX);
	if (fd >= 0)
		close(fd);
}

/* A number of the device tree's, of 4 or 8 bytes, big endian; 0: none. */
static uint64_t tree_number(const char *name)
{
	unsigned char byte[8];
	uint64_t number = 0;
	char path[256];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/device-tree/chosen/%s", name);
	fd = open(path, O_RDONLY);
	n = fd < 0 ? 0 : read(fd, byte, sizeof(byte));
	if (fd >= 0)
		close(fd);
	for (ssize_t i = 0; i < n; i++)
		number = number << 8 | byte[i];
	return number;
}

/* What x86's boot parameters or a device tree say. */
static void find_initrd(uint64_t *image, uint64_t *size)
{
	uint32_t low[2] = { 0 }, high[2] = { 0 }; /* address and size */
	int params = open("/sys/kernel/boot_params/data", O_RDONLY);

	if (params < 0) {
		*image = tree_number("linux,initrd-start");
		*size = tree_number("linux,initrd-end") - *image;
		return;
	}
	if (pread(params, low, 8, 0x218) != 8 || pread(params, high, 8, 0xc0) != 8)
		low[1] = high[1] = 0;
	*image = (uint64_t)high[0] << 32 | low[0];
	*size = (uint64_t)high[1] << 32 | low[1];
	close(params);
}

/* Kernels before 6.3 have no /sys/firmware/initrd, but /proc/kcore shows that memory. */
static void hash_initrd_in_memory(void)
{
	int core = open("/proc/kcore", O_RDONLY);
	uint64_t image = 0, size = 0;
	Elf64_Ehdr h = { 0 };
	Elf64_Phdr p;

	find_initrd(&image, &size);
	if (core < 0 || pread(core, &h, sizeof(h), 0) != sizeof(h))
		size = 0;
	for (int i = 0; size && i < h.e_phnum; i++) {
		if (pread(core, &p, sizeof(p), h.e_phoff + i * sizeof(p)) != sizeof(p))
			break;
		if (p.p_type == PT_LOAD && p.p_paddr <= image && image - p.p_paddr < p.p_memsz) {
			hash_range("initrd", core, p.p_offset + (image - p.p_paddr), size);
			goto out;
		}
	}
	say("KXT initrd absent\n");
out:
	close(core);
}

static void hash_initrd(void)
{
	if (access("/sys/firmware/initrd", F_OK) == 0)
		hash_file("initrd", "/sys/firmware/initrd");
	else
		hash_initrd_in_memory();
}

/* From one note to the next. */
static ssize_t note_size(const Elf64_Nhdr *n)
{
	return sizeof(*n) + ((n->n_namesz + 3ul) & ~3ul) + ((n->n_descsz + 3ul) & ~3ul);
}

static void tell_build_id(void)
{
	static char notes[1 << 12];
	int fd = open("/sys/kernel/notes", O_RDONLY);
	ssize_t size = fd < 0 ? 0 : read(fd, notes, sizeof(notes));
	char hex[2 * 20 + 1] = "none";
	Elf64_Nhdr n;

	if (fd >= 0)
		close(fd);
	for (ssize_t off = 0; off + (ssize_t)sizeof(n) <= size; off += note_size(&n)) {
		memcpy(&n, notes + off, sizeof(n));
		if (n.n_type != NT_GNU_BUILD_ID || n.n_namesz != 4 || n.n_descsz != 20 ||
		    off + note_size(&n) > size || memcmp(notes + off + sizeof(n), "GNU", 4))
			continue;
		for (int i = 0; i < 20; i++)
			sprintf(hex + 2 * i, "%02x", (uint8_t)notes[off + sizeof(n) + 4 + i]);
	}
	say("KXT build_id %s\n", hex);
}

/* Registers of how many CPUs are in the first segment of notes? The kernel joins them all. */
static unsigned int count_prstatus(int fd, const Elf64_Ehdr *h)
{
	static char notes[1 << 16];
	unsigned int nr = 0;
	Elf64_Phdr p;
	Elf64_Nhdr n;
	ssize_t size;

	if (pread(fd, &p, sizeof(p), h->e_phoff) != sizeof(p) || p.p_type != PT_NOTE)
		return 0;
	size = sizeof(notes) < p.p_filesz ? sizeof(notes) : p.p_filesz;
	size = pread(fd, notes, size, p.p_offset);
	for (ssize_t off = 0; off + (ssize_t)sizeof(n) <= size; off += note_size(&n)) {
		memcpy(&n, notes + off, sizeof(n));
		if (n.n_namesz == 5 && n.n_type == NT_PRSTATUS &&
		    !memcmp(notes + off + sizeof(n), "CORE", 5))
			nr++;
	}
	return nr;
}

static void tell_vmcore(void)
{
	static const char magic[] = ELFMAG;
	struct stat st;
	Elf64_Ehdr h;
	int fd = open("/proc/vmcore", O_RDONLY);

	if (fd < 0) {
		say("KXT vmcore no\n");
		return;
	}
	if (fstat(fd, &st) < 0 || read(fd, &h, sizeof(h)) != sizeof(h))
		say("KXT vmcore unreadable: %s\n", strerror(errno));
	else
		say("KXT vmcore %lld magic=%s type=%u machine=%u phnum=%u prstatus=%u\n",
		    (long long)st.st_size, memcmp(h.e_ident, magic, SELFMAG) ? "bad" : "ELF",
		    h.e_type, h.e_machine, h.e_phnum, count_prstatus(fd, &h));
	close(fd);
}

/* Of the ranges that a device tree leaves a crash kernel, 16 bytes each. */
static void tell_usable(void)
{
	struct stat st;

	if (stat("/proc/device-tree/chosen/linux,usable-memory-range", &st) == 0)
		say("KXT usable_ranges %lld\n", (long long)st.st_size / 16);
}

static int is_trouble(const char *line)
{
	static const char *const words[] = { "rror", "ailed", "ailure", "nvalid", "BUG", "WARN",
					     "bogus" };

	if (!strstr(line, "efi:") && !strstr(line, "EFI"))
		return 0;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strstr(line, words[i]))
			return 1;
	return 0;
}

/* What the kernel could not make of the firmware that it was told of. */
static void tell_efi(void)
{
	static char log[1 << 20];
	const char *trouble = "";
	int n;

	if (access("/sys/firmware/efi", F_OK) != 0)
		say("KXT efi no\n");
	else
		say("KXT efi yes%s\n", access("/sys/firmware/efi/runtime", F_OK) ? "" : " runtime");
	n = klogctl(3, log, sizeof(log) - 1);
	log[n > 0 ? n : 0] = 0;
	for (char *line = strtok(log, "\n"); line; line = strtok(NULL, "\n"))
		if (is_trouble(line))
			trouble = line;
	say("KXT efi_trouble %s\n", trouble);
}

/* The log of the kernel that crashed: from its first message to its last words. */
static void tell_dmesg(void)
{
	static const char start[] = "] Linux version ", panic[] = "] Kernel panic - not syncing: ";
	int status, has_start = 0, has_panic = 0;
	char line[1024];
	FILE *log;

	if (access("/proc/vmcore", F_OK) || access("/sbin/vmcore-dmesg", X_OK))
		return;
	log = popen("/sbin/vmcore-dmesg /proc/vmcore", "r");
	while (log && fgets(line, sizeof(line), log)) {
		has_start |= strstr(line, start) != NULL;
		has_panic |= has_start && strstr(line, panic);
	}
	status = log ? pclose(log) : -1;
	say("KXT dmesg %d start=%s panic=%s\n", WIFEXITED(status) ? WEXITSTATUS(status) : -1,
	    has_start ? "yes" : "no", has_panic ? "yes" : "no");
}

/* The machine's counter, in nanoseconds: it goes on through kexec. 0: not read here. */
static unsigned long long ticks(void)
{
	unsigned long long now = 0, frequency = 1;

#ifdef __aarch64__
	__asm__ volatile("mrs %0, cntvct_el0" : "=r"(now));
	__asm__ volatile("mrs %0, cntfrq_el0" : "=r"(frequency));
#endif
	return now / frequency * 1000000000 + now % frequency * 1000000000 / frequency;
}

static void attest(void)
{
	unsigned long long now = ticks();
	struct utsname u;

	uname(&u);
	say("\nKXT begin %s\n", slurp("/kxt/id"));
	say("KXT uname %s\n", u.release);
	if (now)
		say("KXT ticks %llu\n", now);
	say("KXT page_size %ld\n", sysconf(_SC_PAGESIZE));
	tell_build_id();
	hash_file("notes", "/sys/kernel/notes");
	say("KXT cmdline %s\n", slurp("/proc/cmdline"));
	hash_initrd();
	tell_efi();
	tell_vmcore();
	tell_usable();
	tell_dmesg();
	say("KXT end %s\n", slurp("/kxt/id"));
}

static void open_console(void)
{
	/* A stock kernel for arm64 has a ttyS0 as well, which leads nowhere. */
	static const char *const names[] = { "/dev/ttyAMA0", "/dev/ttyS0", "/dev/console" };

	for (size_t i = 0; console < 0 && i < sizeof(names) / sizeof(names[0]); i++)
		console = open(names[i], O_RDWR | O_NOCTTY);
	for (int fd = 0; fd < 3; fd++)
		dup2(console, fd);
	/* Nothing of the kernel's may land in the middle of our lines. */
	klogctl(8, NULL, 1);
}

static void load_modules(void)
{
	char path[512], name[128];
	struct utsname u;
	FILE *order;
	int fd;

	uname(&u);
	snprintf(path, sizeof(path), "/lib/modules/%s/order", u.release);
	order = fopen(path, "r");
	while (order && fscanf(order, "%127s", name) == 1) {
		snprintf(path, sizeof(path), "/lib/modules/%s/%s", u.release, name);
		fd = open(path, O_RDONLY);
		if (fd < 0 || (syscall(SYS_finit_module, fd, "", 0) < 0 && errno != EEXIST))
			say("KXT problem module %s: %s\n", name, strerror(errno));
		if (fd >= 0)
			close(fd);
	}
	if (order)
		fclose(order);
}

/* The disk may take a moment to appear after its driver. */
static int mount_disk(void)
{
	for (int i = 0; i < 100; i++) {
		if (!mount("/dev/vda", "/disk", "ext4", MS_RDONLY, NULL))
			return 0;
		usleep(50000);
	}
	say("KXT problem mounting the disk: %s\n", strerror(errno));
	return -1;
}

static void run_next(const char *next)
{
	char script[300];
	pid_t child;

	snprintf(script, sizeof(script), "/disk/%s/script", next);
	/* A kernel without disks has it all in its initrd. */
	if (access(script, R_OK) != 0) {
		load_modules();
		if (mount_disk() < 0)
			return;
	}
	child = fork();
	if (child) {
		/* The first process must outlive a script that fails. */
		while (wait(NULL) != child)
			;
		return;
	}
	setenv("PATH", "/sbin:/bin:/usr/sbin:/usr/bin", 1);
	setenv("CASE", next, 1);
	execl("/bin/busybox", "sh", script, (char *)NULL);
	say("KXT problem running %s: %s\n", script, strerror(errno));
	_exit(127);
}

static void mount_all(void)
{
	static const char *const dirs[] = { "/proc", "/sys", "/dev", "/tmp", "/disk" };

	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++)
		mkdir(dirs[i], 0755);
	mount("proc", "/proc", "proc", 0, NULL);
	mount("sysfs", "/sys", "sysfs", 0, NULL);
	mount("dev", "/dev", "devtmpfs", 0, NULL);
	mount("tmp", "/tmp", "tmpfs", 0, NULL);
}

int main(int argc, char **argv)
{
	const char *next;

	if (argc > 1 && !strcmp(argv[1], "ticks"))
		return printf("%llu\n", ticks()) < 0;
	mount_all();
	open_console();
	attest();
	next = slurp("/kxt/next");
	if (next[0] != '-')
		run_next(next);
	say("KXT off\n");
	sync();
	reboot(RB_POWER_OFF);
	/* A kernel without ACPI stays; QEMU's -no-reboot makes this an end. */
	reboot(RB_AUTOBOOT);
	pause();
	return 1;
}
