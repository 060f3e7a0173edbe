#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What the parser program finds in an image, from kexec-image check --json, in the
form of a test's NAME.parts: part, size, digest."""
import json
import sys

with open(sys.argv[1], encoding="utf-8") as f:
    found = json.load(f)[0].get("program", {})
for part in ("kernel", "initrd", "cmdline"):
    if part in found:
        print(part, found[part]["size"], found[part]["sha256"])
