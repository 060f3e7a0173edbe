# shellcheck shell=bash disable=SC2034,SC2154
# SPDX-License-Identifier: GPL-2.0-or-later
# The boot cases of kexec_load(2): -c, and -a where it goes on to that. As in
# cases.sh, which see.

case_classic_uki() {
	what="UKI by -c: its own command line and initrd"
	put_uki
	script <<- END
		load -c -l uki.efi
		start
	END
}

case_classic_bzimage() {
	what="bzImage by -c"
	put_kernel
	put_initrd initrd
	script <<- END
		load -c -l vmlinuz --initrd=initrd --command-line="$cmdline"
		start
	END
}

# Where -i leaves the digests out, a wrong one would not be noticed: nothing to see but speed.
case_classic_no_checks() {
	what="bzImage by -c -i"
	put_kernel
	put_initrd initrd
	script <<- END
		load -c -i -l vmlinuz --initrd=initrd --command-line="$cmdline"
		start
	END
}

case_classic_big_initrd() {
	what="initrd of 64 MB by -c"
	put_kernel
	put_initrd initrd 64
	script <<- END
		load -c -l vmlinuz --initrd=initrd --command-line="$cmdline"
		start
	END
}

case_classic_debug() {
	what="-c -d -l: the lines that people look for, and it loads"
	put_kernel
	put_initrd initrd
	script <<- END
		run kexec -c -d -l vmlinuz --initrd=initrd --command-line="$cmdline"
		check "kexec -c -d -l exits with 0" rc_is 0
		check "route: segments" grep -q '^route: segments' /kxt/stderr
		check "nr_segments" grep -qx 'nr_segments = 4' /kxt/stderr
		check "segment[0].mem" grep -q '^segment.0..mem   = 0x' /kxt/stderr
		check "it is loaded" loaded_is 1
		run kexec -c -u
		check "kexec -c -u exits with 0" rc_is 0
		check "nothing is loaded any more" loaded_is 0
		load -c -l vmlinuz --initrd=initrd --command-line="$cmdline"
		start
	END
}

case_efi_classic_bzimage() {
	case_classic_bzimage
	what="EFI: $what"
}

case_efi_classic_uki() {
	case_classic_uki
	what="EFI: $what"
}

case_crash_classic_bzimage() {
	crash_case
	what="bzImage by -p -c: crash kernel with /proc/vmcore"
	cmdline_prefix='' cmdline_suffix=' elfcorehdr=[0-9]*K'
	put_kernel
	put_initrd initrd
	script <<- END
		load -p -c vmlinuz --initrd=initrd --command-line="$cmdline"
		check "the kernel says a crash kernel is loaded" crash_loaded_is 1
		crash
	END
}
