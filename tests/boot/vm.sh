# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Inside the VM: what the cases' scripts are written in. Runs in busybox ash,
# in the folder /disk/CASE.

checks=0

say() { echo "KXT $*"; }

# run COMMAND...: tells what was run and how it ended, keeps $rc
run() {
	say "run $*"
	rc=0
	"$@" > /kxt/stdout 2> /kxt/stderr < /dev/null || rc=$?
	sed 's/^/KXT stdout: /' /kxt/stdout
	sed 's/^/KXT stderr: /' /kxt/stderr
	[ $rc = 0 ] || say "exit status $rc"
}

# check TEXT COMMAND...
check() {
	text=$1
	checks=$((checks + 1))
	shift
	if "$@"; then say "ok $CASE $text"; else say "notok $CASE $text"; fi
}

rc_is() { [ "$rc" = "$1" ]; }
loaded_is() { [ "$(cat /sys/kernel/kexec_loaded)" = "$1" ]; }
crash_loaded_is() { [ "$(cat /sys/kernel/kexec_crash_loaded)" = "$1" ]; }
one_line() { [ "$(wc -l < /kxt/stderr)" = 1 ] && grep -q '^kexec: ' /kxt/stderr; }
is_silent() { [ ! -s /kxt/stderr ] && [ ! -s /kxt/stdout ] && tmp_empty; }
tmp_empty() { [ -z "$(ls -A /tmp)" ]; }

# load ARGUMENTS...: a load that must work
load() {
	run kexec "$@"
	check "kexec $1 $2 exits with 0" rc_is 0
	check "says nothing, leaves nothing in /tmp" is_silent
}

# Firmware's variables, which the running kernel asks EFI's runtime services for.
efi_variable() { echo "/sys/firmware/efi/efivars/$1-6b786b78-7465-7374-9d2f-000000000000"; }
efi_variables() {
	dir=/sys/firmware/efi/efivars
	[ ! -e "/lib/modules/$(busybox uname -r)/efivarfs.ko" ] ||
		run busybox insmod "/lib/modules/$(busybox uname -r)/efivarfs.ko"
	run busybox mount -t efivarfs efivarfs $dir
	check "EFI tells its variables" test -n "$(ls $dir)"
}
# In one write; non-volatile, and there at boot and run time.
efi_variable_write() { printf '\007\000\000\000%s' "$2" > "$(efi_variable "$1")"; }
efi_variable_is() { [ "$(tail -c +5 "$(efi_variable "$1")")" = "$2" ]; }

# announce: the last words before the next kernel starts. The host holds them
# against the checks it has seen, for a kernel that goes takes unsent lines with it.
announce() {
	say "start $CASE $checks"
	sleep 0.3
}

start() {
	announce
	kexec -e
	say "notok $CASE kexec -e did not start anything"
}

crash() {
	announce
	echo c > /proc/sysrq-trigger
}

# refused NAME ARGUMENTS...: one clear line, nothing loaded, nothing left over
refused() {
	name=$1
	shift
	run timeout 30 kexec "$@"
	judge_refusal
}

# The same for a user who is not root.
refused_to_nobody() {
	name=$1
	shift
	run timeout 30 su -s /bin/sh nobody -c "kexec $*"
	judge_refusal
}

judge_refusal() {
	problem=
	[ "$rc" != 0 ] || problem="exit status 0"
	case "$rc" in
	143) problem="hangs" ;;
	129 | 1[3-8]?) problem="died of signal $((rc - 128))" ;;
	esac
	one_line || problem="$problem; not exactly one \"kexec: \" line"
	loaded_is 0 || problem="$problem; something is loaded"
	tmp_empty || problem="$problem; left something in /tmp"
	check "$name is refused${problem:+: ${problem#; }}" test -z "$problem"
	kexec -u 2> /dev/null
	rm -rf /tmp/*
}

# In a crash kernel: makedumpfile and vmcore-dmesg read the same log out of the old
# kernel's memory, and out of the dump that makedumpfile writes of it. "makedumpfile"
# must be something that can be run; it says of each line who wrote it, which
# vmcore-dmesg does with --json only, and moves further lines of a message to the right.
dump_tools_agree() {
	# The root may fill half of the memory, and the dump holds the first kernel's initrd.
	mkdir /tmp/dumps
	mount -t tmpfs -o size=90% tmpfs /tmp/dumps || true
	run makedumpfile --dump-dmesg /proc/vmcore /tmp/theirs
	check "makedumpfile --dump-dmesg exits with 0" rc_is 0
	sed -i 's/^\(\[ *[0-9.]*\] \)\[ *[CT][0-9]*\] /\1/; s/^ \{26\}//' /tmp/theirs
	check "it finds the panic in the log" grep -q 'Kernel panic - not syncing: sysrq' /tmp/theirs
	run sh -c 'vmcore-dmesg /proc/vmcore > /tmp/ours'
	check "vmcore-dmesg exits with 0" rc_is 0
	run diff /tmp/theirs /tmp/ours
	check "and prints the same of /proc/vmcore" rc_is 0
	run makedumpfile "$1" -d 31 /proc/vmcore /tmp/dumps/dump
	check "makedumpfile $1 -d 31 exits with 0" rc_is 0
	check "it writes a dump" grep -q '^KDUMP' /tmp/dumps/dump
	run sh -c 'vmcore-dmesg /tmp/dumps/dump > /tmp/ours'
	check "vmcore-dmesg reads the dump" rc_is 0
	run diff /tmp/theirs /tmp/ours
	check "and prints the same of it" rc_is 0
	rm -f /tmp/dumps/dump
}
