# SPDX-License-Identifier: GPL-2.0-or-later
# Makes the table out of what tests/bench/run collected:
#
#	GOAL ROW KIND LIMIT VARIANT [REFERENCE]
#	WANTS-SHA ROW: its goals are for processors with instructions for SHA
#	QEMU ROW VERSION
#	SKIP ROW TEXT
#	BENCH <tab> ROW VARIANT REPETITION WALL USER SYSTEM PROCESS MEMORY
#	BENCH-TELL ROW VARIANT TEXT
#	BENCH-START <tab> ROW VARIANT TIME-STAMP, then BENCH-SECOND <tab> TIME-STAMP
#	BENCH-PROBLEM ROW VARIANT TEXT, KXT problem TEXT
#
# and the variable clock, "instructions" if time was counted in these.
#
# KIND: wall-ratio (at most LIMIT times REFERENCE), wall-more (at most LIMIT
# seconds more), wall-more-or (RATIO,SECONDS: more by one or the other),
# memory-max (MB), memory-more (MB), own-ratio (the machine's memory at its
# worst, less what stays loaded), exec-ratio (of instructions), route.

function row_seen(name) {
	if (!(name in known)) {
		known[name] = 1
		rows[++nr_rows] = name
	}
}

function variant_seen(name, variant) {
	if ((name, variant) in n) return
	variants[name, ++nr_variants[name]] = variant
	n[name, variant] = 0
}

# Of the first @count of sample[key, what, 1..], sorted in place.
function median(key, what, count,    i, j, v) {
	for (i = 2; i <= count; i++) {
		v = sample[key, what, i]
		for (j = i - 1; j > 0 && sample[key, what, j] > v; j--)
			sample[key, what, j + 1] = sample[key, what, j]
		sample[key, what, j + 1] = v
	}
	i = int((count + 1) / 2)
	if (count % 2) return sample[key, what, i]
	return (sample[key, what, i] + sample[key, what, i + 1]) / 2
}

function ratio(a, b) { return b > 0 ? sprintf("%.2f", a / b) : "-" }

function lacks_sha(name) { return (name in wants_sha) && sha[name] != "yes" }

function verdict(name, text, good, whatever_processor) {
	if (lacks_sha(name) && !whatever_processor)
		print "    " text ": no verdict, this processor has no SHA instructions"
	else if (least[name] < 7)
		printf "    %s: no verdict from %d repetitions\n", text, least[name]
	else
		printf "    %s: %s%s\n", text, good ? "met" : "MISSED",
			clock == "instructions" ? " by instructions" : ""
}

function print_exec_goal(name, limit, a, b,    na, nb, text) {
	na = count[name, a]; nb = count[name, b]
	if (!na || !nb) {
		print "    goal on " a ": NOT MEASURED"
		bad = 1
		return
	}
	text = sprintf("    goal: %s at most %.2f of %s; is %s", a, limit, b, ratio(na, nb))
	if (lacks_sha(name))
		print text ": no verdict, this processor has no SHA instructions"
	else
		print text (na <= limit * nb ? ": met" : ": MISSED") " by instructions"
}

# TSC and virtual time run at 1 GHz, an instruction takes 2 ns.
function print_counts(name,    i, v) {
	printf "%-22s %24s\n", name, "million instructions"
	for (i = 1; i <= nr_counted[name]; i++) {
		v = counted[name, i]
		printf "  %-20s %24.0f\n", v, count[name, v] / 1e6
		if (v ~ /-i$/)
			printf "  %-20s %24s\n", counted[name, i - 1] "/" v,
				ratio(count[name, counted[name, i - 1]], count[name, v])
	}
}

function print_goal(name, kind, limit, a, b,    wa, wb, part, text) {
	wa = wall[name, a]; wb = wall[name, b]
	if (kind == "route") {
		verdict(name, "goal: route " limit "; was " route[name], route[name] == limit)
		return
	}
	if (kind == "exec-ratio") {
		print_exec_goal(name, limit, a, b)
		return
	}
	if (!((name, a) in wall) || (b != "" && !((name, b) in wall))) {
		print "    goal on " a ": NOT MEASURED"
		bad = 1
		return
	}
	if (kind == "wall-ratio") {
		text = sprintf("goal: wall of %s at most %.2f of %s; is %s", a, limit, b, ratio(wa, wb))
		if ((name, "syscall") in wall)
			text = text sprintf(" (the system call alone: %s)",
				ratio(wall[name, "syscall"], wb))
		if ((name, a "-i") in wall)
			text = text sprintf(" (without the digest: %s)", ratio(wall[name, a "-i"], wb))
		verdict(name, text, wa <= limit * wb)
	} else if (kind == "own-ratio") {
		wa = own[name, a]; wb = own[name, b]
		text = sprintf("goal: memory of %s beyond what stays loaded at most %.2f of %s; is %.0f MB, %.0f MB",
			a, limit, b, wa, wb)
		verdict(name, text, wa <= limit * wb, 1)
	} else if (kind == "wall-more") {
		text = sprintf("goal: %s at most %.3f s more than %s; is %.3f", a, limit, b, wa - wb)
		verdict(name, text, wa - wb <= limit)
	} else if (kind == "wall-more-or") {
		split(limit, part, ",")
		text = sprintf("goal: %s at most %d %% or %.3f s more than %s; is %.1f %%, %.3f s",
			a, part[1] * 100, part[2], b, (wa / wb - 1) * 100, wa - wb)
		verdict(name, text, wa - wb <= part[2] || wa <= (1 + part[1]) * wb)
	} else if (kind == "memory-max") {
		text = sprintf("goal: memory of %s at most %d MB; is %d", a, limit, memory[name, a])
		verdict(name, text, memory[name, a] <= limit)
	} else if (kind == "memory-more") {
		text = sprintf("goal: memory of %s at most %d MB more than %s; is %d", a, limit, b,
			memory[name, a] - memory[name, b])
		verdict(name, text, memory[name, a] - memory[name, b] <= limit)
	}
}

function print_row(name,    i, v, key, first, second) {
	printf "%-22s %9s %9s %12s %11s\n", name, "wall s", "CPU s", "process MB", "memory MB"
	for (i = 1; i <= nr_variants[name]; i++) {
		v = variants[name, i]
		key = name SUBSEP v
		if (!n[key]) continue
		if (!(name in least) || n[key] < least[name]) least[name] = n[key]
		wall[key] = median(key, "wall", n[key])
		cpu[key] = median(key, "cpu", n[key])
		process[key] = median(key, "process", n[key])
		printf "  %-20s %9.3f %9.3f %12.1f %11d\n", v, wall[key], cpu[key], process[key], memory[key]
	}
	for (i = 2; i <= nr_variants[name]; i++) {
		first = name SUBSEP variants[name, 1]
		second = name SUBSEP variants[name, i]
		if (!n[first] || !n[second]) continue
		printf "  %-20s %9s %9s %12s %11s\n", variants[name, 1] "/" variants[name, i],
			ratio(wall[first], wall[second]), ratio(cpu[first], cpu[second]),
			ratio(process[first], process[second]), ratio(memory[first], memory[second])
	}
}

$1 == "GOAL" {
	row_seen($2)
	goals[$2, ++nr_goals[$2]] = $3 " " $4 " " $5 " " $6
}
$1 == "WANTS-SHA" { wants_sha[$2] = 1 }
$1 == "QEMU" { qemu[$2] = $3 }
$1 == "SKIP" {
	row_seen($2)
	skipped[$2] = substr($0, length($1 $2) + 3)
}
$1 == "BENCH" {
	variant_seen($2, $3)
	if ($4 == 0) {
		memory[$2, $3] = $9 / 1024
		own[$2, $3] = ($9 - $10) / 1024
	} else {
		n[$2, $3]++
		sample[$2, $3, "wall", n[$2, $3]] = $5 / 1e6
		sample[$2, $3, "cpu", n[$2, $3]] = ($6 + $7) / 1e6
		sample[$2, $3, "process", n[$2, $3]] = $8 / 1024
	}
}
$1 == "BENCH-TELL" && $3 == "sha" { sha[$2] = $4 }
$1 == "BENCH-START" {
	row_seen($2)
	counted[$2, ++nr_counted[$2]] = $3
	began = $4; begun = $2 SUBSEP $3
}
$1 == "BENCH-SECOND" { count[begun] = ($2 - began) / 2 }
$1 == "BENCH-TELL" && $4 == "route:" { route[$2] = $5 }
$1 == "BENCH-PROBLEM" || $1 == "KXT" {
	if (++problems <= 20) problem[problems] = $0
}

END {
	for (r = 1; r <= nr_rows; r++) {
		name = rows[r]
		if (name in skipped) {
			printf "%-22s SKIP: %s\n\n", name, skipped[name]
			if (!nr_counted[name]) continue
		}
		if (nr_counted[name]) print_counts(name)
		else print_row(name)
		if (name in qemu)
			printf "    QEMU %s, SHA instructions: %s\n", qemu[name],
				name in sha ? sha[name] : "unknown"
		for (g = 1; g <= nr_goals[name]; g++) {
			split(goals[name, g], word, " ")
			print_goal(name, word[1], word[2], word[3], word[4])
		}
		print ""
	}
	for (p = 1; p <= problems && p <= 20; p++) print problem[p]
	print "Times and process memory: medians; memory: the machine's, at its worst, without page"
	print "cache, and with what stays loaded. Only ratios within a row mean anything."
	if (clock == "instructions")
		print "Time was counted in instructions, at 2 ns each, not taken from a clock."
	exit bad || problems > 0
}
