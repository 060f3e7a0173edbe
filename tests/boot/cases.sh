# shellcheck shell=bash disable=SC2034,SC2154
# SPDX-License-Identifier: GPL-2.0-or-later
# The boot cases. Each is a function that runs on the host and prepares the
# folder $dir, which the loading kernel sees as its current folder, and says
# what the kernel that is started must attest:
#
#	what		the title
#	cmdline		expected command line of the started kernel
#	initrd		file whose bytes its initrd must have
#	vmcore		"yes" if it is a crash kernel
#	script		on standard input: what the loading kernel runs
#
# $kernel is the kernel to start: another one than the loader's. put_kernel,
# put_initrd and put_uki make the files vmlinuz, initrd and uki.efi in $dir.

case_uki() {
	what="UKI by -s: its own command line and initrd"
	put_uki
	script <<- END
		load -s -l uki.efi
		start
	END
}

# Whole where the kernel can: tests/boot/kernel. Here it cannot.
case_uki_parser() {
	what="UKI with a parser program, on a kernel that runs none: unpacked, and -d says so"
	put_uki
	"$BUILD/kexec/kexec-image" add-parser --parser="$BUILD/bpf/progs/uki.bpf" \
		"$dir/uki.efi" "$dir/parser.efi" || die "add-parser failed"
	rm "$dir/uki.efi"
	script <<- END
		run kexec -d -s -l parser.efi
		check "kexec -s -l exits with 0" rc_is 0
		check "says that parser and program agree" grep -q "^cross-check: .* agree" /kxt/stderr
		check "says why not whole" grep -q "does not run parser programs" /kxt/stderr
		check "says how" grep -q "^route: unpacked" /kxt/stderr
		start
	END
}

case_uki_replaced() {
	what="UKI by -s: given --initrd and --command-line replace its own"
	put_uki "$common embedded=must-not-be-seen"
	put_initrd initrd
	script <<- END
		load -s -l uki.efi --initrd=initrd --command-line="$cmdline"
		start
	END
}

# ukify's way of profiles: it makes the base @0 and overrides nothing there.
case_uki_ucode() {
	what="UKI by -s: .ucode goes before .initrd; a profile not chosen changes nothing"
	mkdir "$dir/ucode"
	head -c 4001 /dev/urandom > "$dir/ucode/GenuineIntel.bin"
	# Of odd length, so that the padding shows.
	pack "$dir/ucode" | cat - <(printf '\0') > "$dir/ucode.cpio"
	put_initrd embedded-initrd
	make_uki "$dir/other" --profile="$(printf 'ID=other\nTITLE=Other')" --cmdline="wrong profile"
	make_uki "$dir/uki.efi" --linux="$kernel/vmlinuz" --initrd="$initrd" \
		--microcode="$dir/ucode.cpio" --cmdline="$cmdline" --join-profile="$dir/other"
	joined "$dir/expected" "$dir/ucode.cpio" "$initrd"
	initrd=$dir/expected
	script <<- END
		load -s -l uki.efi
		start
	END
}

case_uki_profile() {
	what="UKI by -s: profile @0 overrides the base, @1 does not"
	put_initrd embedded-initrd
	echo "not an initrd" > "$dir/wrong"
	make_uki "$dir/uki.efi" --linux="$kernel/vmlinuz" --initrd="$dir/wrong" --cmdline="wrong base"
	"$top/tests/images/add-section" "$dir/uki.efi" .profile=ID=main ".cmdline=$cmdline" \
		".initrd=@$initrd" .profile=ID=other .cmdline="wrong profile" || die "add-section failed"
	script <<- END
		load -s -l uki.efi
		start
	END
}

case_bzimage() {
	what="bzImage by -s"
	put_kernel
	put_initrd initrd
	script <<- END
		load -s -l vmlinuz --initrd=initrd --command-line="$cmdline"
		start
	END
}

case_auto() {
	what="bzImage without -s, -c or -a"
	put_kernel
	put_initrd initrd
	script <<- END
		load -l vmlinuz --initrd=initrd --append="$cmdline"
		start
	END
}

case_force() {
	what="-f loads and starts at once"
	put_kernel
	put_initrd initrd
	script <<- END
		announce
		kexec -s -f vmlinuz --initrd=initrd --command-line="$cmdline"
		say "notok \$CASE kexec -f did not start anything"
	END
}

case_no_action() {
	what="without an action: loads, then hands over to shutdown"
	put_uki
	script <<- END
		announce
		kexec -s uki.efi
		say "notok \$CASE kexec without an action did not start anything"
	END
}

case_two_initrds() {
	what="two --initrd are joined, padded to 4 bytes"
	put_kernel
	put_initrd second
	# Compressed and of odd length: the kernel too depends on the padding.
	mkdir "$dir/early"
	head -c 1000 /dev/urandom > "$dir/early/noise"
	pack "$dir/early" | gzip -n > "$dir/first"
	while [ $(($(stat -c %s "$dir/first") % 4)) != 1 ]; do printf '\0' >> "$dir/first"; done
	joined "$dir/expected" "$dir/first" "$dir/second"
	initrd=$dir/expected
	script <<- END
		load -s -l vmlinuz --initrd=first --initrd=second --command-line="$cmdline"
		start
	END
}

case_big_initrd() {
	what="initrd of 64 MB"
	put_kernel
	put_initrd initrd 64
	script <<- END
		load -s -l vmlinuz --initrd=initrd --command-line="$cmdline"
		start
	END
}

case_long_cmdline() {
	what="command line of 2000 characters"
	put_kernel
	put_initrd initrd
	cmdline="$cmdline long="
	while [ ${#cmdline} -lt 2000 ]; do cmdline+=$((${#cmdline} % 10)); done
	printf '%s' "$cmdline" > "$dir/cmdline"
	script <<- 'END'
		load -s -l vmlinuz --initrd=initrd --command-line="$(cat cmdline)"
		start
	END
}

case_status() {
	what="-S and -u: before load, after load, after unload"
	put_kernel
	put_initrd initrd
	script <<- END
		run kexec -S -l
		check "-S before: exit status 0, nothing loaded" rc_is 0
		run kexec -S
		check "-S for the crash kernel: exit status 0" rc_is 0
		run kexec -e
		check "-e without a loaded kernel: exit status 1" rc_is 1
		check "and one line that says so" grep -q "Nothing has been loaded!" /kxt/stderr
		load -s -l vmlinuz --initrd=initrd --command-line="must not be seen"
		run kexec -S -l
		check "-S after load: exit status 1, loaded" rc_is 1
		check "the kernel says so too" loaded_is 1
		run kexec -s -u
		check "-u: exit status 0" rc_is 0
		run kexec -S -l
		check "-S after unload: exit status 0" rc_is 0
		check "the kernel says so too after unload" loaded_is 0
		load -s -p vmlinuz --initrd=initrd --command-line="must not be seen"
		run kexec -S
		check "-S after -p: exit status 1" rc_is 1
		check "the kernel says so too after -p" crash_loaded_is 1
		run kexec -s -p -u
		check "-p -u: exit status 0" rc_is 0
		check "no crash kernel is loaded any more" crash_loaded_is 0
		load -s -l vmlinuz --initrd=initrd --command-line="$cmdline"
		start
	END
}

case_efi_uki() {
	case_uki
	what="EFI: $what"
}

case_efi_bzimage() {
	case_bzimage
	what="EFI: $what"
}

# A crash kernel has only what was reserved, and starts no other.
crash_case() {
	vmcore=yes
	# The kernel appends elfcorehdr= by itself.
	cmdline="console=ttyS0 retain_initrd nr_cpus=1 no_timer_check case=$name"
	cmdline_prefix="elfcorehdr=0x"
}

# crash_tools COMPRESSION CHECKS: in the crash kernel makedumpfile and vmcore-dmesg read the
# dump. CHECKS were made before the crash.
crash_tools() {
	local tool
	tool=$("$fetch" makedumpfile) || die "cannot get makedumpfile"
	cp "$tool/usr/bin/makedumpfile" "$tool"/usr/lib/x86_64-linux-gnu/*.so.* "$dir"
	make_initrd "$initrd" "$name" "$name-after"
	mkdir "$dir-after"
	cat > "$dir-after/script" <<- END
		. /kxt/vm.sh
		CASE=$name
		cd /disk/$name
		checks=$2
		makedumpfile() { LD_LIBRARY_PATH=\$PWD ./ld-linux-x86-64.so.2 ./makedumpfile "\$@"; }
		dump_tools_agree $1
		announce
	END
}

case_crash_bzimage() {
	crash_case
	what="bzImage by -p -s: crash kernel with /proc/vmcore"
	put_kernel
	put_initrd initrd
	script <<- END
		load -p -s vmlinuz --initrd=initrd --command-line="$cmdline"
		check "the kernel says a crash kernel is loaded" crash_loaded_is 1
		crash
	END
	crash_tools -c 3
}

case_efi_crash_uki() {
	crash_case
	what="EFI: UKI by -p -s with own initrd: crash kernel with /proc/vmcore"
	put_uki "embedded=must-not-be-seen"
	put_initrd initrd
	script <<- END
		load -p -s uki.efi --initrd=initrd --command-line="$cmdline"
		crash
	END
	crash_tools -l 2
}

case_hostile() {
	what="hostile files are refused"
	hostile=1
	put_uki
	"$top/tests/images/make-bad" "$dir/bad" "$kernel/vmlinuz" "$dir/uki.efi" ||
		die "make-bad failed"
	rm "$dir/uki.efi"
	put_kernel
	script <<- 'END'
		for file in bad/*; do refused "${file#bad/}" -s -l "$file"; done
		refused "directory" -s -l /proc
		refused "missing file" -s -l bad/no-such-file
		refused "dev-null" -s -l /dev/null
		refused "unreadable file (EIO)" -s -l /proc/self/mem
		cp vmlinuz /kxt/private
		chmod 600 /kxt/private
		refused_to_nobody "unreadable file (EACCES)" -s -l /kxt/private
		mkfifo /kxt/fifo
		refused "fifo" -s -l /kxt/fifo
		refused "missing initrd" -s -l vmlinuz --initrd=bad/no-such-file
		refused "directory as initrd" -s -l vmlinuz --initrd=/proc
		printf '%3000s' x | sed 's/ /y/g' > /kxt/long
		refused "command line of 3000 characters" -s -l vmlinuz --command-line="$(cat /kxt/long)"
		load -s -l vmlinuz --command-line=x
		announce
	END
}
