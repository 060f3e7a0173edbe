// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A command that changes while the kernel carries it out. Only a parser of the posted
 * form can have one in memory that root writes to: an array map, found by its id and
 * mapped. It refers to a kernel that is inside the image at one moment and runs past
 * its end at the next; what was checked must be what is done.
 */
#include <bpf/bpf.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../../bpf/kexec-bpf.h"
#include "world.h"

/* How long one who looks twice has to wait in between, if root has a say there. */
#define SLOW_NS 2000000

#define TOO_MUCH 8	/* bytes past the end of the image, in its last page */

static struct known_maps before;

static bool prepare(struct world *w)
{
	if (!attach_hooks(w, HOLD_INSIDE))
		return refused("twice", "the hooks do not attach");
	w->hooks->slow_ns = SLOW_NS;
	return true;
}

static void remember(struct world *w)
{
	(void)w;
	remember_maps(&before);
}

/* The parser's memory, if this map is it. */
static struct kexec_bpf_ref_cmd *map_command(unsigned int id)
{
	struct bpf_map_info info = { 0 };
	unsigned int size = sizeof(info);
	int map = bpf_map_get_fd_by_id(id);
	void *p = MAP_FAILED;

	if (map >= 0 && !bpf_obj_get_info_by_fd(map, &info, &size) &&
	    info.type == BPF_MAP_TYPE_ARRAY && info.map_flags & BPF_F_MMAPABLE &&
	    info.value_size == sizeof(struct kexec_bpf_ref_cmd))
		p = mmap(NULL, info.value_size, PROT_READ | PROT_WRITE, MAP_SHARED, map, 0);
	close(map);
	return p == MAP_FAILED ? NULL : p;
}

static struct kexec_bpf_ref_cmd *find_command(void)
{
	struct kexec_bpf_ref_cmd *c = NULL;
	unsigned int now[MAX_MAPS], nr = list_maps(now);

	for (unsigned int i = 0; i < nr && !c; i++)
		if (!is_known_map(&before, now[i]))
			c = map_command(now[i]);
	return c;
}

static uint64_t rest_of(const char *image)
{
	struct stat st;

	return stat(image, &st) ? 0 : (uint64_t)st.st_size - KERNEL_OFF;
}

static void change(struct world *w)
{
	struct kexec_bpf_ref_cmd *c = world_held(w) ? find_command() : NULL;
	uint64_t lens[2] = { KERNEL_LEN, rest_of(w->image) + TOO_MUCH };
	volatile uint64_t *len;

	if (!c) {
		world_go(w);
		world_wait(w);
		return;
	}
	*c = (struct kexec_bpf_ref_cmd) {
		.hdr = { .cmd = KEXEC_BPF_COPY, .subcmd = KEXEC_BPF_KERNEL,
			 .payload_len = sizeof(c->chunk) + sizeof(c->ref), .num_chunks = 1 },
		.chunk = { .type = KEXEC_BPF_CHUNK_REF, .len = sizeof(c->ref) },
		.ref = { .off = KERNEL_OFF, .len = lens[0] },
	};
	len = (volatile uint64_t *)((char *)c + offsetof(struct kexec_bpf_ref_cmd, ref.len));
	w->tally->reached = 1;
	world_go(w);
	while (!world_ended(w))
		for (unsigned int i = 0; i < 100000; i++)
			*len = lens[i % 2];
	w->tally->done = 1;
	munmap(c, sizeof(*c));
}

const struct attacker twice_attackers[] = {
	{ "twice", prepare, remember, NULL, change },
	{ NULL, NULL, NULL, NULL, NULL }
};
