// SPDX-License-Identifier: GPL-2.0-or-later
/* kexec_load(2) and kexec_file_load(2), judged and recorded. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/cleanup.h"
#include "lib/digest.h"
#include "tests/harness/harness.h"

#define CHUNK (1 << 20)

/* Where bytes come from: the program's memory, or a descriptor of ours. */
struct source {
	const struct call *c;
	uint64_t at; /* address or offset */
	int fd;	     /* -1: memory */
};

static int source_read(const struct source *s, uint64_t off, void *to, size_t len)
{
	ssize_t n;

	if (s->fd < 0)
		return memory_read(s->c, s->at + off, to, len);
	n = pread(s->fd, to, len, (off_t)(s->at + off));
	if (n < 0)
		return -errno;
	return (size_t)n == len ? 0 : -EIO;
}

static int open_dump(const struct harness *h, const char *name)
{
	char path[PATH_MAX];
	int fd;

	if (!h->dump)
		return -1;
	snprintf(path, sizeof(path), "%s/%s", h->dump, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0)
		fprintf(stderr, "kexec-harness: %s: %s\n", path, strerror(errno));
	return fd;
}

/* Digest of @size bytes as text; they go to the file @name of the dump, too. 0 or -errno. */
static int digest_bytes(const struct source *s, uint64_t size, const char *name,
			char ret[DIGEST_TEXT])
{
	autofree char *buf = malloc(CHUNK);
	autoclose int dump = open_dump(s->c->h, name);
	unsigned char sum[DIGEST_SIZE] = { 0 };
	struct digest *d = NULL;
	int r = buf ? digest_new(&d, NULL) : -ENOMEM;

	/* Without libcrypto the digest is "-", and everything else goes on. */
	snprintf(ret, DIGEST_TEXT, "-");
	r = r == -EOPNOTSUPP ? 0 : r;
	for (uint64_t off = 0; off < size && r == 0;) {
		size_t step = size - off < CHUNK ? size - off : CHUNK;

		r = source_read(s, off, buf, step);
		if (r == 0 && d)
			r = digest_add(d, (struct span){ (unsigned char *)buf, step }, NULL);
		if (r == 0 && dump >= 0 && write(dump, buf, step) != (ssize_t)step)
			r = -EIO;
		off += step;
	}
	if (r == 0 && d) {
		r = digest_finish(d, sum, NULL);
		digest_text(ret, sum);
	}
	digest_free(d);
	return r;
}

static int record_segment(const struct call *c, const struct segment *s, unsigned int i)
{
	struct source from = { .c = c, .at = s->buf, .fd = -1 };
	char name[32], sum[DIGEST_TEXT];
	int r;

	snprintf(name, sizeof(name), "segment-%u", i);
	r = digest_bytes(&from, s->bufsz, name, sum);
	fprintf(c->h->record, "segment %u mem=%#jx memsz=%#jx bufsz=%#jx sha256=%s\n", i,
		(uintmax_t)s->mem, (uintmax_t)s->memsz, (uintmax_t)s->bufsz,
		r == 0 ? sum : errno_name(-r));
	return r;
}

/* The system call but for the right to make it. */
static int judge_segments(const struct call *c, struct segment *s)
{
	bool crash = c->args[3] & LOAD_ON_CRASH;
	struct machine *m = &c->h->machine;
	uint64_t nr = c->args[1];
	int r = machine_check_flags(nr, c->args[3]);

	if (r == 0)
		r = memory_read(c, c->args[2], s, nr * sizeof(*s));
	if (r < 0)
		return r;
	/* Before anything is judged, a crash kernel loses its place to the new one. */
	if (nr == 0 || crash)
		m->loaded[crash] = false;
	return nr ? machine_check_segments(m, c->args[0], s, (unsigned int)nr, crash) : 0;
}

static int kexec_load(const struct call *c)
{
	bool crash = c->args[3] & LOAD_ON_CRASH;
	struct machine *m = &c->h->machine;
	struct segment s[MAX_SEGMENTS] = { 0 };
	unsigned int nr;
	int r = machine_permits(m, crash);

	if (r == 0)
		r = judge_segments(c, s);
	nr = c->args[1] <= MAX_SEGMENTS ? (unsigned int)c->args[1] : 0;
	/* Of a refused list too, all that could be read is told. */
	for (unsigned int i = 0; i < nr && s[i].memsz; i++) {
		int e = record_segment(c, &s[i], i);

		r = r ? r : e;
	}
	if (r == 0 && nr)
		m->loaded[crash] = true;
	fprintf(c->h->record, "kexec_load entry=%#jx segments=%ju flags=%#jx",
		(uintmax_t)c->args[0], (uintmax_t)c->args[1], (uintmax_t)c->args[3]);
	return r;
}

static const char *kind_of(int fd, const struct stat *st, const char *path)
{
	int seals = fcntl(fd, F_GET_SEALS);

	if (!S_ISREG(st->st_mode))
		return "no-file";
	if (strncmp(path, "/memfd:", 7) != 0)
		return "file";
	return seals & F_SEAL_WRITE && seals & F_SEAL_SHRINK && seals & F_SEAL_GROW ? "sealed-memfd"
										    : "memfd";
}

/* Tells what @name, which is the program's descriptor @number, is. Returns ours, or -errno. */
static int record_file(const struct call *c, const char *name, int number, struct stat *ret)
{
	char link[64], path[PATH_MAX] = "", sum[DIGEST_TEXT] = "";
	struct source from = { .c = c, .fd = -1 };
	autoclose int fd = memory_descriptor(c, number);

	if (fd < 0 || fstat(fd, ret) < 0) {
		fprintf(c->h->record, "%s no descriptor\n", name);
		return -EBADF;
	}
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	if (readlink(link, path, sizeof(path) - 1) < 0)
		path[0] = '\0';
	from.fd = fd;
	if (S_ISREG(ret->st_mode) && digest_bytes(&from, ret->st_size, name, sum) < 0)
		return -EIO;
	fprintf(c->h->record, "%s %s size=%jd sha256=%s path=", name, kind_of(fd, ret, path),
		(intmax_t)ret->st_size, sum[0] ? sum : "-");
	record_text(c->h->record, path);
	fputc('\n', c->h->record);
	if (!S_ISREG(ret->st_mode))
		return -EINVAL;
	if ((fcntl(fd, F_GETFL) & O_ACCMODE) == O_WRONLY)
		return -EBADF;
	return take_fd(&fd);
}

static int judge_kernel(const struct call *c, bool crash)
{
	unsigned char head[1024] = { 0 };
	struct stat st;
	autoclose int fd = record_file(c, "kernel", (int)c->args[0], &st);
	ssize_t n;
	int r;

	if (fd < 0)
		return fd;
	n = pread(fd, head, sizeof(head), 0);
	r = machine_check_kernel(head, n < 0 ? 0 : n, st.st_size, c->args[2]);
	if (r == 0 && crash && c->h->machine.crash_end == 0)
		r = -EADDRNOTAVAIL;
	return r;
}

static int record_cmdline(const struct call *c)
{
	autofree char *text = NULL;
	int dump;

	if (c->args[2] == 0)
		return 0;
	text = c->args[2] < CHUNK ? malloc(c->args[2]) : NULL;
	if (!text)
		return -ENOMEM;
	if (memory_read(c, c->args[3], text, c->args[2]) < 0)
		return -EFAULT;
	if (text[c->args[2] - 1] != '\0')
		return -EINVAL;
	fputs("cmdline ", c->h->record);
	record_bytes(c->h->record, text, c->args[2] - 1);
	fputc('\n', c->h->record);
	dump = open_dump(c->h, "cmdline");
	if (dump >= 0) {
		if (write(dump, text, c->args[2] - 1) < 0)
			perror("kexec-harness: cmdline");
		close(dump);
	}
	return 0;
}

static int judge_files(const struct call *c, bool crash)
{
	struct stat st;
	int r;

	if (c->args[4] & ~(uint64_t)(FILE_UNLOAD | FILE_ON_CRASH | FILE_NO_INITRAMFS | FILE_DEBUG))
		return -EINVAL;
	if (crash) /* gives way to the next one before that is looked at */
		c->h->machine.loaded[true] = false;
	if (c->args[4] & FILE_UNLOAD) {
		c->h->machine.loaded[crash] = false;
		return 0;
	}
	r = judge_kernel(c, crash);
	if (!(c->args[4] & FILE_NO_INITRAMFS)) {
		int fd = record_file(c, "initrd", (int)c->args[1], &st);

		if (fd >= 0)
			close(fd);
		r = r ? r : fd < 0 ? fd : 0;
	}
	if (r == 0)
		r = record_cmdline(c);
	if (r == 0)
		c->h->machine.loaded[crash] = true;
	return r;
}

static int kexec_file_load(const struct call *c)
{
	bool crash = c->args[4] & FILE_ON_CRASH;
	int r = machine_permits(&c->h->machine, crash);

	if (r == 0)
		r = judge_files(c, crash);
	fprintf(c->h->record, "kexec_file_load cmdline_len=%ju flags=%#jx", (uintmax_t)c->args[2],
		(uintmax_t)c->args[4]);
	return r;
}

struct answer kexec_call(const struct call *c)
{
	const char *name = c->nr == SYS_kexec_load ? "kexec_load" : "kexec_file_load";
	int r = c->nr == SYS_kexec_load ? kexec_load(c) : kexec_file_load(c);

	for (int i = 0; i < c->h->nr_answers; i++) {
		if (strcmp(c->h->answers[i].syscall, name) == 0)
			r = -c->h->answers[i].err;
	}
	record_result(c, r);
	return value(r);
}
