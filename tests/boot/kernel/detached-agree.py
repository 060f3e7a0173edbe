#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Does our BPF machine find in images, by detached parsers and containers, what the
kernel must find in them?

	detached-agree.py FOLDER KEXEC-IMAGE

The cases are those of want() and detached(): NAME.want, NAME.parts, NAME.args. Which
errno it is does not matter here, a refusal is one.
"""
import json
import pathlib
import subprocess
import sys

folder, program = pathlib.Path(sys.argv[1]), sys.argv[2]
failed = compared = 0


def complain(name, text):
    global failed
    failed = 1
    print(f"FAIL: {name}: {text}")


for wanted in sorted(folder.glob("*.want")):
    name = wanted.stem
    args = folder / (name + ".args")
    if name == "no-image":  # a matter of the system call's arguments
        continue
    command = [program, "check", "--json"]
    if args.exists():
        image = args.read_text().split()[1]
        command += [f"--parser={folder / name}", folder / pathlib.Path(image).name]
    else:
        command += [folder / name]
    said = json.loads(subprocess.run(command, capture_output=True, text=True).stdout)[0]
    compared += 1
    good = wanted.read_text().strip() == "ok"
    if good != ("program" in said):
        complain(name, f"kernel: {wanted.read_text().strip()}, here: {said}")
    parts = folder / (name + ".parts")
    if not parts.exists() or "program" not in said:
        continue
    for line in parts.read_text().splitlines():
        part, size, digest = line.split()
        have = said["program"][part]
        if (str(have["size"]), have["sha256"]) != (size, digest):
            complain(name, f"{part}: kernel: {size} {digest}, here: {have}")
if compared < 30:
    complain("cases", f"only {compared}")
sys.exit(failed)
