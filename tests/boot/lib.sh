# shellcheck shell=bash disable=SC2154 # top, out, tap are the caller's
# SPDX-License-Identifier: GPL-2.0-or-later
# The host's side of the boot tests: TAP, initrds, disks, QEMU, and comparing
# what a kernel attested with what it should have been given. Sourced by
# tests/boot/run and quickstart, which set: top (source tree), out (scratch).

say() { printf '# %s\n' "$*"; }
die() { printf '# %s\n' "$*" >&2; exit 1; }

#
# TAP. Lines go unnumbered to a file while chains run side by side.
#
ok() { printf 'ok - %s\n' "$*" >> "$tap"; }
not_ok() { printf 'not ok - %s\n' "$*" >> "$tap"; }
diag() { printf '%s\n' "$*" | sed 's/^/# /' >> "$tap"; }

# Gives the lines numbers and the count.
print_tap() {
	cat "$out"/tap.* | awk '
		/^ok /     { sub(/^ok/, "ok " ++n) }
		/^not ok / { sub(/^not ok/, "not ok " ++n); bad++ }
		{ print }
		END { print "1.." n + 0; exit bad > 0 || n == 0 }'
}

#
# Initrds
#

# add_program ROOT FILE DEST: with the libraries it is linked with. With
# KEXEC_ROOT (the unpacked peer) those under that folder are taken instead.
add_program() {
	local root=$1 file=$2 dest=$3 lib
	install -D -m 755 "$file" "$root$dest"
	if [ -n "${KEXEC_ROOT:-}" ] && [ "${file#"$KEXEC_ROOT"}" != "$file" ]; then
		mkdir -p "$root/lib64" "$root/lib/x86_64-linux-gnu"
		find "$KEXEC_ROOT/usr/lib" -name '*.so*' ! -type d \
			-exec cp -L {} "$root/lib/x86_64-linux-gnu" \;
		ln -s ../lib/x86_64-linux-gnu/ld-linux-x86-64.so.2 "$root/lib64"
		return
	fi
	{ ldd "$file" 2> /dev/null || true; } | { grep -o '/[^ ]*' || true; } | while read -r lib; do
		[ ! -e "$lib" ] || [ -e "$root$lib" ] || install -D -m 755 "$lib" "$root$lib"
	done
}

# needed ROOT FILE: copies the libraries that an arm64 program is linked with; "libraries"
# is the folder that tests/setup/fetch arm64 made
needed() {
	local name lib
	readelf -d "$2" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | while read -r name; do
		[ ! -e "$1/lib/$name" ] || continue
		for lib in "$libraries/usr/lib/aarch64-linux-gnu/$name" "/usr/aarch64-linux-gnu/lib/$name"; do
			[ ! -e "$lib" ] || { cp -L "$lib" "$1/lib/$name"; needed "$1" "$lib"; break; }
		done
	done
}

pack() {
	(cd "$1" && find . -mindepth 1 | LC_ALL=C sort |
		cpio -o -H newc -R 0:0 --reproducible --quiet)
}

build_attest() {
	[ "$out/attest" -nt "$top/tests/boot/attest.c" ] ||
		"${CC:-gcc}" -static -O2 -Wall -Wextra -Werror -o "$out/attest" "$top/tests/boot/attest.c"
}

# The part that all initrds share; KERNEL... are folders from tests/setup/fetch.
make_base() {
	local root=$out/base kernel release
	rm -rf "$root"
	mkdir -p "$root"/{bin,sbin,dev,proc,sys,tmp,disk,etc,kxt}
	build_attest
	cp "$out/attest" "$root/init"
	add_program "$root" "$(command -v busybox)" /bin/busybox
	for tool in cat dd grep head ls mkdir mkfifo rm sed sh sleep tail test timeout \
		wc su chmod diff cp seq gzip base64 sync sha256sum touch poweroff; do
		ln -s busybox "$root/bin/$tool"
	done
	add_program "$root" "$KEXEC" /sbin/kexec
	[ ! -x "${BUILD:-}/kdump/vmcore-dmesg" ] ||
		add_program "$root" "$BUILD/kdump/vmcore-dmesg" /sbin/vmcore-dmesg
	cp "$top/tests/boot/vm.sh" "$root/kxt/vm.sh"
	echo 'nobody:x:65534:65534::/:/bin/sh' > "$root/etc/passwd"
	# For kexec's form without an action: what it hands over to.
	printf '#!/bin/sh\necho "KXT shutdown $*"\nexec kexec -e\n' > "$root/sbin/shutdown"
	chmod +x "$root/sbin/shutdown"
	for kernel; do
		release=$(cat "$kernel/release")
		mkdir -p "$root/lib/modules"
		cp -r "$kernel/modules" "$root/lib/modules/$release"
	done
	pack "$root" > "$out/base.cpio"
}

# make_initrd FILE ID NEXT [MEGABYTES]: ID is told by attest, NEXT started after
make_initrd() {
	local root
	root=$(mktemp -d "$out/initrd.XXXXXX")
	mkdir "$root/kxt"
	echo "$2" > "$root/kxt/id"
	[ -z "$3" ] || echo "$3" > "$root/kxt/next"
	# Neither compressible nor constant, so that every lost page shows.
	[ -z "${4:-}" ] || openssl enc -aes-128-ctr -K 00 -iv 00 -in /dev/zero 2> /dev/null |
		head -c "${4}M" > "$root/kxt/ballast" || true
	{ cat "$out/base.cpio"; pack "$root"; } > "$1"
	rm -r "$root"
}

size_and_hash() { printf '%s %s' "$(stat -c %s "$1")" "$(sha256sum < "$1" | cut -d ' ' -f 1)"; }

#
# Machines
#

# make_disk DIR IMAGE: a read-only disk holding DIR
make_disk() {
	local size mke2fs
	mke2fs=$(command -v mke2fs || echo /sbin/mke2fs)
	size=$(du -sm "$1" | cut -f 1)
	rm -f "$2"
	"$mke2fs" -q -t ext4 -O ^has_journal -m 0 -N 256 -d "$1" "$2" $((size + size / 16 + 8))M > /dev/null
}

# The pair of OVMF's code and variable store, as the distribution names them.
ovmf() {
	local code vars dir
	for dir in /usr/share/OVMF /usr/share/edk2/ovmf; do
		for code in OVMF_CODE_4M.fd OVMF_CODE.fd OVMF_CODE_4M.qcow2; do
			vars=${code/CODE/VARS}
			if [ -e "$dir/$code" ] && [ -e "$dir/$vars" ]; then
				echo "$dir/$code $dir/$vars"
				return
			fi
		done
	done
	die "no OVMF firmware found; tests/setup/packages boot installs it"
}

machine_args() {
	local code vars format=raw
	[ "$1" = efi ] || return 0
	read -r code vars < <(ovmf)
	[ "${code%.qcow2}" = "$code" ] || format=qcow2
	cp "$vars" "$2.vars"
	echo "-drive if=pflash,unit=0,format=$format,readonly=on,file=$code"
	echo "-drive if=pflash,unit=1,format=$format,file=$2.vars"
}

# A shell lets its background processes outlive Ctrl-C: callers trap it with this.
qemu_pid=
stop_qemu() {
	[ -n "$qemu_pid" ] || return 0
	kill "$qemu_pid" 2> /dev/null || true
	wait "$qemu_pid" 2> /dev/null || true
	qemu_pid=
}

# boot MACHINE LOG SECONDS KERNEL INITRD CMDLINE [DISK [QEMU-ARGUMENT..]]: ends when the VM powers
# off, panics, has run for SECONDS or said nothing for STALL seconds. Never with
# KVM: what is tested must not depend on the host's processor. Without cmpxchg16b:
# the one that QEMU 7.2 emulates leaves bad flags behind now and then, which the
# kernel does not survive. What is in HOTPLUG is told to QEMU when the machine says so.
boot() {
	local machine=$1 log=$2 limit=$3 args
	mapfile -t args < <(machine_args "$machine" "$log" | tr ' ' '\n')
	[ -z "${7:-}" ] || args+=(-drive "file=$7,format=raw,if=none,id=d0,readonly=on"
		-device virtio-blk-pci,drive=d0)
	rm -f "$log".mon.{in,out}
	if [ -n "${HOTPLUG:-}" ]; then
		mkfifo "$log".mon.{in,out}
		args+=(-chardev "pipe,id=mon,path=$log.mon" -mon mon)
	fi
	[ -z "${ICOUNT:-}" ] || args+=(-icount "$ICOUNT")
	: > "$log"
	qemu-system-x86_64 -accel tcg -cpu "${CPU:-max,-cx16}" -machine q35 -smp "${SMP:-1}" -m "${MEMORY:-1536}" \
		-nodefaults -display none -no-reboot -serial "file:$log" \
		-kernel "$4" -initrd "$5" -append "$6" \
		"${args[@]}" "${@:8}" < /dev/null 2> "$log.qemu" &
	qemu_pid=$!
	watch "$log" "$limit"
}

# watch LOG SECONDS: waits for the machine qemu_pid as said above
watch() {
	local log=$1 limit=$2 size last=0 quiet=0
	SECONDS=0
	while kill -0 $qemu_pid 2> /dev/null; do
		sleep 0.2
		size=$(stat -c %s "$log")
		quiet=$((quiet + 1))
		[ "$size" = "$last" ] || quiet=0
		last=$size
		if grep -q 'end Kernel panic' "$log"; then
			echo "KXT problem the kernel panicked" >> "$log"
			break
		fi
		if [ -e "$log.mon.in" ] && grep -q '^KXT hotplug' "$log"; then
			printf '%s' "$HOTPLUG" > "$log.mon.in"
			rm "$log.mon.in"
		fi
		if grep -q '^purgatory: .* the next kernel is not started' "$log"; then break; fi
		if [ "$SECONDS" -gt "$limit" ] || [ $quiet -gt $((${STALL:-60} * 5)) ]; then
			echo "KXT problem the VM was stopped: no end after $SECONDS s" >> "$log"
			break
		fi
	done
	stop_qemu
	sed 's/^/KXT problem QEMU: /' "$log.qemu" >> "$log"
	tr -d '\r' < "$log" > "$log.txt"
}

#
# Judging
#

# told LOG ID FACT: what the kernel ID attested
told() {
	sed -n "/^KXT begin $2\$/,/^KXT end $2\$/s/^KXT $3 //p" "$1.txt" | head -n 1
}

attested() { grep -qx "KXT end $2" "$1.txt"; }

# judge_checks LOG NAME: checks made inside the VM become lines of their own; one that
# failed is told with what was run before it.
judge_checks() {
	local line ran='' seen=0 said=''
	while IFS= read -r line; do
		case $line in
		"KXT run "*) ran=${line#KXT run } ;;
		"KXT stdout: "* | "KXT stderr: "* | "KXT exit "*) ran+=$'\n'${line#KXT } ;;
		"KXT start $2 "*) said=${line##* } ;;
		"KXT ok $2 "*)
			seen=$((seen + 1))
			ok "$2: ${line#"KXT ok $2 "}"
			;;
		"KXT notok $2 "*)
			seen=$((seen + 1))
			not_ok "$2: ${line#"KXT notok $2 "}"
			diag "$(head -n 12 <<< "$ran" | cut -c 1-400)"
			;;
		esac
	done < "$1.txt"
	[ "${said:-none}" = "$seen" ] ||
		not_ok "$2: $seen checks arrived, the script had made ${said:-nobody knows how many}"
}

# compare LOG ID FACT EXPECTED
compare() {
	local found
	found=$(told "$1" "$2" "$3")
	[ "$found" != "$4" ] || return 0
	problems+="$3: expected: ${4}"$'\n'"$3: found:    ${found:-nothing}"$'\n'
}

# How far it came, for someone who cannot rerun it.
excerpt() {
	diag "last lines of $1.txt:"
	diag "$(tail -n "${2:-15}" "$1.txt" | cut -c 1-300)"
}
