# shellcheck shell=bash disable=SC2034,SC2154
# SPDX-License-Identifier: GPL-2.0-or-later
# The rows of the benchmark. Each is a function that runs on the host, puts files
# into the VM's /img and says what is measured there, in which variants, and
# what is wanted. "syscall" is the bare system call with the same parts: nobody
# who uses kexec_file_load can be faster than that.

machine_for() {
	case $1 in
	whole_*) echo patched ;;
	segments_*) echo segments ;;
	exec_*) echo exec ;;
	*) echo stock ;;
	esac
}

cmdline="console=ttyS0 benchmark"

put_kernel() { put vmlinuz cp "$kernel"; }

# Puts initrd-$1 and uki-$1 (with a parser: bpf-$1), where image and initrd
# together have $1 MB.
put_image() {
	local size=$(($1 * 1048576 - $(size_of "$kernel"))) img=$root/img
	[ $size -gt 0 ] || die "the kernel alone is larger than $1 MB"
	put_kernel
	put "part-$1" put_random $size
	put "uki-$1" put_uki_of "$kernel" "$img/part-$1" "$cmdline"
}

initrd_row() {
	need_peer || return
	put_kernel
	put "initrd-$1" put_random $(($1 * 1048576))
	put_peer
	set -- /img/vmlinuz "--initrd=/img/initrd-$1" "--command-line=$cmdline"
	ours ours "$@"
	peer peer "$@"
	# The largest row takes minutes; the smaller ones tell this too.
	[[ $2 = *-512 ]] || bare syscall /img/vmlinuz "${2#*=}" "$cmdline"
	goal wall-ratio 0.5 ours peer
}

# kexec -c -l: the same, by kexec_load. "ours-i" computes no digest, and so tells
# what this costs: more here than on a processor, as QEMU calls a function for each of
# the instructions for SHA.
segments_row() {
	need_peer && need_segments || return
	put_kernel
	put "initrd-$1" put_random $(($1 * 1048576))
	put_peer
	set -- /img/vmlinuz "--initrd=/img/initrd-$1" "--command-line=$cmdline"
	loads ours /sbin/kexec -c -l "$@"
	loads ours-i /sbin/kexec -c -i -l "$@"
	loads peer "${peer_program[@]}" -c -l "$@"
	wants_sha
	goal wall-ratio 0.25 ours peer
	# Not the process's own: pages of a mapped file count there, and are the cache's.
	goal own-ratio 0.5 ours peer
}
row_segments_16() { segments_row 16; }
row_segments_128() { segments_row 128; }
row_segments_512() { segments_row 512; }

# From kexec -e to the first process of the next kernel, with an initrd of 64 MB
# that purgatory checks, and without that (-i). Each variant has a virtual machine
# of its own, whose time passes by instructions carried out.
row_exec_64() {
	need_peer || return
	put_kernel
	put second put_second_initrd 64
	put_peer
	set -- /img/vmlinuz --initrd=/img/second "--command-line=console=ttyS0 quiet bench-second"
	if need_segments; then
		starts ours /sbin/kexec -c -l "$@"
		starts ours-i /sbin/kexec -c -i -l "$@"
		wants_sha
		goal exec-ratio 1.15 ours ours-i
	fi
	starts peer "${peer_program[@]}" -c -l "$@"
	starts peer-i "${peer_program[@]}" -c -i -l "$@"
}

# kexec -s -l: bzImage and initrd of N MB, ours and the peer
row_file_16() { initrd_row 16; }
row_file_128() { initrd_row 128; }

# kexec -s -l: UKI of 128 MB, and the same parts as files by the peer, which
# knows no UKI
row_uki_128() {
	need_peer || return
	put_image 128
	put_peer
	ours ours /img/uki-128
	peer peer /img/vmlinuz --initrd=/img/part-128 "--command-line=$cmdline"
	bare syscall /img/vmlinuz /img/part-128 "$cmdline"
	goal wall-ratio 0.3 ours peer
}

# The memory that a kernel asks for when it is started, in bytes: init_size of
# the setup header (Documentation/arch/x86/boot.rst).
init_size() { le32 "$kernel" $((0x260)); }
le32() { od -A n -t u4 -j "$2" -N 4 "$1" | tr -d ' '; }

# A UKI of N MB that the patched kernel takes apart, by kexec -s; and the same
# parts as files, by the bare system call, so that all of our own is counted.
whole_row() {
	local image parts segments
	need_parser || return
	put_image "$1"
	put "bpf-$1" put_parser_in "$root/img/uki-$1"
	rm "$root/img/uki-$1"
	image=$(size_of "$root/img/bpf-$1")
	parts=$(($(size_of "$kernel") + $(size_of "$root/img/part-$1")))
	segments=$(($(init_size) + $(size_of "$root/img/part-$1")))
	told_by route /sbin/kexec -s -l --dry-run "/img/bpf-$1"
	ours whole "/img/bpf-$1"
	bare parts /img/vmlinuz "/img/part-$1" "$cmdline"
	[ "$1" -gt 8 ] || bare whole-syscall "/img/bpf-$1" - -
	if [ "$1" -ge 128 ]; then goal wall-ratio 1.2 whole parts
	else goal wall-more 0.3 whole parts
	fi
	[ "$image" -gt $segments ] || image=$segments
	goal memory-max "$(in_mb $((image + parts + 32 * 1048576)))" whole
	goal route whole route
}

row_whole_8() { whole_row 8; }
row_whole_128() { whole_row 128; }
row_whole_512() { whole_row 512; }

# Running the image's own parser here and comparing, against not doing so
row_crosscheck_128() {
	"$KEXEC" --cross-check=on --help > /dev/null 2>&1 ||
		{ skip "this kexec does not know --cross-check"; return; }
	need_parser || return
	put_image 128
	put bpf-128 put_parser_in "$root/img/uki-128"
	ours on --cross-check=on /img/bpf-128
	ours none --parser=none /img/bpf-128
	goal wall-more-or 0.10,0.020 on none
	goal memory-more 32 on none
}

# Last of its machine: if time runs out, this is what is lost.
row_file_512() { initrd_row 512; }
