// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Memory that is to survive a kexec, by the kernel's own means: a memfd in a session of
 * /dev/liveupdate (Linux 6.19 and later, liveupdate=on).
 *
 *	luo make MIB	random bytes
 *	luo take	those that the kernel before this one preserved
 *
 * Both print "KXT hash SHA256" of what is in it, and preserve it for the next kernel: a
 * child holds the session for as long as this kernel runs. Statically linked.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

/* linux/liveupdate.h, which the machine that builds this need not have */
#define CREATE_SESSION	 _IO(0xba, 0x00)
#define RETRIEVE_SESSION _IO(0xba, 0x01)
#define PRESERVE_FD	 _IO(0xba, 0x40)
#define RETRIEVE_FD	 _IO(0xba, 0x41)
#define FINISH		 _IO(0xba, 0x42)

struct session {
	uint32_t size;
	int32_t fd;
	uint8_t name[64];
};

struct token {
	uint32_t size;
	int32_t fd;
	uint64_t token;
};

struct finish {
	uint32_t size, reserved;
};

#define TOKEN 0x6b786b78

static void die(const char *what)
{
	printf("KXT problem luo: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int session(int device, unsigned long how, const char *what)
{
	struct session s = { .size = sizeof(s), .name = "kexec-test" };

	if (ioctl(device, how, &s) < 0)
		die(what);
	return s.fd;
}

static int make(size_t mib)
{
	int fd = memfd_create("kexec-test", MFD_CLOEXEC);
	char block[4096];

	if (fd < 0)
		die("memfd_create");
	for (size_t i = 0; i < mib * 256; i++)
		if (getrandom(block, sizeof(block), 0) != sizeof(block) ||
		    write(fd, block, sizeof(block)) != sizeof(block))
			die("write");
	return fd;
}

static int take(int device)
{
	struct token t = { .size = sizeof(t), .token = TOKEN };
	int s = session(device, RETRIEVE_SESSION, "retrieve session");

	if (ioctl(s, RETRIEVE_FD, &t) < 0)
		die("retrieve file");
	if (ioctl(s, FINISH, &(struct finish){ .size = sizeof(struct finish) }) < 0)
		die("finish");
	close(s);
	return t.fd;
}

static void tell_hash(int fd)
{
	FILE *sum = popen("sha256sum | sed 's/^/KXT hash /; s/  -$//'", "w");
	struct stat st;
	void *data;

	fflush(stdout);
	if (!sum || fstat(fd, &st) < 0)
		die("sha256sum");
	data = mmap(NULL, st.st_size, PROT_READ, MAP_SHARED, fd, 0);
	if (data == MAP_FAILED)
		die("mmap");
	if (fwrite(data, 1, st.st_size, sum) != (size_t)st.st_size || pclose(sum) != 0)
		die("sha256sum");
	munmap(data, st.st_size);
}

int main(int argc, char **argv)
{
	struct token t = { .size = sizeof(t), .token = TOKEN };
	int device = open("/dev/liveupdate", O_RDWR | O_CLOEXEC);
	int s;

	if (device < 0)
		die("/dev/liveupdate");
	if (argc == 3 && strcmp(argv[1], "make") == 0)
		t.fd = make(strtoul(argv[2], NULL, 10));
	else if (argc == 2 && strcmp(argv[1], "take") == 0)
		t.fd = take(device);
	else
		return 2;
	tell_hash(t.fd);
	s = session(device, CREATE_SESSION, "create session");
	if (ioctl(s, PRESERVE_FD, &t) < 0)
		die("preserve");
	printf("KXT preserved\n");
	fflush(stdout);
	close(device);
	if (fork() == 0) {
		/* Nobody waits for what is open here. */
		close(0);
		close(1);
		close(2);
		for (;;)
			pause();
	}
	return 0;
}
