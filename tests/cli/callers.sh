#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The command lines of the programs that call kexec, word by word as they give them:
# the exit status, which is all that most of them look at, and what the kernel is asked
# for. tests/harness answers in its place, on recorded machines.
set -u
: "${KEXEC:?}" "${top_srcdir:?}" "${builddir:?}"
# shellcheck source=tests/tap.sh
. "$top_srcdir/tests/tap.sh"
# shellcheck source=tests/harness/lib.sh
. "$top_srcdir/tests/harness/lib.sh"

[ "$(uname -m)" = x86_64 ] || skip_all "who calls kexec, and how" "the images are for x86_64"
harness_works || skip_all "who calls kexec, and how" "seccomp's user notification does not work here"
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT

sum_of() { sha256sum < "$1" | cut -d ' ' -f 1; }
make_bzImage "$dir/vmlinuz"
random_bytes 5000 3 > "$dir/initrd.img"
random_bytes 3000 5 > "$dir/initrd-of-uki"
printf 'root=/dev/uki quiet' > "$dir/cmdline-of-uki"
# After make_bzImage: it has another "put".
# shellcheck source=tests/pe.sh
. "$top_srcdir/tests/pe.sh"
pe_new "$dir/linux.efi" 0x400
pe_section "$dir/linux.efi" .linux "$dir/vmlinuz"
pe_section "$dir/linux.efi" .initrd "$dir/initrd-of-uki"
pe_section "$dir/linux.efi" .cmdline "$dir/cmdline-of-uki"
kernel=$(sum_of "$dir/vmlinuz")
initrd=$(sum_of "$dir/initrd.img")
initrd_of_uki=$(sum_of "$dir/initrd-of-uki")

# What the kernel was asked for, with names in place of digests and no addresses.
told() {
	sed -E "/^interface /d; /^segment /d; s/ entry=[^ ]*//; s/ segments=[0-9]+//
		s/ size=[0-9]+//; s/ cmdline_len=[0-9]+//; s# path=\"$dir/([^\"]*)\"# \\1#
		s# path=\"/memfd:[^\"]*\"##; s/ sha256=$kernel/ (KERNEL)/
		s/ sha256=$initrd/ (INITRD)/; s/ sha256=$initrd_of_uki/ (INITRD OF UKI)/" "$dir/record"
}

# calls WHO MACHINE STATUS ARGUMENT...: standard input is what the kernel must be asked
# for. $answer is another answer than the machine's own. Success must be silent.
answer=
calls() {
	who=$1 machine=$2 wanted=$3
	shift 3
	"$harness" --root="$(machine_dir "$machine")" --record="$dir/record" ${answer:+"--answer=$answer"} -- \
		"$KEXEC" "$@" > "$dir/out" 2>&1
	status=$?
	# A line for each call that failed, if only the first of two. Nobody reads what -d says.
	failed=$(grep -c -- '-> E' "$dir/record")
	[ "$status$failed" != 10 ] || failed=1
	said=$(wc -l < "$dir/out")
	[ "$said" != "$failed" ] || said=
	case " $* " in *" -d "* | *" --debug "*) said= ;; esac
	is "$who" "$status${said:+, $said lines of output}
$(told)" "$wanted
$(cat)"
}
# answers WHO MACHINE STATUS ARGUMENT...: for calls that load nothing
answers() { calls "$@" < /dev/null; }

crash="crash-high-low"
plain="bios-512m"

#
# kdumpctl (kdump-utils): $KEXEC $KEXEC_ARGS -p --command-line= --initrd= KERNEL;
# KEXEC_ARGS is -s, and another -s is added under Secure Boot
#

kdump_cmdline='root=UUID=6b4c ro irqpoll nr_cpus=1 reset_devices novmcoredd cma=0 disable_cpu_apicid=0'
calls "kdumpctl start" $crash 0 \
	-s -p "--command-line=$kdump_cmdline" "--initrd=$dir/initrd.img" "$dir/vmlinuz" << END
kernel file (KERNEL) vmlinuz
initrd file (INITRD) initrd.img
cmdline "$kdump_cmdline"
kexec_file_load flags=0x2 -> 0
END
calls "kdumpctl start, Secure Boot, telling" $crash 0 \
	-s -s -d -p "--command-line=$kdump_cmdline" "--initrd=$dir/initrd.img" "$dir/vmlinuz" << END
kernel file (KERNEL) vmlinuz
initrd file (INITRD) initrd.img
cmdline "$kdump_cmdline"
kexec_file_load flags=0xa -> 0
END
calls "kdumpctl start, a UKI: its own initrd instead of the UKI's" $crash 0 \
	-s -p "--command-line=$kdump_cmdline" "--initrd=$dir/initrd.img" "$dir/linux.efi" << END
kernel sealed-memfd (KERNEL)
initrd file (INITRD) initrd.img
cmdline "$kdump_cmdline"
kexec_file_load flags=0x2 -> 0
END
calls "kdumpctl start with KEXEC_ARGS=-c" $crash 0 \
	-c -p "--command-line=$kdump_cmdline" "--initrd=$dir/initrd.img" "$dir/vmlinuz" << END
kexec_load flags=0x3e0001 -> 0
END
answers "kdumpctl start, nothing reserved" $plain 1 \
	-s -p "--command-line=$kdump_cmdline" "--initrd=$dir/initrd.img" "$dir/vmlinuz"
answer=kexec_file_load=EKEYREJECTED
calls "kdumpctl start, a signature that the kernel does not trust" $crash 255 \
	-s -p "--command-line=$kdump_cmdline" "--initrd=$dir/initrd.img" "$dir/vmlinuz" << END
kernel file (KERNEL) vmlinuz
initrd file (INITRD) initrd.img
cmdline "$kdump_cmdline"
kexec_file_load flags=0x2 -> EKEYREJECTED
END
answer=kexec_file_load=ENOSYS
calls "kdumpctl start, a kernel without the call" $crash 253 \
	-s -p "--command-line=$kdump_cmdline" "--initrd=$dir/initrd.img" "$dir/vmlinuz" << END
kernel file (KERNEL) vmlinuz
initrd file (INITRD) initrd.img
cmdline "$kdump_cmdline"
kexec_file_load flags=0x2 -> ENOSYS
END
answer=
calls "kdumpctl stop" $crash 0 -s -p -u << END
kexec_file_load flags=0x3 -> 0
END
calls "kdumpctl stop without KEXEC_ARGS" $crash 0 -p -u << END
kexec_file_load flags=0x3 -> 0
END

# dracut's early-kdump: in the initramfs, the arguments from the same configuration.
calls "early-kdump" $crash 0 \
	-s -p "--command-line=$kdump_cmdline" "--initrd=$dir/initrd.img" "$dir/vmlinuz" << END
kernel file (KERNEL) vmlinuz
initrd file (INITRD) initrd.img
cmdline "$kdump_cmdline"
kexec_file_load flags=0x2 -> 0
END

#
# Debian's kdump-config: through eval; -s under Secure Boot only
#

debian_cmdline='BOOT_IMAGE=/boot/vmlinuz root=/dev/vda1 ro reset_devices systemd.unit=kdump-tools-dump.service nr_cpus=1 irqpoll usbcore.nousb'
calls "kdump-config load" $crash 0 \
	-p "--command-line=$debian_cmdline" "--initrd=$dir/initrd.img" "$dir/vmlinuz" << END
kernel file (KERNEL) vmlinuz
initrd file (INITRD) initrd.img
cmdline "$debian_cmdline"
kexec_file_load flags=0x2 -> 0
END
calls "kdump-config load, Secure Boot" $crash 0 \
	-p -s "--command-line=$debian_cmdline" "--initrd=$dir/initrd.img" "$dir/vmlinuz" << END
kernel file (KERNEL) vmlinuz
initrd file (INITRD) initrd.img
cmdline "$debian_cmdline"
kexec_file_load flags=0x2 -> 0
END
calls "kdump-config load, KDUMP_KEXEC_ARGS as its example" $crash 0 \
	-p --elf64-core-headers "--command-line=$debian_cmdline" "--initrd=$dir/initrd.img" \
	"$dir/vmlinuz" << END
kernel file (KERNEL) vmlinuz
initrd file (INITRD) initrd.img
cmdline "$debian_cmdline"
kexec_file_load flags=0x2 -> 0
END
calls "kdump-config load, no initrd" $crash 0 \
	-p "--command-line=$debian_cmdline" "$dir/vmlinuz" << END
kernel file (KERNEL) vmlinuz
cmdline "$debian_cmdline"
kexec_file_load flags=0x6 -> 0
END
answer=kexec_file_load=ENOSYS
calls "kdump-config load, a kernel without kexec_file_load" $crash 0 \
	-p "--command-line=$debian_cmdline" "--initrd=$dir/initrd.img" "$dir/vmlinuz" << END
kernel file (KERNEL) vmlinuz
initrd file (INITRD) initrd.img
cmdline "$debian_cmdline"
kexec_file_load flags=0x2 -> ENOSYS
kexec_load flags=0x3e0001 -> 0
END
answer=
calls "kdump-config unload" $crash 0 -p -u << END
kexec_file_load flags=0x3 -> 0
END
calls "kdump-config unload, Secure Boot" $crash 0 -s -p -u << END
kexec_file_load flags=0x3 -> 0
END

#
# Debian's scripts kexec-load and kexec; systemd up to 260
#

calls "Debian's kexec-load" $plain 0 \
	-l "$dir/vmlinuz" "--initrd=$dir/initrd.img" "--append=root=/dev/vda1 ro quiet" << END
kernel file (KERNEL) vmlinuz
initrd file (INITRD) initrd.img
cmdline "root=/dev/vda1 ro quiet"
kexec_file_load flags=0 -> 0
END
calls "systemctl kexec" $plain 0 \
	--load "$dir/vmlinuz" --append "root=/dev/vda1 ro quiet" --initrd "$dir/initrd.img" << END
kernel file (KERNEL) vmlinuz
initrd file (INITRD) initrd.img
cmdline "root=/dev/vda1 ro quiet"
kexec_file_load flags=0 -> 0
END
calls "systemctl kexec, an entry without initrd" $plain 0 \
	--load "$dir/vmlinuz" --append "root=/dev/vda1 ro quiet" << END
kernel file (KERNEL) vmlinuz
cmdline "root=/dev/vda1 ro quiet"
kexec_file_load flags=0x4 -> 0
END
calls "systemctl kexec, a UKI that brings everything" $plain 0 \
	--load "$dir/linux.efi" --append "" << END
kernel sealed-memfd (KERNEL)
initrd sealed-memfd (INITRD OF UKI)
cmdline "root=/dev/uki quiet"
kexec_file_load flags=0 -> 0
END

# What a caller asks between its calls.
"$harness" --root="$(machine_dir $plain)" --record="$dir/record" -- sh -c "
	cat /sys/kernel/kexec_loaded
	'$KEXEC' -l '$dir/vmlinuz' '--initrd=$dir/initrd.img' '--append=quiet'
	echo \$?
	cat /sys/kernel/kexec_loaded
	'$KEXEC' -e 2> '$dir/gone'" > "$dir/out" 2>&1
is "Debian's kexec-load, then kexec: what is in kexec_loaded" "$? $(tr '\n' ' ' < "$dir/out")" "0 0 0 1 "
is "and the kernel is started" "$(told | tail -n 2)" "sync -> 0
reboot kexec -> 0"
"$harness" --root="$(machine_dir $crash)" --record="$dir/record" -- sh -c "
	'$KEXEC' -s -p --command-line=quiet '--initrd=$dir/initrd.img' '$dir/vmlinuz'
	echo \$?
	cat /sys/kernel/kexec_crash_loaded
	'$KEXEC' -s -p -u
	echo \$?
	cat /sys/kernel/kexec_crash_loaded" > "$dir/out" 2>&1
is "kdumpctl start and stop: what is in kexec_crash_loaded" "$(tr '\n' ' ' < "$dir/out")" "0 1 0 0 "

#
# Others
#

calls "zfsbootmenu" $plain 0 \
	-a -l "$dir/vmlinuz" "--initrd=$dir/initrd.img" "--command-line=root=zfs:pool/root quiet" << END
kernel file (KERNEL) vmlinuz
initrd file (INITRD) initrd.img
cmdline "root=zfs:pool/root quiet"
kexec_file_load flags=0 -> 0
END
calls "nixos-images" $plain 0 --load "$dir/vmlinuz" --kexec-syscall-auto --no-checks \
	"--initrd=$dir/initrd.img" --command-line "init=/nix/store/init" << END
kernel file (KERNEL) vmlinuz
initrd file (INITRD) initrd.img
cmdline "init=/nix/store/init"
kexec_file_load flags=0 -> 0
END
calls "petitboot, heads" $plain 0 -l --debug "--initrd=$dir/initrd.img" \
	"--append=root=/dev/vda1" "$dir/vmlinuz" << END
kernel file (KERNEL) vmlinuz
initrd file (INITRD) initrd.img
cmdline "root=/dev/vda1"
kexec_file_load flags=0x8 -> 0
END
calls "openSUSE's kdump: unload" $crash 0 -a -p -u << END
kexec_file_load flags=0x3 -> 0
END
calls "SONiC: unload" $plain 0 -u -a << END
kexec_file_load flags=0x1 -> 0
END
answers "kexec -e -i with nothing loaded" $plain 1 -e -i

# A target on an encrypted disk: kdumpctl puts names of keys there, and the kernel takes the
# keys at kexec_file_load.
cp -r "$(machine_dir $crash)" "$dir/luks"
mkdir -p "$dir/luks/sys/kernel/config/crash_dm_crypt_keys"
echo 1 > "$dir/luks/sys/kernel/config/crash_dm_crypt_keys/count"
# on_luks ARGUMENT...: loads a crash kernel on that machine
on_luks() {
	"$harness" --root="$dir/luks" --record="$dir/record" ${answer:+"--answer=$answer"} -- \
		"$KEXEC" -p "--command-line=quiet" "--initrd=$dir/initrd.img" "$@" "$dir/vmlinuz" \
		> "$dir/out" 2>&1
	echo "$?: $(cut -c 1-80 "$dir/out")"
}
is "keys of encrypted disks: -s says nothing" "$(on_luks -s)" "0: "
is "-c says that they stay behind" "$(on_luks -c)" \
	"0: kexec: kexec_load does not pass on the dm-crypt keys that /sys/kernel/config/cra"
most() { "$harness" --root="$1" --record="$dir/record" -- "$KEXEC" -s -p --dry-run \
	--command-line=x "$dir/vmlinuz" 2>&1 | sed -n 's/.*of at most \([0-9]*\)/\1/p'; }
is "the kernel takes 31 characters less of command line" \
	"$(($(most "$(machine_dir $crash)") - $(most "$dir/luks")))" 31
answer=kexec_file_load=ENOKEY
is "one that cannot be found: exit 255" "$(on_luks -s | cut -c 1-25)" "255: kexec: kexec_file_lo"
check "and what may be missing" grep -q 'or a dm-crypt key that .* names is in no keyring' "$dir/out"
# EINVAL has -a go on to kexec_load, but that would lose the key.
answer=kexec_file_load=EINVAL
is "one without a name: -s" "$(on_luks -s | cut -c 1-25)" "253: kexec: kexec_file_lo"
is "and -a does not give it up" "$(on_luks -a | cut -c 1-25)" "255: kexec: kexec_file_lo"
check "says what may be wrong" grep -q 'crash_dm_crypt_keys whose file description was not' "$dir/out"
is "nothing is loaded without it" "$(grep -c '^kexec_load' "$dir/record")" 0
answer=

# What doc/kdump.md tells people to type.
sed -n '/^    kexec /{ :more; /\\$/{ N; s/\\\n *//; b more; }; p; }' "$top_srcdir/doc/kdump.md" \
	> "$dir/typed"
is "the how-to has loads by hand, of a UKI, questions and unloading" \
	"$(grep -c -- '--initrd=.*vmlinuz' "$dir/typed") $(grep -c 'efi$' "$dir/typed") $(
		grep -c -- '-S' "$dir/typed") $(grep -c -- '-u' "$dir/typed")" "1 1 1 1"
while read -r line; do
	typed=$(printf '%s\n' "$line" | sed "s#/boot/vmlinuz[^ ]*#'$dir/vmlinuz'#
		s#/boot/initramfs[^ ]*#'$dir/initrd.img'#; s#/efi/[^ ]*#'$dir/linux.efi'#")
	check "the how-to: $line" "$harness" --root="$(machine_dir $crash)" --record="$dir/record" -- \
		sh -c "kexec() { '$KEXEC' \"\$@\"; }; $typed"
done < "$dir/typed"
tap_done
