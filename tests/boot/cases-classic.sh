# shellcheck shell=bash disable=SC2034,SC2154
# SPDX-License-Identifier: GPL-2.0-or-later
# The boot cases of kexec_load(2): -c, and -a where it goes on to that. As in
# cases.sh, which see.

put_vmlinux() { "$top/tests/images/extract-vmlinux" "$kernel/vmlinuz" > "$dir/vmlinux"; }

# The usual: loads silently, starts.
classic_load() {
	put_initrd initrd
	script <<- END
		load $* --initrd=initrd --command-line="$cmdline"
		start
	END
}

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
	classic_load -c -l vmlinuz
}

# Where -i leaves the digests out, a wrong one would not be noticed: nothing to see but speed.
case_classic_no_checks() {
	what="bzImage by -c -i"
	put_kernel
	classic_load -c -i -l vmlinuz
}

case_classic_vmlinux() {
	what="vmlinux by -c"
	put_vmlinux
	classic_load -c -l vmlinux
}

# kexec_file_load has no loader for it: the format tells, no errno.
case_auto_vmlinux() {
	what="vmlinux, compressed by gzip, by -a"
	put_vmlinux
	gzip -1 "$dir/vmlinux"
	classic_load -a -l vmlinux.gz
}

case_auto_fallback() {
	what="-a goes on to kexec_load after the first call's EINVAL, and tells so"
	put_kernel
	put_initrd initrd
	cmdline="$cmdline long="
	# kexec_file_load takes 31 less than the kernel.
	while [ ${#cmdline} -lt 2040 ]; do cmdline+=$((${#cmdline} % 10)); done
	printf '%s' "$cmdline" > "$dir/cmdline"
	script <<- 'END'
		run kexec -a -l vmlinuz --initrd=initrd --command-line="$(cat cmdline)"
		check "kexec -a -l exits with 0" rc_is 0
		check "shows the first error" grep -q 'kexec_file_load failed: .*EINVAL' /kxt/stderr
		check "in one line" one_line
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
	what="-c -d -l: the lines that people look for, and it loads; -c -u"
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

# The bit is turned over between hashing and loading.
case_classic_flipped() {
	what="a bit of the initrd changed after the load: purgatory starts nothing, and says so"
	stops="purgatory: what was loaded has changed in memory since"
	put_kernel
	put_initrd initrd
	"${CC:-gcc}" -shared -fPIC -O2 -Wall -Wextra -Werror -o "$dir/flip.so" "$top/tests/boot/flip.c"
	script <<- END
		export FLIP=1 LD_PRELOAD=\$PWD/flip.so
		run kexec -c -l vmlinuz --console-serial --initrd=initrd --command-line="$cmdline"
		unset LD_PRELOAD
		check "kexec -c -l exits with 0" rc_is 0
		start
	END
}

# Other machines, by the name's first word; see machine_env.
case_qemu64_classic_bzimage() {
	case_classic_bzimage
	what="a processor of 2003: $what"
}

case_small_classic_bzimage() {
	case_classic_bzimage
	what="512 MB: $what"
}

case_large_classic_bzimage() {
	case_classic_bzimage
	what="8 GB: $what"
}

case_smp_classic_bzimage() {
	case_classic_bzimage
	what="two processors: $what"
}

# EFI's runtime services are asked in each kernel: the first leaves a variable for
# the second, which was started by -c, and that one another for the third.
case_efi_classic_bzimage() {
	what="EFI: bzImage by -c"
	put_kernel
	put_initrd initrd
	script <<- END
		efi_variables
		check "a variable is written" efi_variable_write KxtFirst one
		load -c -l vmlinuz --initrd=initrd --command-line="$cmdline"
		start
	END
}

case_efi_classic_uki() {
	what="EFI: UKI by -c: its own command line and initrd"
	put_uki
	script <<- END
		efi_variables
		check "second kernel: EFI tells the first kernel's variable" efi_variable_is KxtFirst one
		check "second kernel: a variable is written" efi_variable_write KxtSecond two
		check "second kernel: it reads that" efi_variable_is KxtSecond two
		load -c -l uki.efi
		start
	END
}

# Over a gigabyte: --long only, for the started kernel hashes it without a fast processor.
case_huge_classic_initrd() {
	what="8 GB: initrd of 1100 MB by -c"
	put_kernel
	put_initrd initrd 1100
	script <<- END
		load -c -l vmlinuz --initrd=initrd --command-line="$cmdline"
		start
	END
}

# classic_crash ARGUMENT...: the command line is what we made of it
classic_crash() {
	crash_case
	cmdline_prefix='' cmdline_suffix=' elfcorehdr=[0-9]*K'
	put_initrd initrd
	script <<- END
		load -p -c $* --initrd=initrd --command-line="$cmdline"
		check "the kernel says a crash kernel is loaded" crash_loaded_is 1
		crash
	END
}

case_crash_classic_bzimage() {
	what="bzImage by -p -c: crash kernel with /proc/vmcore"
	put_kernel
	classic_crash vmlinuz
	crash_tools -c 3
}

case_crash_classic_memmap() {
	what="bzImage by -p -c --pass-memmap-cmdline"
	put_kernel
	classic_crash vmlinuz --pass-memmap-cmdline
	cmdline_suffix=' memmap=exactmap memmap=*elfcorehdr=[0-9]*K'
}

case_efi_crash_classic_bzimage() {
	what="EFI: bzImage by -p -c: crash kernel with /proc/vmcore"
	put_kernel
	classic_crash vmlinuz
	{
		echo '. /kxt/vm.sh; efi_variables'
		echo 'check "third kernel: EFI tells the second one'"'"'s variable" efi_variable_is KxtSecond two'
		cat "$dir/script"
	} > "$dir/script.new"
	# What is counted starts once.
	sed 's/^\. \/kxt\/vm.sh; cd/cd/' "$dir/script.new" > "$dir/script"
	rm "$dir/script.new"
}

# With a reservation above 4 GiB a kernel needs one below, too: both are its memory.
case_high_crash_classic_bzimage() {
	what="crashkernel=X,high and Y,low: bzImage by -p -c: crash kernel with /proc/vmcore"
	put_kernel
	crash_case
	cmdline_prefix='' cmdline_suffix=' elfcorehdr=[0-9]*K'
	put_initrd initrd
	script <<- END
		check "two reservations" test "\$(grep -c 'Crash kernel' /proc/iomem)" = 2
		check "one is above 4 GiB" grep -q '^ *[0-9a-f]\{9\}-.*Crash kernel' /proc/iomem
		load -p -c vmlinuz --initrd=initrd --command-line="$cmdline"
		check "the kernel says a crash kernel is loaded" crash_loaded_is 1
		crash
	END
}

# Memory that is plugged in, and a processor that is switched on, while the crash kernel is
# loaded. (Of a processor that is plugged in Linux wants to know nothing under an emulator.)
hotplug_prepare='
		echo 0 > /sys/devices/system/cpu/cpu1/online
		check "one CPU" grep -qx 0 /sys/devices/system/cpu/online'
hotplug_checks='
		check "the kernel keeps CPUs up to date" grep -qx 1 /sys/devices/system/cpu/crash_hotplug
		check "and memory" grep -qx 1 /sys/devices/system/memory/crash_hotplug
		say hotplug
		for i in $(seq 60); do
			! grep -q "^100000000-10fffffff : System RAM" /proc/iomem || break
			sleep 0.5
		done
		check "more memory" grep -q "^100000000-10fffffff : System RAM" /proc/iomem
		echo 1 > /sys/devices/system/cpu/cpu1/online
		check "two CPUs" grep -qx 0-1 /sys/devices/system/cpu/online
		check "it is still loaded" crash_loaded_is 1
		crash'

case_hotplug_crash_bzimage() {
	what="a CPU and memory come after bzImage by -p -s: both are in the dump"
	crash_case
	put_kernel
	put_initrd initrd
	script <<- END
		$hotplug_prepare
		load -p -s vmlinuz --initrd=initrd --command-line="$cmdline" $hotplug_checks
	END
}

case_hotplug_crash_classic_bzimage() {
	case_hotplug_crash_bzimage
	what="a CPU and memory come after bzImage by -p -c --hotplug: both are in the dump"
	cmdline_prefix='' cmdline_suffix=' elfcorehdr=[0-9]*K'
	script <<- END
		$hotplug_prepare
		load -p -c vmlinuz --initrd=initrd --command-line="$cmdline"
		check "without --hotplug the kernel keeps nothing up to date" grep -qx 0 /sys/devices/system/cpu/crash_hotplug
		load -p -c --hotplug vmlinuz --initrd=initrd --command-line="$cmdline" $hotplug_checks
	END
}

case_smp_crash_classic_makedumpfile() {
	what="two processors: makedumpfile and vmcore-dmesg read the dump"
	put_kernel
	classic_crash vmlinuz
	crash_tools -l 3
}
