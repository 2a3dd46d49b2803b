#!/usr/bin/python3
"""Answers one line, `GET BYTES`, with so many bytes of the pattern of client.c. Started by QEMU for each connection."""

import sys

PERIOD = bytes((place * 31 + place // 256) & 255 for place in range(65536))


def main():
    bytes_left = int(sys.stdin.readline().split()[1])
    while bytes_left:
        part = PERIOD[:bytes_left]
        sys.stdout.buffer.write(part)
        bytes_left -= len(part)


main()
