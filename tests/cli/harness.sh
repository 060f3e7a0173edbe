#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The stand-in for the kernel, tests/harness: it must refuse what Linux refuses, or
# what is tested with it is not tested. raw-load makes the calls. Then kexec -s on
# recorded machines, by golden records.
set -u
: "${KEXEC:?}" "${top_srcdir:?}" "${builddir:?}"
# shellcheck source=tests/tap.sh
. "$top_srcdir/tests/tap.sh"
# shellcheck source=tests/harness/lib.sh
. "$top_srcdir/tests/harness/lib.sh"

harness_works || skip_all "the stand-in for the kernel" \
	"seccomp's user notification does not work here"
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
bios=$(machine_dir bios-512m)
crash=$(machine_dir crash-high-low)
raw=$builddir/tests/harness/raw-load

# load MACHINE ARGUMENT...: what raw-load was answered
load() {
	root=$1
	shift
	"$harness" --root="$root" --record="$dir/record" -- "$raw" "$@"
}
record() { cat "$dir/record"; }

#
# kexec_load: kernel/kexec.c, kernel/kexec_core.c
#

case $(uname -m) in
x86_64) arch=0x3e0000 other=0xb70000 ;;
*) arch=0xb70000 other=0x3e0000 ;;
esac
is "a good list" "$(load "$bios" $arch 0x1000000 0x1000000:0x2000:0x2000 0x2000000:0x1000:10)" 0
is "is recorded, with digests" "$(record)" "$(cat << END
segment 0 mem=0x1000000 memsz=0x2000 bufsz=0x2000 sha256=$({
	head -c 4096 /dev/zero | tr '\0' '\1'; head -c 4096 /dev/zero; } | sha256sum | cut -d ' ' -f 1)
segment 1 mem=0x2000000 memsz=0x1000 bufsz=0xa sha256=$(printf '\2\2\2\2\2\2\2\2\2\2' |
	sha256sum | cut -d ' ' -f 1)
kexec_load entry=0x1000000 segments=2 flags=$arch -> 0
END
)"
is "no architecture is this one" "$(load "$bios" 0 0 0x1000000:0x1000:1)" 0
is "another architecture" "$(load "$bios" $other 0 0x1000000:0x1000:1)" EINVAL
is "an unknown flag" "$(load "$bios" 0x10 0 0x1000000:0x1000:1)" EINVAL
is "a flag above 32 bits" "$(load "$bios" 0x100000000 0 0x1000000:0x1000:1)" EINVAL
is "preserving the context, which nobody builds" "$(load "$bios" 2 0 0x1000000:0x1000:1)" EINVAL
list='' i=0
while [ $i -lt 16 ]; do
	list="$list $(printf 0x%x $((0x1000000 + i * 4096))):0x1000:1"
	i=$((i + 1))
done
# shellcheck disable=SC2086 # words
is "16 segments" "$(load "$bios" 0 0 $list)" 0
# shellcheck disable=SC2086
is "17 segments" "$(load "$bios" 0 0 $list 0x2000000:0x1000:1)" EINVAL
is "a list that is not there" "$(load "$bios" null 0 2)" EFAULT
is "unloading" "$(load "$bios" null 0 0)" 0
is "an address that is not a page's" "$(load "$bios" 0 0 0x1000800:0x1000:1)" EADDRNOTAVAIL
is "an address that is not, whose end is" "$(load "$bios" 0 0 0x1000800:0x800:1)" EADDRNOTAVAIL
is "a size that is not in pages" "$(load "$bios" 0 0 0x1000000:0x1001:1)" EADDRNOTAVAIL
is "beyond what can be addressed" "$(load "$bios" 0 0 0xfffffffff0000000:0x1000:1)" EADDRNOTAVAIL
if [ "$(uname -m)" = x86_64 ]; then # 2^52: the machine has five levels of page tables
	is "the last page that can be" "$(load "$bios" 0 0 0xfffffffffe000:0x1000:1)" 0
	is "the one behind it" "$(load "$bios" 0 0 0xffffffffff000:0x1000:1)" EADDRNOTAVAIL
fi
is "round the end of addresses" "$(load "$bios" 0 0 0xfffffffffffff000:0x2000:1)" EADDRNOTAVAIL
is "the same memory twice" \
	"$(load "$bios" 0 0 0x1000000:0x3000:1 0x3000000:0x1000:1 0x1002000:0x1000:1)" EINVAL
is "one segment inside another" "$(load "$bios" 0 0 0x1002000:0x1000:1 0x1000000:0x9000:1)" EINVAL
is "segments that touch" "$(load "$bios" 0 0 0x1000000:0x1000:1 0x1001000:0x1000:1)" 0
is "more bytes than memory" "$(load "$bios" 0 0 0x1000000:0x1000:0x1001)" EINVAL
# 512 MB less what the kernel keeps: 474,844 KiB.
is "224 MB of 512" "$(load "$bios" 0 0 0x1000000:0xe000000:1)" 0
is "more than half of the memory" "$(load "$bios" 0 0 0x1000000:0x10000000:1)" EINVAL
is "more than half, in two pieces" \
	"$(load "$bios" 0 0 0x1000000:0x8000000:1 0x9000000:0x8000000:1)" EINVAL
is "bytes that are not there" "$(load "$bios" 0 0 0x1000000:0x7000000:0x6000000)" 0

is "a crash kernel in its place" "$(load "$crash" 1 0x26f000000 0x26f000000:0x1000:1)" 0
is "its last page" "$(load "$crash" 1 0x27efff000 0x27efff000:0x1000:1)" 0
is "a page further" "$(load "$crash" 1 0x27efff000 0x27efff000:0x2000:1)" EADDRNOTAVAIL
is "a page before" "$(load "$crash" 1 0x26f000000 0x26effe000:0x1000:1)" EADDRNOTAVAIL
is "in the low reservation, which is for devices" \
	"$(load "$crash" 1 0x77000000 0x77000000:0x1000:1)" EADDRNOTAVAIL
is "an entry point outside" "$(load "$crash" 1 0x1000000 0x26f000000:0x1000:1)" EADDRNOTAVAIL
is "a crash kernel without a reservation" \
	"$(load "$bios" 1 0x1000000 0x1000000:0x1000:1)" EADDRNOTAVAIL
is "hotplug's flags" "$(load "$crash" 0xd 0x26f000000 0x26f000000:0x1000:1)" 0

#
# Who may
#

may_not() { # WHAT MACHINE FLAGS
	is "$1" "$(load "$(machine_dir "$2")" "$3" 0 0x1000000:0x1000:1)" EPERM
}
may_not "without CAP_SYS_BOOT" kdump-unprivileged 0
may_not "none left of kexec_load_limit_reboot" limits-exhausted 0
copy_of_machine bios-512m "$dir/disabled"
echo 1 > "$dir/disabled/proc/sys/kernel/kexec_load_disabled"
is "kexec_load_disabled" "$(load "$dir/disabled" 0 0 0x1000000:0x1000:1)" EPERM
copy_of_machine bios-512m "$dir/once"
echo 1 > "$dir/once/proc/sys/kernel/kexec_load_limit_reboot"
is "as often as the sysctl allows" "$("$harness" --root="$dir/once" --record="$dir/record" -- \
	sh -c "'$raw' 0 0 0x1000000:0x1000:1; '$raw' 0 0 0x1000000:0x1000:1" | tr '\n' ' ')" "0 EPERM "

#
# kexec_file_load
#

make_bzImage "$dir/bzImage"
random_bytes 5000 3 > "$dir/initrd"
: > "$dir/empty"
file() { load "$bios" file "$@"; }
if [ "$(uname -m)" = x86_64 ]; then
	is "file: a bzImage" "$(file 0 "$dir/bzImage" "$dir/initrd" quiet 6)" 0
	is "file: no bzImage" "$(file 0 "$dir/initrd" "$dir/initrd" quiet 6)" ENOEXEC
	is "file: too long a command line" "$(file 0 "$dir/bzImage" - \
		"$(random_bytes 2030 4)" 2031)" EINVAL
	is "file: an empty kernel" "$(file 4 "$dir/empty" - quiet 6)" EINVAL
	is "file: no initrd" "$(file 4 "$dir/bzImage" - quiet 6)" 0
	is "file: an initrd that is not there" "$(file 0 "$dir/bzImage" - quiet 6)" EBADF
	is "file: a command line without end" "$(file 4 "$dir/bzImage" - quiet 5)" EINVAL
	is "file: a crash kernel without a reservation" "$(file 6 "$dir/bzImage" - quiet 6)" \
		EADDRNOTAVAIL
	is "file: an unknown flag" "$(file 0x40 "$dir/bzImage" "$dir/initrd" quiet 6)" EINVAL
fi
is "file: unloading" "$(file 1 - - x 0)" 0
is "an answer on demand" "$("$harness" --answer=kexec_load=EBUSY --record="$dir/record" -- \
	"$raw" 0 0 0x1000000:0x1000:1)" EBUSY

#
# The machine that a program sees
#

see() { "$harness" --root="$bios" --record="$dir/record" -- "$@" 2>&1; }
is "files of the recorded machine" "$(see cat /proc/sys/kernel/osrelease)" \
	"$(cat "$bios/proc/sys/kernel/osrelease")"
is "however they are spelt" "$(see cat //proc/./sys/kernel//osrelease /sys/../proc/cmdline)" \
	"$(cat "$bios/proc/sys/kernel/osrelease" "$bios/proc/cmdline")"
is "its folders" "$(see ls /sys/firmware/memmap | wc -l)" "$(ls "$bios/sys/firmware/memmap" | wc -l)"
is "nothing that it does not have" "$(see cat /proc/filesystems 2>&1 | grep -c 'No such file')" 1
is "test -e, too" "$(see sh -c 'test -e /proc/filesystems || test ! -e /proc/iomem || echo so')" so
is "its kernel's name" "$(see uname -r)" "$(cat "$bios/proc/sys/kernel/osrelease")"
is "its root" "$(see id -u)" 0
is "but its own process" "$(see sh -c 'readlink /proc/self/fd/7' 7< "$dir/initrd")" "$dir/initrd"
see sh -c 'echo 1 > /proc/sys/kernel/kexec_load_disabled' > /dev/null
is "what is written is told, and not done" "$(record) $(cat "$bios/proc/sys/kernel/kexec_load_disabled")" \
	'open-for-writing "/proc/sys/kernel/kexec_load_disabled" 0'

#
# kexec on it
#

kexec() { "$harness" --root="$root" --record="$dir/record" -- "$KEXEC" "$@" > "$dir/out" 2>&1; }
# Digests and folders differ from run to run.
told() { sed "s#$dir/##g; s/sha256=[0-9a-f]*/sha256=X/; /^interface /d" "$dir/record"; }
sum_of() { sha256sum < "$1" | cut -d ' ' -f 1; }
root=$bios
if [ "$(uname -m)" = x86_64 ]; then
	kexec -s -l "$dir/bzImage" --initrd="$dir/initrd" --command-line="quiet \"x\""
	is "-s -l exits with 0" $? 0
	is "-s -l: the user's own files" "$(told)" "$(cat << 'END'
kernel file size=2002560 sha256=X path="bzImage"
initrd file size=5000 sha256=X path="initrd"
cmdline "quiet \"x\""
kexec_file_load cmdline_len=10 flags=0 -> 0
END
)"
	is "and their bytes" "$(sed -n 's/^initrd.* sha256=\([^ ]*\).*/\1/p' "$dir/record")" \
		"$(sum_of "$dir/initrd")"
	gzip -c "$dir/bzImage" > "$dir/bzImage.gz"
	kexec -s -l "$dir/bzImage.gz" --command-line=quiet
	is "-s -l, compressed: a sealed copy, and no initrd" "$(told | sed 's/ path=.*//')" \
		"$(cat << 'END'
kernel sealed-memfd size=2002560 sha256=X
cmdline "quiet"
kexec_file_load cmdline_len=6 flags=0x4 -> 0
END
)"
	is "which has the kernel's bytes" \
		"$(sed -n 's/^kernel.* sha256=\([^ ]*\).*/\1/p' "$dir/record")" \
		"$(sum_of "$dir/bzImage")"
	root=$(machine_dir crash-high-low)
	kexec -s -p "$dir/bzImage" --initrd="$dir/initrd" --command-line=quiet
	is "-s -p" "$? $(told | tail -n 1)" "0 kexec_file_load cmdline_len=6 flags=0x2 -> 0"
	kexec -p -s "$dir/bzImage" --command-line=quiet
	is "-s -p without an initrd" "$? $(told | tail -n 1)" \
		"0 kexec_file_load cmdline_len=6 flags=0x6 -> 0"
	root=$bios
	kexec -s -p "$dir/bzImage" --command-line=quiet
	is "-p without a reservation" "$?:$(told)" "1:"
	"$harness" --root="$bios" --record="$dir/record" -- sh -c "
		'$KEXEC' -s -l '$dir/bzImage' --command-line=x && '$KEXEC' -S -l;
		echo \$? > '$dir/status'; '$KEXEC' -e; echo still here > '$dir/status'" > /dev/null 2>&1
	is "-l, then -e: it is loaded, then gone" "$? $(cat "$dir/status") $(told | tail -n 2 | tr '\n' ' ')" \
		"0 1 sync -> 0 reboot kexec -> 0 "
fi
kexec -e
is "-e with nothing loaded" "$?:$(told)" 1:
kexec -u
is "-u" "$? $(told | tail -n 1)" "0 kexec_file_load cmdline_len=0 flags=0x1 -> 0"
root=$(machine_dir kdump-unprivileged)
kexec -s -l "$dir/bzImage" --command-line=quiet
is "-l by someone who may not" "$? $(told | tail -n 1 | sed 's/.*-> //')" "255 EPERM"
tap_done
