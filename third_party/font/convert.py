#!/usr/bin/python3
"""Makes C of a console font: convert.py NAME FILE.psf.gz SHA256. The C, on standard output, defines `const struct font NAME`.

The file is in the PSF format of Linux's console, version 1: a header of four bytes, bitmaps eight pixels wide, and for each the
characters that it shows. Sequences of characters, which some bitmaps show as one, are left out.
"""

import gzip
import hashlib
import struct
import sys
from pathlib import Path

MAGIC = b"\x36\x04"
HEADER_BYTES = 4
MODE_512_GLYPHS, MODE_CHARACTERS = 1, 2
SEQUENCE_FOLLOWS, END_OF_GLYPH = 0xFFFE, 0xFFFF
ROW_LENGTH = 16


def read_font(data):
    """The height of the font, its bitmaps, and the glyph of each character."""
    magic, mode, height = struct.unpack_from("<2sBB", data)
    if magic != MAGIC or not mode & MODE_CHARACTERS:
        sys.exit("this is no PSF font of version 1 with a table of characters")
    count = 512 if mode & MODE_512_GLYPHS else 256
    end = HEADER_BYTES + count * height
    table = struct.unpack(f"<{(len(data) - end) // 2}H", data[end:])
    glyph_of = {}
    glyph, in_sequence = 0, False
    for value in table:
        if value == END_OF_GLYPH:
            glyph, in_sequence = glyph + 1, False
        elif value == SEQUENCE_FOLLOWS:
            in_sequence = True
        elif not in_sequence:
            glyph_of.setdefault(value, glyph)
    if glyph != count:
        sys.exit(f"the table names {glyph} glyphs of {count}")
    return height, data[HEADER_BYTES:end], glyph_of


def rows(values):
    return "\n".join("    " + " ".join(f"{value}," for value in values[start:start + ROW_LENGTH])
                     for start in range(0, len(values), ROW_LENGTH))


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    name, path, sha256 = sys.argv[1:]
    packed = Path(path).read_bytes()
    if hashlib.sha256(packed).hexdigest() != sha256:
        sys.exit(f"{path} has the SHA-256 {hashlib.sha256(packed).hexdigest()}, not {sha256}")
    height, bitmaps, glyph_of = read_font(gzip.decompress(packed))
    characters = [f"{{{character:#x}, {glyph}}}" for character, glyph in sorted(glyph_of.items())]
    print(f"""#include <font.h>

static const uint8_t bitmaps[] = {{
{rows(list(bitmaps))}
}};

static const struct font_character characters[] = {{
{rows(characters)}
}};

const struct font {name} = {{8, {height}, {len(characters)}, characters, bitmaps}};""")


if __name__ == "__main__":
    main()
