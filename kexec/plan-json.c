// SPDX-License-Identifier: GPL-2.0-or-later
/* The plan for programs. kexec(8) documents each member; a test compares both. */
#include <string.h>

#include "kexec/file-type.h"
#include "kexec/plan.h"

static void write_part(struct json *j, const char *key, const struct boot_part *p)
{
	json_object(j, key);
	json_string(j, "file", p->bytes.blob->name);
	json_number(j, "offset", p->bytes.off);
	json_number(j, "size", p->bytes.len);
	json_string(j, "origin", p->origin);
	json_end(j);
}

static void write_detached(struct json *j, const struct detached *d)
{
	if (!d) {
		json_null(j, "detached");
		return;
	}
	json_object(j, "detached");
	json_string(j, "file", d->parser.name);
	json_number(j, "size", d->parser.size);
	json_bool(j, "signed", d->signature > 0);
	json_bool(j, "envelope", d->envelope.kind != BLOB_NONE);
	json_end(j);
}

static void write_image(struct json *j, const struct boot_image *img)
{
	json_array(j, "layers");
	for (size_t i = 0; i < img->nr_layers; i++)
		json_string(j, NULL, img->layers[i]->name);
	json_end(j);
	write_part(j, "kernel", &img->kernel);
	json_array(j, "initrds");
	for (size_t i = 0; i < img->nr_initrd; i++)
		write_part(j, NULL, &img->initrd[i]);
	json_end(j);
	if (img->dtb.bytes.blob)
		write_part(j, "dtb", &img->dtb);
	else
		json_null(j, "dtb");
	json_bool(j, "parser", img->parser.blob);
	json_string(j, "cmdline", img->cmdline);
	json_string(j, "cmdline_origin", img->cmdline ? img->cmdline_origin : NULL);
}

static void write_segments(struct json *j, const struct segments_job *job)
{
	const struct segments *s = &job->segments;

	json_string(j, "crash_cmdline", job->o->crash ? job->cmdline : NULL);
	json_number(j, "entry", s->entry);
	json_array(j, "segments");
	for (size_t i = 0; i < s->nr; i++) {
		const struct segment *seg = &s->list[i];

		json_object(j, NULL);
		json_string(j, "name", seg->name);
		json_number(j, "address", seg->mem);
		json_number(j, "memory", seg->memsz);
		json_number(j, "size", seg->bytes.blob ? seg->bytes.len : 0);
		json_bool(j, "verified", job->verified && !seg->unverified);
		json_end(j);
	}
	json_end(j);
}

static void write_load(struct json *j, const struct plan *p)
{
	bool segments = p->route == ROUTE_SEGMENTS;

	json_object(j, "load");
	json_string(j, "for", p->crash ? "crash" : "reboot");
	json_string(j, "route", route_name(p->route));
	json_string(j, "syscall", segments ? "kexec_load" : "kexec_file_load");
	json_number(j, "flags", segments ? p->job->flags : plan_file_flags(p));
	write_image(j, p->image);
	write_detached(j, p->detached);
	kho_json(j, p->handover, p->kho);
	if (segments)
		write_segments(j, p->job);
	json_end(j);
}

void plan_json(FILE *f, const struct kexec_options *o, const struct plan *p)
{
	struct json j = { .f = f };

	json_object(&j, NULL);
	json_number(&j, "schema", PLAN_SCHEMA);
	json_string(&j, "unload", !o->unload ? NULL : o->crash ? "crash" : "reboot");
	if (p)
		write_load(&j, p);
	else
		json_null(&j, "load");
	json_array(&j, "then");
	if (o->exec && !o->no_sync)
		json_string(&j, NULL, "sync");
	if (o->exec && !o->no_ifdown)
		json_string(&j, NULL, "ifdown");
	if (o->exec)
		json_string(&j, NULL, "exec");
	if (o->shutdown)
		json_string(&j, NULL, "shutdown");
	json_end(&j);
	json_end(&j);
}

void status_json(FILE *f, bool reboot, bool loaded, int handover, const struct kho *kho)
{
	struct json j = { .f = f };

	json_object(&j, NULL);
	json_number(&j, "schema", PLAN_SCHEMA);
	json_string(&j, "for", reboot ? "reboot" : "crash");
	json_bool(&j, "loaded", loaded);
	kho_json(&j, handover, kho);
	json_end(&j);
}
