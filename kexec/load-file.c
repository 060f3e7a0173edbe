// SPDX-License-Identifier: GPL-2.0-or-later
#include "kexec/formats/pe.h"
#include "kexec/load-file.h"
#include "kexec/sys.h"

const char *route_name(enum route route)
{
	switch (route) {
	case ROUTE_DETACHED:
		return "detached";
	case ROUTE_WHOLE:
		return "whole";
	case ROUTE_AS_IS:
		return "as-is";
	case ROUTE_UNPACKED:
		return "unpacked";
	case ROUTE_SEGMENTS:
		return "segments";
	default:
		return "none";
	}
}

enum route load_file_route(const struct boot_image *img, const struct arch_ops *arch)
{
	if (!arch_file_loads(arch, img->layers[img->nr_layers - 1]))
		return ROUTE_NONE;
	return img->nr_layers == 1 ? ROUTE_AS_IS : ROUTE_UNPACKED;
}

bool load_file_has_parser(const struct boot_image *img)
{
	return img->parser.blob && !img->altered;
}

static bool has_own_fd(const struct extent *e)
{
	return e->blob->kind != BLOB_MEMORY && extent_is_whole(e);
}

static int prepare_kernel(struct file_request *req, const struct extent *kernel, struct why *w)
{
	int r;

	if (has_own_fd(kernel)) {
		req->kernel_fd = kernel->blob->fd;
		return 0;
	}
	r = blob_memfd(&req->kernel, "kernel", w);
	if (r == 0)
		r = blob_append_extent(&req->kernel, kernel, w);
	if (r == 0)
		r = blob_seal(&req->kernel, w);
	req->kernel_fd = req->kernel.fd;
	return r;
}

static int prepare_initrd(struct file_request *req, const struct boot_image *img, struct why *w)
{
	int r;

	if (img->nr_initrd == 1 && has_own_fd(&img->initrd[0].bytes)) {
		req->initrd_fd = img->initrd[0].bytes.blob->fd;
		return 0;
	}
	r = blob_memfd(&req->initrd, "initrd", w);
	if (r == 0)
		r = boot_image_join_initrd(img, &req->initrd, w);
	if (r == 0)
		r = blob_seal(&req->initrd, w);
	req->initrd_fd = req->initrd.fd;
	return r;
}

static int prepare(struct file_request *ret, const struct boot_image *img,
		   const struct extent *kernel, bool with_initrd, bool with_cmdline,
		   unsigned long flags, struct why *w)
{
	struct file_request req = {
		.initrd_fd = -1,
		.flags = flags,
		.cmdline = with_cmdline && img->cmdline ? img->cmdline : "",
	};
	int r = prepare_kernel(&req, kernel, w);

	if (r == 0 && with_initrd)
		r = prepare_initrd(&req, img, w);
	if (r < 0) {
		file_request_done(&req);
		return r;
	}
	if (req.initrd_fd < 0)
		req.flags |= KEXEC_FILE_NO_INITRAMFS;
	*ret = req;
	return 0;
}

int load_file_prepare(struct file_request *ret, const struct boot_image *img, unsigned long flags,
		      struct why *w)
{
	struct extent kernel = img->kernel.bytes;

	/* A zboot build pads its kernel with zeros, which would spoil the kernel's signature. */
	if (img->nr_layers > 1) {
		int r = pe_cut_at_certificates(&kernel, w);

		if (r < 0)
			return r;
	}
	return prepare(ret, img, &kernel, img->nr_initrd > 0, true, flags, w);
}

int load_file_prepare_whole(struct file_request *ret, const struct boot_image *img,
			    unsigned long flags, struct why *w)
{
	struct extent file = blob_whole(img->parser.blob);
	/* Given initrds have replaced all embedded ones: the first tells for all. */
	bool given = img->nr_initrd > 0 && img->initrd[0].given;

	return prepare(ret, img, &file, given, img->cmdline_given, flags, w);
}

void load_file_prepare_detached(struct file_request *ret, const struct boot_image *img,
				const struct detached *d, unsigned long flags)
{
	bool wrapped = d->envelope.kind != BLOB_NONE;

	*ret = (struct file_request){
		.kernel_fd = d->parser.fd,
		.initrd_fd = wrapped ? d->envelope.fd : img->blobs[0]->fd,
		.cmdline = img->cmdline_given ? img->cmdline : "",
		.flags = flags,
	};
}

void file_request_done(struct file_request *req)
{
	blob_done(&req->kernel);
	blob_done(&req->initrd);
	*req = (struct file_request){ .kernel_fd = -1, .initrd_fd = -1 };
}
