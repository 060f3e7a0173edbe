# shellcheck shell=bash disable=SC2034,SC2154
# SPDX-License-Identifier: GPL-2.0-or-later
# The cases. Each says what it is (what), what the first kernel is told (options), what the
# crash kernel must find on its command line (cmdline, a pattern), and writes what the
# first (script) and the crash kernel (after) run; files are there for the first, too.

crash_line="console=ttyS0 retain_initrd nr_cpus=1 no_timer_check kho=off"
by_file="elfcorehdr=0x* "
with_keys="${by_file}dmcryptkeys=0x* "

case_keys() {
	what="keys of encrypted volumes, by -p -s"
	options="crashkernel=256M"
	cmdline="$with_keys$crash_line kxt_long=* kxt_one=* kxt_two=*"
	script <<- 'END'
		mount_configfs
		mkdir $keys/one
		refused_with 253 'file description was not written' -s
		refused_with 255 'file description was not written' -a
		rmdir $keys/one
		name_key one
		refused_with 255 'is in no keyring that this process can search' -s
		refused_with 255 'is in no keyring that this process can search' -a
		make_key one 300
		refused_with 253 'more than 256 bytes' -s

		make_key one 256
		make_key two 32
		name_key two
		run kexec -c -p bzImage --initrd=initrd --command-line=x
		check "-c loads" rc_is 0
		check "and says that the keys stay behind" told 'does not pass on the dm-crypt keys'
		kexec -p -u

		run kexec -s -p --dry-run bzImage --command-line=x
		most=$(sed -n 's/.*of at most \([0-9]*\).*/\1/p' /kxt/stdout)
		line="@LINE@ kxt_long= kxt_one=$(hash_of /kxt/key-one) kxt_two=$(hash_of /kxt/key-two)"
		long=$(head -c $((most - ${#line})) /dev/zero | tr '\0' x)
		line="@LINE@ kxt_long=$long kxt_one=$(hash_of /kxt/key-one) kxt_two=$(hash_of /kxt/key-two)"
		refused_with 253 "shorten it by 1$" -s "${line}x"
		load -p -s bzImage --initrd=initrd --command-line="$line"
		check "the longest command line is loaded" crash_loaded_is 1

		run probe apart kexec -s -p bzImage --initrd=initrd --command-line=x
		check "another session's keyrings: exit status 255" rc_is 255
		check "says which process can" told 'run kexec in the session that put it there'
		check "and that nothing is loaded any more" told 'loaded before is gone'

		load -p -s bzImage --initrd=initrd --command-line="$line"
		probe timeout logon cryptsetup:one 1
		sleep 2
		echo 1 > $keys/reuse
		load -p -s bzImage --initrd=initrd --command-line="$line"
		check "keys that have expired are used again" crash_loaded_is 1
		crash
	END
	sed -i "s|@LINE@|$crash_line|" "$dir/script"
	after <<- 'END'
		restored one two
	END
}

# Where the kernel takes a UKI apart, in a kernel thread, it still is the caller's keyring.
case_keys_whole() {
	what="keys of encrypted volumes, UKI whole by -p -s with its own initrd"
	options="crashkernel=256M"
	cmdline="$with_keys$crash_line kxt_one=*"
	: > "$dir/embedded"
	"$top/tests/images/make-uki" "$dir/plain.efi" --linux="$KERNEL" --initrd="$here/run" \
		--cmdline="embedded=must-not-be-seen" || die "make-uki failed"
	"${KEXEC%/*}/kexec-image" add-parser --parser="$BUILD/bpf/progs/uki.bpf" "$dir/plain.efi" \
		"$dir/uki.efi" || die "add-parser failed"
	files=("$dir/uki.efi")
	script <<- 'END'
		mount_configfs
		name_key one
		refused_with 255 'is in no keyring that this process can search' -s
		make_key one 64
		run kexec -d -p -s uki.efi --initrd=initrd --command-line="@LINE@ kxt_one=$(hash_of /kxt/key-one)"
		check "kexec -d -p -s exits with 0" rc_is 0
		check "whole" told '^route: whole'
		check "it is loaded" crash_loaded_is 1
		crash
	END
	sed -i "s|@LINE@|$crash_line|" "$dir/script"
	after <<- 'END'
		restored one
	END
}

# lent SYSCALL-OPTION
lent() {
	what="memory that is lent to the crash kernel, by -p $1"
	options="crashkernel=160M crashkernel=256M,cma"
	script <<- END
		check_lent
		load -p $1 bzImage --initrd=initrd --command-line="$crash_line \$(lent_words)"
		check "it is loaded" crash_loaded_is 1
		crash
	END
	after <<- 'END'
		borrowed
	END
}

case_lent_classic() {
	lent -c
	cmdline="$crash_line kxt_lent=*-*, kxt_reserved=* elfcorehdr=*K"
}

case_lent_file() {
	lent -s
	cmdline="$by_file$crash_line kxt_lent=*-*, kxt_reserved=*"
}
