/* The kernel beside its model, with steps made of libFuzzer's bytes: build and run with `make model-fuzz`. */
#include "host/model/both.h"

#include "hal_host.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { MOST_STEPS = 300, LONGEST_IDLE = 8 };

void differ(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fprintf(stderr, "\n");
    abort();
}

static void on_halt(int status)
{
    differ("the kernel stopped with status %d", status);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct random set_up = {.state = 1}, random = {.state = 1, .bytes = bytes, .byte_count = size};
    struct step step;
    host.on_halt = on_halt;
    host.is_quiet = true;
    both_boot(false);
    for (unsigned i = 0; generate_setup(&set_up, i, &step); i++) {
        both_pass_time(&step);
        both_act(&step);
    }
    unsigned idle = 0;
    for (unsigned i = 0; i < MOST_STEPS && random.byte_count > 0 && !model.is_ambiguous && idle < LONGEST_IDLE; i++) {
        idle = model.current ? 0 : idle + 1;
        step = generate_time(&random);
        both_pass_time(&step);
        generate_step(&random, NULL, &step);
        both_act(&step);
    }
    return 0;
}
