/* Where the component's own memory lies: far above its program, one area for each kind. */
#pragma once

/* Frame n of programs' memory is always visible at FRAME_WINDOW_BASE + n * 4096. */
#define FRAME_WINDOW_BASE 0x100000000000ul

/* Tables that grow: one record per frame, one word per capability slot. */
#define FRAME_TABLE_BASE 0x200000000000ul
#define SLOT_TABLE_BASE  0x300000000000ul
