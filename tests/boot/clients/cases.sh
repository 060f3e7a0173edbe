# shellcheck shell=bash disable=SC2034,SC2154
# SPDX-License-Identifier: GPL-2.0-or-later
# The clients. Each is a function that runs on the host and says what the started
# kernel must attest (what, cmdline, initrd, vmcore), fills $dir, which is /kxt/disk in
# the machine, and $parts, which goes over its root file system (config), and says what
# the machine runs (script) and how it starts (first).
#
#	snapshot	"off" keeps what is written to the disk, for afterwards()

# from_root COMMAND FILE TO [IMAGE]: debugfs's dump or rdump; what came of it shows later
from_root() {
	local debugfs
	debugfs=$(command -v debugfs || echo /sbin/debugfs)
	"$debugfs" -R "$1 $2 $3" "${4:-$debian/root.img}" 2> /dev/null
}

without_init="root=/dev/vda rw init=/kxt/start"
with_systemd="root=/dev/vda rw systemd.wants=kxt.service systemd.unit=multi-user.target \
systemd.mask=serial-getty@ttyS0.service \
systemd.show_status=no quiet"
without_kdump="systemd.mask=kdump-tools.service"

# What Debian adds to the command line for its crash kernel.
kdump_words="reset_devices systemd.unit=kdump-tools-dump.service nr_cpus=1 irqpoll usbcore.nousb"

case_kdump_config() {
	what="Debian's kdump-config: what it loads comes up with the old kernel's memory"
	put_kernel
	put_initrd initrd
	vmcore=yes first=$without_init
	# crashkernel=.. goes, the blank before it stays as it was.
	cmdline="${common/ crashkernel=256M/} $first $kdump_words"
	config etc/default/kdump-tools <<- 'END'
		USE_KDUMP=1
		KDUMP_KERNEL=/kxt/disk/vmlinuz
		KDUMP_INITRD=/kxt/disk/initrd
		KDUMP_COREDIR=/var/crash
	END
	script <<- 'END'
		run kdump-config test
		check "test exits with 0" rc_is 0
		check "test shows the call" grep -q '/sbin/kexec -p --command-line=".*" --initrd=/kxt/disk/initrd /kxt/disk/vmlinuz' /kxt/stdout
		check "and loads nothing" crash_loaded_is 0
		run kdump-config load
		check "load exits with 0" rc_is 0
		check "says that it has loaded" grep -q 'loaded kdump kernel' /kxt/stdout
		check "it is loaded" crash_loaded_is 1
		run kdump-config status
		check "status: ready" grep -q '^current state *: ready to kdump' /kxt/stdout
		run kdump-config show
		check "show: ready" grep -q '^current state: *ready to kdump' /kxt/stdout
		check "show: the call" grep -q '/sbin/kexec -p' /kxt/stdout
		run kdump-config unload
		check "unload exits with 0" rc_is 0
		check "says so" grep -q 'unloaded kdump kernel' /kxt/stdout
		check "it is not loaded any more" crash_loaded_is 0
		run kdump-config status
		check "status: not ready" grep -q '^current state *: Not ready to kdump' /kxt/stdout
		run kdump-config load
		check "load again exits with 0" rc_is 0
		check "it was our kexec" grep -q '^KXT called kexec -p --command-line=' /run/kxt-calls
		crash
	END
}

# load_kernel of kexec-tools' own script, then kexec -e as the init scripts do.
case_kexec_load_kernel() {
	what="Debian's kexec-load-kernel, then kexec -e"
	put_kernel
	put_initrd initrd
	first=$without_init cmdline="$common case=kexec_load_kernel"
	config etc/default/kexec <<- END
		KERNEL_IMAGE=/kxt/disk/vmlinuz
		INITRD=/kxt/disk/initrd
		APPEND="$cmdline"
		USE_GRUB_CONFIG=false
	END
	script <<- 'END'
		run kexec-load-kernel
		check "kexec-load-kernel exits with 0" rc_is 0
		check "it is loaded" loaded_is 1
		check "it was our kexec" grep -q '^KXT called kexec -l /kxt/disk/vmlinuz --initrd=' /run/kxt-calls
		start
	END
}

# The scripts are of bookworm, the last to have them; systemd makes units of them.
case_init_scripts() {
	what="Debian's init scripts kexec-load and kexec on systemctl reboot"
	put_kernel
	put_initrd initrd
	first="$with_systemd $without_kdump" cmdline="$common case=init_scripts"
	config etc/default/kexec <<- END
		LOAD_KEXEC=true
		KERNEL_IMAGE=/kxt/disk/vmlinuz
		INITRD=/kxt/disk/initrd
		APPEND="$cmdline"
		USE_GRUB_CONFIG=false
	END
	# As an installation leaves them.
	mkdir -p "$parts"/etc/{rc2.d,rc3.d,rc4.d,rc5.d,rc6.d}
	for level in 2 3 4 5; do
		ln -s ../init.d/kexec-load "$parts/etc/rc$level.d/S01kexec-load"
		ln -s ../init.d/kexec "$parts/etc/rc$level.d/S01kexec"
	done
	ln -s ../init.d/kexec-load "$parts/etc/rc6.d/K01kexec-load"
	ln -s ../init.d/kexec "$parts/etc/rc6.d/K01kexec"
	from_root rdump /kxt/bookworm/etc/init.d "$parts/etc"
	script <<- 'END'
		systemctl start kexec-load.service kexec.service
		run systemctl is-active kexec-load.service kexec.service
		check "both scripts are services" rc_is 0
		check "nothing is loaded yet" loaded_is 0
		announce
		systemctl reboot
	END
}

# The loader entry is where systemd looks for it on machines without EFI.
systemctl_kexec() {
	put_kernel
	put_initrd initrd
	first="$with_systemd $without_kdump" cmdline="$common case=$name"
	config kxt/entry.conf <<- END
		title Test
		linux /vmlinuz
		initrd /initrd
		options $cmdline
	END
	script <<- END
		mkdir -p /run/boot-loader-entries/loader/entries
		cp /kxt/disk/vmlinuz /kxt/disk/initrd /run/boot-loader-entries
		cp /kxt/entry.conf /run/boot-loader-entries/loader/entries
		check "nothing is loaded yet" loaded_is 0
		${1:-}
		announce
		systemctl kexec
	END
}

case_systemctl_kexec() {
	what="systemctl kexec of systemd 257 loads by kexec"
	systemctl_kexec
	called="kexec --load /run/boot-loader-entries/*vmlinuz --append $cmdline --initrd /run/boot-loader-entries/*initrd"
}

case_sid_systemctl_kexec() {
	what="systemctl kexec of the newest systemd"
	systemctl_kexec
}

# What is loaded already, systemd starts.
case_sid_kexec_then_systemctl() {
	what="kexec -l, then systemctl kexec of the newest systemd"
	systemctl_kexec "run kexec -l /kxt/disk/vmlinuz --initrd=/kxt/disk/initrd --append='$common case=$name'
		check 'kexec -l exits with 0' rc_is 0
		check 'it is loaded' loaded_is 1
		sed -i 's/^options.*/options must not be seen/' /run/boot-loader-entries/loader/entries/entry.conf"
}

# All of it Debian's: kernel, initrd, what runs in the crash kernel.
case_kdump_service() {
	what="Debian's kdump-tools.service: a crash, a dump on the disk"
	kernel=$debian snapshot=off vmcore=yes
	first="$with_systemd case=$name"
	cmdline="${common/ crashkernel=256M/} $first $kdump_words"
	initrd=$work/kdump-initrd
	from_root dump "/var/lib/kdump/initrd.img-$(cat "$debian/release")" "$initrd"
	# The service of the crash kernel starts this script, too.
	script <<- 'END'
		if [ -e /proc/vmcore ]; then
			say "begin $CASE"
			say "cmdline $(cat /proc/cmdline)"
			say "initrd $(stat -c %s /sys/firmware/initrd) $(sha256sum < /sys/firmware/initrd | cut -d ' ' -f 1)"
			say "end $CASE"
			exit
		fi
		run systemctl is-active kdump-tools.service
		check "kdump-tools.service has started" rc_is 0
		check "a crash kernel is loaded" crash_loaded_is 1
		crash
	END
	afterwards() { judge_dump "$work/root.img" "$work"; }
}

# judge_dump ROOT-IMAGE WORK: makedumpfile and vmcore-dmesg must read the same out of it
judge_dump() {
	local dump dmesg makedumpfile lib
	makedumpfile=$("$fetch" makedumpfile) lib=usr/lib/x86_64-linux-gnu
	from_root rdump /var/crash "$2" "$1"
	dump=$(compgen -G "$2/crash/*/dump.*") dmesg=$(compgen -G "$2/crash/*/dmesg.*") || true
	if [ ! -s "$dump" ] || [ ! -s "$dmesg" ]; then
		problems+="no dump"$'\n'
		return
	fi
	makedumpfile+=/$lib
	"$makedumpfile/ld-linux-x86-64.so.2" --library-path "$makedumpfile" "${makedumpfile%/"$lib"}/usr/bin/makedumpfile" \
		-R "$2/joined" < "$dump" > "$2/makedumpfile.log" 2>&1 || problems+="makedumpfile -R failed"$'\n'
	if ! "$BUILD/kdump/vmcore-dmesg" "$2/joined" > "$2/dmesg" 2> "$2/dmesg.err"; then
		problems+="vmcore-dmesg failed: $(cat "$2/dmesg.err")"$'\n'
	fi
	grep -q 'Kernel panic - not syncing: sysrq' "$2/dmesg" || problems+="no panic in the log"$'\n'
	# makedumpfile also says who wrote each line, and indents.
	sed 's/^\(\[ *[0-9.]*\] \)\[ *[CT][0-9]*\] /\1/; s/^ \{26\}//' "$dmesg" > "$2/theirs"
	cmp -s "$2/theirs" "$2/dmesg" ||
		problems+="vmcore-dmesg and makedumpfile differ: $(diff "$2/theirs" "$2/dmesg" | head -n 10)"$'\n'
}

case_sid_kdump_service() {
	case_kdump_service
	what="the newest kernel; $what"
}
