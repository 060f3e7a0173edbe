# SPDX-License-Identifier: GPL-2.0-or-later
# In the initrd of a crash kernel: linked with the C library and codecs only.
PROGRAMS += kdump/vmcore-dmesg
DUMP_PROGRAMS += kdump/vmcore-dmesg
MANPAGES += kdump/vmcore-dmesg.8

# A dump format is one file and one row in vmcore.c, a layout of the log one in kernel-log.c.
kdump_SRC += kdump/dump-compressed.c kdump/dump-elf.c kdump/kernel-log.c kdump/log-flat.c \
	     kdump/log-records.c kdump/log-ring.c kdump/log-text.c kdump/translate.c \
	     kdump/vmcore.c kdump/vmcoreinfo.c
