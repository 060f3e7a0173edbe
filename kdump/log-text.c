// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>

#include "kdump/log-text.h"

static void put_byte(FILE *out, unsigned char c, bool json)
{
	if (c == '\n' || c == '\t') {
		if (json)
			fputs(c == '\n' ? "\\n" : "\\t", out);
		else
			putc(c, out);
	} else if (c < 0x20 || c > 0x7e) {
		fprintf(out, json ? "\\\\x%02x" : "\\x%02x", c);
	} else {
		if (json && (c == '"' || c == '\\'))
			putc('\\', out);
		putc(c, out);
	}
}

static void put_bytes(struct log_text *t, struct span text)
{
	for (size_t i = 0; i < text.size; i++)
		put_byte(t->out, text.data[i], t->json);
}

static void put_string(struct log_text *t, const char *text)
{
	putc('"', t->out);
	put_bytes(t, (struct span){ (const unsigned char *)text, strlen(text) });
	putc('"', t->out);
}

void log_text_begin(struct log_text *t, const struct vmcore *v)
{
	char release[65];

	t->ends_line = true;
	if (!t->json)
		return;
	vmcoreinfo_release(&v->info, release, sizeof(release));
	fputs("{\n  \"release\": ", t->out);
	put_string(t, release);
	fputs(",\n  \"records\": [", t->out);
}

static void put_json_record(struct log_text *t, const struct log_record *r)
{
	fputs(t->nr ? ",\n    {" : "\n    {", t->out);
	if (r->has_seq)
		fprintf(t->out, "\"seq\": %llu, ", (unsigned long long)r->seq);
	fprintf(t->out, "\"time_ns\": %llu, ", (unsigned long long)r->ts_nsec);
	if (r->has_caller)
		fprintf(t->out, "\"%s\": %u, ", r->caller >> 31 ? "cpu" : "thread",
			r->caller & 0x7fffffff);
	fputs("\"text\": \"", t->out);
	put_bytes(t, r->text);
	fputs("\"}", t->out);
}

/* A piece of text, not of a line. */
static void put_flat(struct log_text *t, const struct log_record *r)
{
	if (t->json && t->nr == 0)
		fputs("\n    {\"text\": \"", t->out);
	put_bytes(t, r->text);
	if (r->text.size)
		t->ends_line = r->text.data[r->text.size - 1] == '\n';
}

int log_text_record(void *context, const struct log_record *r)
{
	struct log_text *t = context;

	if (!r->has_time) {
		put_flat(t, r);
	} else if (t->json) {
		put_json_record(t, r);
	} else {
		fprintf(t->out, "[%5llu.%06llu] ", (unsigned long long)(r->ts_nsec / 1000000000),
			(unsigned long long)(r->ts_nsec % 1000000000 / 1000));
		put_bytes(t, r->text);
		putc('\n', t->out);
	}
	t->nr++;
	return ferror(t->out) ? -EIO : 0;
}

int log_text_end(struct log_text *t, const struct log_sink *sink, const char *reason)
{
	bool flat = sink->layout && strcmp(sink->layout, "flat") == 0;

	if (!t->json) {
		if (!t->ends_line)
			putc('\n', t->out);
	} else {
		fputs(flat && t->nr ? "\"}\n  ],\n" : t->nr ? "\n  ],\n" : "],\n", t->out);
		fputs("  \"layout\": ", t->out);
		put_string(t, sink->layout ? sink->layout : "");
		fprintf(t->out, ",\n  \"lost\": %llu,\n  \"complete\": %s,\n  \"reason\": ",
			(unsigned long long)sink->lost, reason ? "false" : "true");
		if (reason)
			put_string(t, reason);
		else
			fputs("null", t->out);
		fputs("\n}\n", t->out);
	}
	return fflush(t->out) != 0 || ferror(t->out) ? -EIO : 0;
}
