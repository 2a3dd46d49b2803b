/* Runs scripts and prints a line for each: how many things were seen in it, a hash over all of them, and what its contexts consumed. */
#include "twins.h"

#include "../support/objects.h"
#include "lib/console.h"
#include "lib/print.h"

/* Written into the program before it runs (tests/support/program_settings.py). */
struct settings {
    uint64_t first, count, keep; /* scripts; whether to print what was seen */
};
extern struct settings settings;
struct settings settings = {0, 10, 0};

enum { PRIORITY = 254, IDLE_PRIORITY = 1, IDLE_BUDGET_US = 1000000, IDLE_STACK_BYTES = 1024 };

static seL4_CPtr idle_notification;

/* Tells the director that nobody else can run. */
static void idle(void)
{
    for (;;)
        seL4_Signal(idle_notification);
}

static void idle_start(void)
{
    static _Alignas(16) char stack[IDLE_STACK_BYTES];
    struct own_thread thread = thread_make(IDLE_PRIORITY, IDLE_BUDGET_US, IDLE_BUDGET_US, false, 0);

    idle_notification = slots_take(1);
    must(seL4_CNode_Mint(seL4_CapInitThreadCNode, idle_notification, seL4_WordBits, seL4_CapInitThreadCNode,
                         world.director, seL4_WordBits, seL4_CanWrite, BADGE_IDLE),
         "mint the idle thread's capability");
    thread_start(&thread, idle, stack + IDLE_STACK_BYTES, seL4_Null, seL4_Null);
}

int main(void)
{
    objects_init();
    must(console_open(slots_take(1)), "open the console");
    world_init();
    must(seL4_TCB_SetPriority(seL4_CapInitThreadTCB, seL4_CapInitThreadTCB, PRIORITY), "set the own priority");
    idle_start();
    for (uint64_t script = settings.first; script < settings.first + settings.count; script++) {
        log_begin(settings.keep);
        world_make(script);
        director_run();
        world_destroy();
        log_end(script);
    }
    printf("scripts end\n");
    return 0;
}
