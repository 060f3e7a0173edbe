# shellcheck shell=bash disable=SC2034,SC2154,SC2016 # variables are run's; the VM expands scripts
# SPDX-License-Identifier: GPL-2.0-or-later
# Machines, the cases that each goes through, and what is in a case's folder.

# At most eight: ./check boots them all.
chains="direct el2 efi_acpi efi_dtb crash_file crash_classic enforced agree"
long_chains="count pages_file pages_classic low_file low_classic"

#
# Images
#

# make_uki OUT KERNEL INITRD
make_uki() {
	"$out/mkpe" "$1" machine=0xaa64 .linux="$2" .initrd="$3" .cmdline:text="$common case=$name"
}

kexec_image() {
	"$top/tests/setup/run-arm64" "$BUILD/kexec/kexec-image" "$@" > "$out/$chain.image.log" 2>&1 ||
		die "kexec-image $1 failed: $(cat "$out/$chain.image.log")"
}

# add_parser PROGRAM IMAGE OUT
add_parser() {
	kexec_image add-parser --parser="$BUILD/bpf/progs/$1.bpf" "$2" "$3"
}

# sign IMAGE OUT: by the key that the kernel trusts
sign() {
	sbsign --key "$cache/keys/test.key" --cert "$cache/keys/test.pem" --output "$2" "$1" \
		> "$out/$chain.sign.log" 2>&1 || die "sbsign: $(cat "$out/$chain.sign.log")"
}

# tamper IMAGE OUT: a bit in the middle of the packed kernel
tamper() {
	local size byte at
	size=$(stat -c %s "$1")
	at=$((size / 3))
	byte=$(od -An -tu1 -j $at -N 1 "$1")
	cp "$1" "$2"
	printf '%b' "\\x$(printf %02x $((byte ^ 1)))" | dd of="$2" bs=1 seek=$at conv=notrunc status=none
}

# script COMMANDS: what the VM runs
script() {
	printf '. /kxt/vm.sh; cd "/disk/$CASE"\ncmdline="%s case=%s"\n%s\n' "$common" "$name" "$1" \
		> "$dir/script"
	case $1 in *" Image "*) cp "$kernel" "$dir/Image" ;; esac
}

# What the kernel is to take apart by itself.
whole='whole() {
	run kexec -s -l -d "$@"
	check "$1 is loaded whole" grep -q "^route: whole" /kxt/stderr
	check "and kexec exits with 0" rc_is 0
}'

#
# Machines
#

chain_direct() {
	stages="file_image file_gzip classic_dtb classic_gzip whole_uki"
}

# Two processors that start in EL2.
chain_el2() {
	machine=virt,virtualization=on smp=2
	stages="classic_image_gz file_zstd classic_uki"
}

# With an interrupt controller that goes on writing to memory.
chain_efi_acpi() {
	efi=yes machine=virt,gic-version=3
	first=$out/$chain.efi
	add_parser zboot "$zboot/vmlinuz-zstd.efi" "$first"
	stages="classic_zstd file_image"
}

chain_efi_dtb() {
	efi=yes machine=virt,acpi=off
	first=$out/$chain.efi
	add_parser zboot "$zboot/vmlinuz-gzip.efi" "$first"
	stages="file_gzip classic_dtb"
}

# RAM above 4 GiB, too: what is reserved for a crash kernel is there, and some is below.
high_and_low() {
	memory=4096 crash_ranges=2
	common="console=ttyAMA0 retain_initrd crashkernel=192M,high crashkernel=64M,low"
}
chain_crash_file() {
	high_and_low
	stages="crash_file"
}
# A stock kernel, if there is one: its dumps are such as makedumpfile knows.
chain_crash_classic() {
	high_and_low
	stock_kernel || true
	stages="crash_classic"
}
stock_kernel() {
	stock=$("$top/tests/setup/fetch" kernel-6.1-arm64) || return
	kernel=$stock/Image first=$stock/Image
}

# As most machines are told: all of it below 4 GiB.
chain_low_file() { stages="crash_file"; }
chain_low_classic() { stages="crash_classic"; }

# A kernel with pages of 64 KiB starts itself, one with pages of 4 KiB, which starts it
# again, and then its crash kernel.
large_pages() {
	large=${IMAGE_64K:-$("$top/tests/kernels/build" arm64-6.12-64k | tail -n 1)}
	[ -s "$large" ] || die "no kernel with large pages"
	kernel=$large first=$large
	high_and_low
}
chain_pages_file() {
	large_pages
	stages="file_image file_to_4k file_to_64k crash_file"
}
chain_pages_classic() {
	large_pages
	stages="classic_image_gz classic_to_4k classic_to_64k crash_classic"
}

# Time is what instructions take, a nanosecond each.
chain_count() {
	icount=shift=0
	stages="verified unverified"
}

# On arm64 that is lockdown: Linux has no CONFIG_KEXEC_SIG_FORCE there.
chain_enforced() {
	common+=" lockdown=integrity"
	stages="signed_zboot signed_uki"
}

#
# Cases
#

case_file_image() {
	what="Image by kexec_file_load"
	script 'load -s -l Image --initrd=initrd --command-line="$cmdline" && start'
}
# pages_change IMAGE OPTION
pages_change() {
	kernel=$1
	what="from pages of one size to another, $2: $(page_size "$kernel") bytes"
	script 'load '"$2"' -l Image --initrd=initrd --command-line="$cmdline" && start'
}
case_file_to_4k() { pages_change "$image" -s; }
case_file_to_64k() { pages_change "$large" -s; }
case_classic_to_4k() { pages_change "$image" -c; }
case_classic_to_64k() { pages_change "$large" -c; }
case_classic_image_gz() {
	what="Image.gz by kexec_load"
	gzip -n1 < "$kernel" > "$dir/Image.gz"
	script 'load -c -l Image.gz --initrd=initrd --command-line="$cmdline" && start'
}
file_zboot() {
	what="zboot ($1), unpacked, by kexec_file_load"
	cp "$zboot/vmlinuz-$1.efi" "$dir/vmlinuz.efi"
	script 'load -s -l vmlinuz.efi --initrd=initrd --command-line="$cmdline" && start'
}
case_file_gzip() { file_zboot gzip; }
case_file_zstd() { file_zboot zstd; }
classic_zboot() {
	what="zboot ($1) by kexec_load"
	cp "$zboot/vmlinuz-$1.efi" "$dir/vmlinuz.efi"
	script 'load -c -l vmlinuz.efi --initrd=initrd --command-line="$cmdline" && start'
}
case_classic_gzip() { classic_zboot gzip; }
case_classic_zstd() { classic_zboot zstd; }
case_classic_uki() {
	what="UKI with zboot (zstd) inside by kexec_load"
	make_uki "$dir/uki.efi" "$zboot/vmlinuz-zstd.efi" "$dir/initrd"
	spare=initrd
	script 'load -c -l uki.efi && start'
}
case_whole_uki() {
	what="UKI with zboot inside, whole, parser programs in both"
	add_parser zboot "$zboot/vmlinuz-gzip.efi" "$out/$name.zboot"
	make_uki "$out/$name.uki" "$out/$name.zboot" "$dir/initrd"
	add_parser uki "$out/$name.uki" "$dir/uki.efi"
	rm "$out/$name".*
	spare=initrd
	script "$whole
		whole uki.efi
		start"
}
case_classic_dtb() {
	what="Image by kexec_load with --dtb, verified with the caches on"
	script 'cp /sys/firmware/fdt /tmp/board.dtb
		run kexec -s -l Image --dtb=/tmp/board.dtb --command-line="$cmdline"
		check "-s refuses --dtb" rc_is 1
		run kexec -c -l Image --initrd=initrd --command-line="$cmdline" --dtb=/tmp/board.dtb --serial=ttyAMA0
		check "-c takes it" rc_is 0
		start'
}
crash() { # SYSCALL
	script 'check "memory is reserved in '"$crash_ranges"' places" \
			test "$(grep -c "Crash kernel" /proc/iomem)" = '"$crash_ranges"'
		load '"$1"' -p Image --initrd=initrd --command-line="$cmdline" && crash'
}
counted() { # WHAT OPTION..
	what="$1"
	shift
	script 'run kexec -c -l '"$*"' Image --initrd=initrd --command-line="$cmdline"
		check "it is loaded" rc_is 0
		say "before $CASE" "$(/init ticks)"
		start'
}
case_verified() { counted "instructions with -c, of which purgatory verifies"; }
case_unverified() { counted "instructions with -c -i, which leaves that out" -i; }

# crash_tools COMMANDS [FILE..]: the crash kernel's initrd gets makedumpfile, and runs these
# commands in a folder with the files
crash_tools() {
	local tool commands=$1 after=$out/$chain-after
	shift
	tool=$("$top/tests/setup/fetch" makedumpfile-arm64) || { say "no makedumpfile"; return 0; }
	rm -rf "$after"
	mkdir "$after"
	cp "$tool/usr/bin/makedumpfile" "$tool"/usr/lib/aarch64-linux-gnu/*.so.* "$@" "$after"
	cat > "$after/script" <<- END
		. /kxt/vm.sh
		CASE=$name
		cd "/disk/$name-after"
		makedumpfile() { ./ld-linux-aarch64.so.1 --library-path . ./makedumpfile "\$@"; }
		$commands
	END
	with_files "$out/first.cpio" "$dir/initrd" "$name" "$name-after" "$after"
	rm -r "$after"
}
# For tests/kdump/record: a dump read by the commands in $RECORD
chain_dump() {
	stock_kernel || skipped "no stock kernel"
	stages="dump"
}
case_dump() {
	what="what is read of a dump"
	crash_tools "$(cat "$RECORD")" "$TOUCHED"
	crash -c
}
case_crash_file() {
	what="crash kernel by kexec_file_load"
	# makedumpfile 1.7.8 knows no addresses of 52 bits.
	! grep -qs '^CONFIG_ARM64_VA_BITS=48' "${kernel%/*}/.config" ||
		crash_tools "dump_tools_agree -c"
	crash -s
}
case_crash_classic() {
	what="crash kernel by kexec_load"
	[ -z "$stock" ] || crash_tools "dump_tools_agree -c"
	crash -c
}

# refusals FILE..: each of them; what is signed is loaded then
refusals='locked() {
	mount -t securityfs sec /sys/kernel/security
	check "the kernel is locked down" grep -q "\[integrity\]" /sys/kernel/security/lockdown
}
unsigned() { refused "$1, unsigned," -s -l "$1" --initrd=initrd --command-line=x; }
tampered() { refused "$1, changed after it was signed," -s -l "$1" --initrd=initrd --command-line=x; }'
case_signed_zboot() {
	what="zboot with a parser program, signed, on a kernel that wants signatures"
	add_parser zboot "$zboot/vmlinuz-gzip.efi" "$dir/zboot"
	sign "$dir/zboot" "$dir/signed"
	tamper "$dir/signed" "$dir/zboot-tampered"
	script "$whole
$refusals
		locked
		unsigned Image
		unsigned zboot
		tampered zboot-tampered
		refused 'kexec_load' -c -l Image --initrd=initrd --command-line=x
		whole signed --initrd=initrd --command-line=\"\$cmdline\"
		start"
}
case_signed_uki() {
	what="UKI with zboot (zstd) inside, signed as one, on such a kernel"
	add_parser zboot "$zboot/vmlinuz-zstd.efi" "$out/$name.zboot"
	make_uki "$out/$name.uki" "$out/$name.zboot" "$dir/initrd"
	add_parser uki "$out/$name.uki" "$dir/uki"
	sign "$dir/uki" "$dir/signed"
	tamper "$dir/signed" "$dir/uki-tampered"
	spare=initrd
	rm "$out/$name".*
	script "$whole
$refusals
		locked
		unsigned uki
		tampered uki-tampered
		whole signed
		start"
}

# Good images and broken ones, which the kernel is to take apart; none of them would boot.
chain_agree() {
	memory=2048 started=no limit=${AGREE_SECONDS:-900}
	stages="agree"
}
case_agree() {
	what="three readings of the same images"
	make -s -C "$BUILD" tests/unit/test-agree-arm64 > "$out/$chain.make.log" 2>&1 ||
		die "no generator of images: $(cat "$out/$chain.make.log")"
	mkdir "$dir/img"
	(cd "$BUILD" && builddir=. "$top/tests/setup/run-arm64" tests/unit/test-agree-arm64 \
		--write-all "$dir/img" "${MUTANTS:-200}") || die "no images"
	aarch64-linux-gnu-gcc -D_GNU_SOURCE -Os -static -o "$dir/kload" "$top/tests/boot/kernel/kload.c"
	# 1 and 2 are verdicts, of which the worst counts here.
	"$top/tests/setup/run-arm64" "$BUILD/kexec/kexec-image" check --json "$dir"/img/*.efi \
		> "$out/agree.checked" 2> "$out/agree.err" ||
		[ $? -le 2 ] || die "kexec-image: $(cat "$out/agree.err")"
	spare=initrd
	script 'echo 1 > /sys/kernel/kexec_decomposed
		for image in img/*; do
			echo "IMAGE ${image##*/} $(./kload "$image" 2>&1)"
			grep -E "^(load|refused)" /sys/kernel/kexec_decomposed
		done
		echo KXT off'
}
judge_agree() {
	local agree=$top/tests/boot/kernel/agree.py numbers
	if "$agree" "$out/agree.checked" "$1.txt" > "$out/agreed"; then
		ok "agree: parsers, programs on our machine and in the kernel: $(tail -n 1 "$out/agreed")"
	else
		not_ok "agree: parsers, programs on our machine and in the kernel"
		diag "$(tail -n 20 "$out/agreed")"
	fi
	# Both answers must come often, or this proves little.
	numbers=$(sed -n '$s/.*good \([0-9]*\), accepted \([0-9]*\), others \([0-9]*\), taken \([0-9]*\), refused \([0-9]*\).*/\1 \2 \3 \4 \5/p' "$out/agreed")
	if awk '{ exit !($1 >= 5 && $2 == $1 && $4 * 10 >= $3 && $5 * 5 >= $3) }' <<< "$numbers"; then
		ok "agree: enough is taken and enough is refused"
	else
		not_ok "agree: enough is taken and enough is refused ($numbers)"
	fi
	# One wrong digest among all is found.
	sed '0,/^load kernel /s/^\(load kernel [0-9]* \)......../\1deadbeef/' "$1.txt" > "$out/agree.wrong"
	if "$agree" "$out/agree.checked" "$out/agree.wrong" > /dev/null; then
		not_ok "agree: another digest is noticed"
	else
		ok "agree: another digest is noticed"
	fi
}

case_record() {
	what="files of /proc and /sys"
	cat > "$dir/script" <<-'END'
		tell() { echo "KXT file $1"; gzip -c | base64 | sed 's/^/KXT data /'; }
		for f in /proc/iomem /proc/cmdline /proc/sys/kernel/osrelease /sys/firmware/fdt \
			/sys/kernel/vmcoreinfo /sys/devices/system/cpu/possible \
			/sys/devices/system/cpu/cpu0/crash_notes /sys/devices/system/cpu/cpu0/crash_notes_size \
			/sys/class/tty/ttyAMA0/iomem_base /sys/class/tty/ttyAMA0/io_type \
			/sys/class/tty/ttyAMA0/iomem_reg_shift; do
			tell "$f" < "$f"
		done
		dd if=/proc/kcore bs=4096 count=1 | tell /proc/kcore
		echo KXT end record
	END
}
chain_record() {
	stages="record"
}

#
# What a machine is judged by besides what its kernels tell
#

# said LOG TEXT PATTERN
said() {
	if grep -qaE -- "$3" "$1.txt"; then ok "$2"; else
		not_ok "$2"
		excerpt "$1"
	fi
}

judge_direct() {
	said "$1" "classic_dtb: purgatory verifies with MMU, caches and SHA-2 instructions" \
		'^purgatory: SCTLR M=1 C=1 I=1, SHA-2 instructions$'
}
judge_efi() {
	said "$1" "$chain: firmware runs a zboot that has a parser program, and it unpacks itself" \
		'EFI stub: Decompressing Linux Kernel'
}
judge_efi_acpi() { judge_efi "$1"; }
judge_efi_dtb() { judge_efi "$1"; }

# spent LOG CASE: nanoseconds from kexec -e to the first process of the next kernel
spent() {
	local before after
	before=$(sed -n "s/^KXT before $2 //p" "$1.txt")
	after=$(told "$1" "$2" ticks)
	echo $((after - before - 300000000)) # announce() sleeps
}
# A byte takes 3.2 instructions in tests/purgatory; initrds differ, which is why this is no ratio.
judge_count() {
	local verified unverified bytes
	verified=$(spent "$1" verified) unverified=$(spent "$1" unverified)
	bytes=$(($(stat -c %s "$kernel") + $(told "$1" verified initrd | cut -d ' ' -f 1)))
	say "from kexec -e to the next kernel's first process: $verified instructions," \
		"$unverified with -i; $bytes bytes to verify"
	if [ "$unverified" -gt 0 ] && [ $((verified - unverified)) -gt $((bytes * 2)) ] &&
		[ $((verified - unverified)) -le $((bytes * 5)) ]; then
		ok "count: a byte is verified by two to five instructions"
	else
		not_ok "count: a byte is verified by two to five: $verified - $unverified, $bytes bytes"
	fi
}

# What their own build packed is what we unpack: the Image, with zeros up to its size in memory.
judge_zboot() {
	local codec chain=zboot original=${ORIGINAL:-$image} size
	size=$(stat -c %s "$original")
	for codec in gzip zstd; do
		kexec_image extract --part=kernel --directory="$out" "$zboot/vmlinuz-$codec.efi"
		if cmp -s -n "$size" "$original" "$out/kernel" &&
			[ "$(tail -c +$((size + 1)) "$out/kernel" | tr -d '\0' | wc -c)" = 0 ]; then
			ok "vmlinuz-$codec.efi holds the Image that it was made of"
		else
			not_ok "vmlinuz-$codec.efi holds the Image that it was made of"
		fi
		kexec_image inspect "$zboot/vmlinuz-$codec.efi"
		if grep -q '^zboot image (vmlinuz)' "$out/$chain.image.log" &&
			grep -q "arm64 Image (Image), .* unpacked from [0-9]* bytes of $codec\$" "$out/$chain.image.log"; then
			ok "inspect says what is in vmlinuz-$codec.efi"
		else
			not_ok "inspect says what is in vmlinuz-$codec.efi"
		fi
	done
	rm -f "$out/kernel"
}
