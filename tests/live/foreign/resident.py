#!/usr/bin/env python3
"""How much memory a program under qemu's user mode has of its own: resident.py PID

Prints kilobytes. Started with `-R 64G` qemu puts all that the program maps into one stretch of 64 GiB, so that
what lies there is the program's, its code and its libraries among it, and what lies elsewhere the emulator's.
"""

import re
import sys

RESERVED = 64 << 30
HEAD = re.compile(r"([0-9a-f]+)-([0-9a-f]+) ")


def mappings(process):
    """Start, end and resident kilobytes of each, in the order of the addresses."""
    found = []
    with open(f"/proc/{process}/smaps") as lines:
        for line in lines:
            head = HEAD.match(line)
            if head:
                found.append([int(head[1], 16), int(head[2], 16), 0])
            elif line.startswith("Rss:"):
                found[-1][2] = int(line.split()[1])
    return found


def main():
    stretch = []
    for one in mappings(sys.argv[1]):
        if stretch and stretch[-1][1] != one[0]:
            stretch = []
        stretch.append(one)
        if one[1] - stretch[0][0] >= RESERVED:
            break
    else:
        sys.exit("resident.py: no stretch of 64 GiB: was it started with -R 64G?")
    print(sum(resident for _, _, resident in stretch))


main()
