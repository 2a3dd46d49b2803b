/*
 * The component of a screen, that of a bochs-display or else the one that the boot loader has set up: copies what its client
 * has drawn to it (protocols/display.h).
 */
#include "drivers/framebuffer/bochs_display.h"
#include "drivers/framebuffer/loader_screen.h"
#include "protocols/display.h"
#include "protocols/pci.h"
#include <microkit.h>
#include <pecan/component.h>

enum { PCI_OWNER = 0, CLIENT = 3 };

/* Filled in from the description. */
uintptr_t registers_start, registers_bytes, screen_start, screen_bytes, picture_start;
/* The boot loader's screen, where the description has it; no bytes: there is none. */
uintptr_t loader_facts, loader_screen_start, loader_screen_bytes;

static struct framebuffer screen; /* of no size: there is none */

static bool device_open(void)
{
    return microkit_msginfo_get_label(pecan_call_again(PCI_OWNER, microkit_msginfo_new(PCI_OPEN, 0), 0)) == PCI_OK;
}

static bool screen_open(void)
{
    if (device_open()) {
        struct mmio registers = {(volatile void *)registers_start, registers_bytes};
        struct mmio memory = {(volatile void *)screen_start, screen_bytes};
        return bochs_display_set_size(memory, registers, DISPLAY_WIDTH, DISPLAY_HEIGHT, &screen);
    }
    struct mmio memory = {(volatile void *)loader_screen_start, loader_screen_bytes};
    return loader_screen_bytes && loader_screen_open((const seL4_X86_BootInfo_fb_t *)loader_facts, memory,
                                                     DISPLAY_WIDTH, DISPLAY_HEIGHT, &screen);
}

void init(void)
{
    bool has_screen = screen_open();
    microkit_dbg_puts(has_screen ? "display: started\n" : "display: no screen\n");
    microkit_notify(CLIENT);
}

void notified(microkit_channel ch)
{
    (void)ch;
}

/* A coordinate from a message; what is too large for the screen is not on it. */
static uint32_t coordinate(seL4_Uint8 word)
{
    seL4_Word value = microkit_mr_get(word);
    return value < DISPLAY_WIDTH + DISPLAY_HEIGHT ? (uint32_t)value : DISPLAY_WIDTH + DISPLAY_HEIGHT;
}

static void show(struct rectangle place)
{
    const uint32_t *picture = (const uint32_t *)picture_start;
    if (place.left < screen.width && place.top < screen.height)
        framebuffer_draw(&screen, place, picture + (size_t)place.top * DISPLAY_WIDTH + place.left, DISPLAY_WIDTH);
}

microkit_msginfo protected(microkit_channel ch, microkit_msginfo msginfo)
{
    seL4_Word call = microkit_msginfo_get_label(msginfo), count = microkit_msginfo_get_count(msginfo);
    if (ch == CLIENT && call == DISPLAY_SIZE) {
        microkit_mr_set(0, screen.width);
        microkit_mr_set(1, screen.height);
        return microkit_msginfo_new(DISPLAY_OK, 2);
    }
    if (ch == CLIENT && call == DISPLAY_SHOW && count == 4) {
        show((struct rectangle){coordinate(0), coordinate(1), coordinate(2), coordinate(3)});
        return microkit_msginfo_new(DISPLAY_OK, 0);
    }
    return microkit_msginfo_new(DISPLAY_BAD_CALL, 0);
}
