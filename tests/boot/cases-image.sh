# shellcheck shell=bash disable=SC2034,SC2154
# SPDX-License-Identifier: GPL-2.0-or-later
# Boot cases of what may be in an image or beside it: profiles, addons, the
# initrds that a stub would make, envelopes. As in cases.sh, which see.

# The folder of an image's addons. An addon may bring an initrd of its own.
put_addons() {
	local folder=$dir/uki.efi.extra.d
	mkdir "$folder" "$dir/late"
	head -c 777 /dev/urandom > "$dir/late/noise"
	pack "$dir/late" > "$dir/late.cpio"
	make_uki "$folder/10-first.addon.efi" --cmdline="first=1" --initrd="$dir/late.cpio"
	make_uki "$folder/20-second.addon.efi" --cmdline="second=2"
	rm -r "$folder"/*.log "$dir/late"
}

image_profile() {
	put_initrd embedded-initrd
	make_uki "$dir/other" --profile="$(printf 'ID=other\nTITLE=Other')" --cmdline="$cmdline"
	make_uki "$dir/uki.efi" --linux="$kernel/vmlinuz" --initrd="$initrd" \
		--cmdline="wrong profile" --join-profile="$dir/other"
	rm "$dir/other"
}

case_image_profile() {
	what="UKI by -s: another profile, by its name"
	image_profile
	script <<- END
		load -s -l uki.efi --profile=other
		start
	END
}

case_classic_profile() {
	what="UKI by -c: another profile, by @N in front of the command line"
	image_profile
	script <<- END
		load -c -l uki.efi --command-line=@1
		start
	END
}

case_image_addons() {
	what="UKI by -s: two addons beside it, one with an initrd"
	put_uki
	put_addons
	cmdline="$cmdline first=1 second=2"
	joined "$dir/expected" "$initrd" "$dir/late.cpio"
	initrd=$dir/expected
	script <<- END
		load -s -l uki.efi
		start
	END
}

case_classic_addons() {
	what="UKI by -c: addons beside it, and a given command line"
	put_uki "wrong command line"
	put_addons
	joined "$dir/expected" "$initrd" "$dir/late.cpio"
	initrd=$dir/expected
	script <<- END
		load -c -l uki.efi --command-line="$cmdline"
		start
	END
	cmdline="$cmdline first=1 second=2"
}

image_ucode() {
	mkdir "$dir/ucode"
	head -c 3001 /dev/urandom > "$dir/ucode/GenuineIntel.bin"
	pack "$dir/ucode" > "$dir/ucode.cpio"
	put_initrd embedded-initrd
	make_uki "$dir/uki.efi" --linux="$kernel/vmlinuz" --initrd="$initrd" \
		--microcode="$dir/ucode.cpio" --cmdline="$cmdline"
	joined "$dir/expected" "$dir/ucode.cpio" "$initrd"
	initrd=$dir/expected
}

case_classic_ucode() {
	what="UKI by -c: .ucode goes before .initrd"
	image_ucode
	script <<- END
		load -c -l uki.efi
		start
	END
}

image_envelope() {
	put_initrd inner-initrd
	gzip -1 -c "$kernel/vmlinuz" > "$dir/vmlinuz.gz"
	"$BUILD/kexec/kexec-image" envelope "$dir/vmlinuz.gz" "$initrd" "$cmdline" \
		"$dir/envelope" > "$dir/log" || die "envelope failed"
	rm "$dir/vmlinuz.gz"
}

case_image_envelope() {
	what="ELF envelope of a gzip'ed bzImage by -s"
	image_envelope
	script <<- END
		load -s -l envelope
		start
	END
}

case_classic_envelope() {
	what="ELF envelope of a gzip'ed bzImage by -c"
	image_envelope
	script <<- END
		load -c -l envelope
		start
	END
}

case_image_stub_initrds() {
	local made=$dir/made stub=$top/tests/images/stub-cpio
	what="UKI by -s --stub-initrds: a credential and os-release"
	put_initrd embedded-initrd
	mkdir "$dir/uki.efi.extra.d" "$made"
	echo "a secret" > "$dir/uki.efi.extra.d/my.cred"
	echo "ID=test" > "$made/os-release"
	make_uki "$dir/uki.efi" --linux="$kernel/vmlinuz" --initrd="$initrd" --cmdline="$cmdline" \
		--os-release="@$made/os-release"
	"$stub" 500 400 credentials "my.cred=$dir/uki.efi.extra.d/my.cred" > "$made/1"
	"$stub" 555 444 "" "os-release=$made/os-release" > "$made/2"
	joined "$dir/expected" "$initrd" "$made/1" "$made/2"
	rm -r "$made"
	initrd=$dir/expected
	script <<- END
		load -s -l uki.efi --stub-initrds
		start
	END
}

case_image_gzip() {
	what="gzip'ed bzImage by -s; started by a kernel that got the stub's initrds"
	put_kernel
	gzip -1 "$dir/vmlinuz"
	put_initrd initrd
	script <<- END
		check "os-release is in /.extra" grep -q ^ID=test /.extra/os-release
		check "the credential is, too" grep -q "^a secret" /.extra/credentials/my.cred
		load -s -l vmlinuz.gz --initrd=initrd --command-line="$cmdline"
		start
	END
}
