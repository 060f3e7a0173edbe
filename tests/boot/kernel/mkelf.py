#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Writes ELF files that are nothing but sections, and appends signatures.

    mkelf.py OUT [NAME=FILE].. [FIELD:NUMBER]..   FIELD: type, machine
    mkelf.py --append OUT IN SIGNATURE [FIELD:NUMBER]..   FIELD: length, id, hash

A section of type SHT_NULL to SHT_NOBITS is NAME@NUMBER=FILE; by default it is 1.
"""
import struct
import sys


def bytes_of(name):
    with open(name, "rb") as f:
        return f.read()


def options(args):
    pairs = (a.split(":", 1) for a in args if "=" not in a)
    return {name: int(number, 0) for name, number in pairs}


def elf(args):
    o = {"type": 2, "machine": 183} | options(args)
    names, heads, data = b"\0", [b"\0" * 64], b""
    given = [a.split("=", 1) for a in args if "=" in a] + [[".shstrtab@3", None]]
    at = 64 + 64 * (len(given) + 1)
    for name, source in given:
        name, _, kind = name.partition("@")
        start, names = len(names), names + name.encode() + b"\0"
        part = names if source is None else bytes_of(source)
        heads.append(struct.pack("<IIQQQQIIQQ", start, int(kind or 1), 0, 0,
                                 at + len(data), len(part), 0, 0, 1, 0))
        data += part
    head = struct.pack("<16sHHIQQQIHHHHHH", b"\x7fELF\2\1\1", o["type"], o["machine"], 1,
                       0, 0, 64, 0, 64, 0, 0, 64, len(heads), len(heads) - 1)
    return head + b"".join(heads) + data


def append(args):
    signed, signature = bytes_of(args[0]), bytes_of(args[1])
    o = {"length": len(signature), "id": 2, "hash": 0} | options(args[2:])
    return (signed + signature + struct.pack(">BBB5xI", 0, o["hash"], o["id"], o["length"]) +
            b"~Module signature appended~\n")


def main():
    with_signature = sys.argv[1] == "--append"
    args = sys.argv[1 + with_signature:]
    with open(args[0], "wb") as f:
        f.write((append if with_signature else elf)(args[1:]))


main()
