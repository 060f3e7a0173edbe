#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Three readings of the same images, compared.

	agree.py CHECKED LOG..

CHECKED is what kexec-image check --json says: the C parsers, and the parser
program on our machine. Each LOG is that of a virtual machine, for each image

	IMAGE name RESULT-OF-KEXEC-FILE-LOAD

and what /sys/kernel/kexec_decomposed says then. Prints the images that they do
not agree on, with what each says, and one line of numbers; exits 1 if there are any. Images called good-* must be accepted by all;
those called damaged-* have another program than the one that the parsers are
compared with.
"""
import json
import os
import re
import sys

# Behind the program: the loader of the architecture is asked whether it is one.
NO_KERNEL = "what the parser program names as kernel"
PARTS = ("kernel", "initrd", "cmdline")


def read_checked(path):
    with open(path, encoding="utf-8") as f:
        return {os.path.basename(image["file"]): image for image in json.load(f)}


def read_log(path):
    """What the kernel said, by name, and whether it took the image apart in that load."""
    images, image, gens = {}, None, {"load": 0, "refused": 0}
    with open(path, encoding="utf-8", errors="replace") as f:
        for line in f:
            words = line.split()
            if words[:1] == ["IMAGE"] and len(words) == 3:
                image = images[words[1]] = {"result": words[2], "whole": None, "parts": {}}
            elif not image or words[:1] not in (["load"], ["refused"]):
                continue
            elif m := re.fullmatch(r"(\w+) gen (\d+) errno (\d+) route (\S+)", line.strip()):
                # Or else it still tells of a load before.
                is_this = int(m[2]) != gens[m[1]] and m[4] == "whole"
                image["whole"] = bool(image["whole"]) or is_this
                gens[m[1]] = int(m[2])
                if is_this:
                    image["errno"] = int(m[3])
            elif is_this and (m := re.fullmatch(r"\w+ (\w+) (\d+) ([0-9a-f]{64})",
                                                line.strip())):
                image["parts"][m[1]] = {"size": int(m[2]), "sha256": m[3]}
    return images


def program_accepts(here):
    return "program" in here or here.get("program_refuses", "").startswith(NO_KERNEL)


def kernel_and_program(here, kernel):
    """What is wrong between the kernel and our machine, which run the same program."""
    if not program_accepts(here):
        if kernel["whole"]:
            return "the kernel accepts what the program refuses"
        # It may be a kernel of another format then, but no mutation makes one.
        return "the kernel loads it" if kernel["result"] == "ok" else None
    if not kernel["whole"]:
        return "the kernel refuses what the program accepts"
    if "program" not in here:
        return None if kernel["errno"] else "the kernel loads what is no kernel"
    for part in PARTS:
        if kernel["parts"][part] != here["program"][part]:
            return f"another {part}"
    return None


def attestation(kernel):
    """Does it tell of this load?"""
    if not kernel["whole"]:
        return None
    if set(kernel["parts"]) != set(PARTS):
        return "the kernel does not attest every part"
    if (kernel["result"] == "ok") != (kernel["errno"] == 0):
        return "the attestation has another result than the load"
    return None


def parsers_and_program(name, here):
    verdict = here.get("verdict")
    if name.startswith("good-"):
        return None if verdict == "equal" else "a good image"
    if verdict in ("equal", "both-refuse", "no-program") or name.startswith("damaged-"):
        return None
    return "parsers and program"


def main():
    checked, log = read_checked(sys.argv[1]), {}
    for path in sys.argv[2:]:
        log.update(read_log(path))
    numbers = dict.fromkeys(("good", "accepted", "others", "taken", "refused", "disagreements"), 0)

    for name in sorted(set(checked) | set(log)):
        here, kernel = checked.get(name, {}), log.get(name, {"whole": None})
        if not here or kernel["whole"] is None:
            wrong = "somebody was not asked"
        else:
            wrong = (parsers_and_program(name, here) or attestation(kernel) or
                     kernel_and_program(here, kernel))
        if wrong:
            print(f"DISAGREE {name}: {wrong}\n  here: {here}\n  kernel: {kernel}")
            numbers["disagreements"] += 1
        if name.startswith("good-"):
            numbers["good"] += 1
            numbers["accepted"] += bool(kernel["whole"])
        else:
            numbers["others"] += 1
            numbers["taken" if kernel["whole"] else "refused"] += 1
    print(", ".join(f"{what} {n}" for what, n in numbers.items()))
    return bool(numbers["disagreements"])


if __name__ == "__main__":
    sys.exit(main())
