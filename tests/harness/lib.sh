# shellcheck shell=sh disable=SC2034,SC2154 # dir is the caller's
# SPDX-License-Identifier: GPL-2.0-or-later
# For shell tests that run programs on recorded machines. Wants builddir,
# top_srcdir, and dir, a folder of the test's own.

harness=$builddir/tests/harness/kexec-harness

harness_works() { [ -x "$harness" ] && "$harness" --record=/dev/null -- true 2> /dev/null; }

# The folder of a machine; those that are made are made once.
machine_dir() {
	if [ "$1" != many-e820 ]; then
		echo "$top_srcdir/tests/sysroot/$1"
		return
	fi
	[ -d "$dir/many-e820" ] || "$top_srcdir/tests/sysroot/make-many-e820" "$dir/many-e820"
	echo "$dir/many-e820"
}

# copy_of_machine NAME FOLDER: one to change
copy_of_machine() {
	cp -r "$(machine_dir "$1")" "$2"
	chmod -R u+w "$2"
}

# What tests/setup/fetch has fetched before; empty if nothing.
newest_of() {
	find "${XDG_CACHE_HOME:-$HOME/.cache}/kexec-tools/$1" -mindepth 1 -maxdepth 1 -type d \
		! -name '.*' 2> /dev/null | sort -V | tail -n 1
}

# Incompressible, the same every time.
random_bytes() { # NUMBER SEED
	awk -v n="$1" -v x="$2" 'BEGIN {
		for (i = 0; i < n; i += 8) {
			x = (x * 16807) % 2147483647
			printf "%08x", x
		}
	}' | head -c "$1"
}

# put FILE OFFSET OCTAL-BYTES
put() {
	# shellcheck disable=SC2059 # escapes
	printf "$3" | dd of="$1" bs=1 seek="$(($2))" conv=notrunc status=none
}

# A bzImage of 2 MB for loaders: protocol 2.15, 4 setup sectors, 64-bit entry, may
# lie above 4 GiB, EFI handed on, five-level page tables; alignment 2 MiB, wanted at 16 MiB, wants 64 MiB.
make_bzImage() { # FILE
	{ head -c 2560 /dev/zero; random_bytes 2000000 1; } > "$1"
	put "$1" 0x1f1 '\004'
	put "$1" 0x1fe '\125\252\353\152HdrS\017\002' # boot flag, jump, magic, 2.15
	put "$1" 0x211 '\001' # LOADED_HIGH
	put "$1" 0x214 '\000\000\020\000' # code32_start: 1 MiB
	put "$1" 0x22c '\377\377\377\177' # initrd_addr_max
	put "$1" 0x230 '\000\000\040\000\001\025\063\000\377\007' # to cmdline_size 2047
	put "$1" 0x258 '\000\000\000\001' # pref_address
	put "$1" 0x260 '\000\000\000\004' # init_size
}
