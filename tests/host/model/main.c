/*
 * Random sequences on the kernel and on the model.
 *
 *   model_test [--seed N] [--steps N] [--length N] [--ops LETTERS] [--traced] [--replay] [--no-shrink]
 *
 * Runs sequences of `length` random steps from seeds N, N + 1, ... until `steps` are done. A sequence that fails is printed
 * as its seed and the step, shrunk, and printed again as the steps that are left. `ops` are letters of kinds of operations:
 * m messages, f faults, c copies and moves, b badges, r removal, u retype, t threads, s scheduling contexts, i interrupts, d domains,
 * x the machine's objects, a anything, v services: threads that call and answer each other. Traced, the kernel notes its entries all the
 * while, which changes its ways but nothing that shows.
 */
#include "both.h"

#include "hal_host.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_LENGTH   4000
#define LONGEST_IDLE 8 /* steps: then nobody will run again */

struct settings {
    uint64_t seed, steps;
    unsigned length;
    const char *groups;
    bool is_replay, shrinks;
};

static struct step steps[MAX_LENGTH];
static jmp_buf failed;
static char reason[512];
static uint64_t current_seed;
static volatile unsigned current_step;
static uint64_t steps_before; /* of earlier sequences */
static bool is_traced;

void differ(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(reason, sizeof(reason), format, arguments);
    va_end(arguments);
    longjmp(failed, 1);
}

static void on_halt(int status)
{
    differ("the kernel stopped with status %d", status);
}

static void report_crash(int number)
{
    char text[128];
    int length = snprintf(text, sizeof(text), "seed %lu step %u: signal %d, after %lu steps in all\n", current_seed,
                          current_step, number, steps_before + current_step);
    if (write(1, text, (size_t)length) < 0)
        _exit(3);
    _exit(2);
}

/* The sanitizer's search for leaks at the end is of no use here. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "detect_leaks=0";
}

/* --- sequences ------------------------------------------------------------------------------------------------------ */

static void run_step(const struct step *step)
{
    both_pass_time(step);
    both_act(step);
}

static void set_up(struct random *random)
{
    struct step step;
    both_boot(is_traced);
    for (unsigned i = 0; generate_setup(random, i, &step); i++)
        run_step(&step);
}

/* What a sequence is about, when the command line does not say: most are about everything, some about one part. */
static const char *groups_of(uint64_t seed, const struct settings *settings)
{
    static const char *const groups[] = {NULL, "ccrrub", "vmsi", "mfts", NULL, "cccrruumtib", "vmsdt", "vmcst"};
    return settings->groups ? settings->groups : groups[seed % ARRAY_LENGTH(groups)];
}

/* Makes and runs a sequence; the number of steps run, all when nothing failed. */
static bool run_seed(uint64_t seed, const struct settings *settings)
{
    struct random random = {.state = seed};
    current_seed = seed;
    current_step = 0;
    if (setjmp(failed))
        return false;
    set_up(&random);
    unsigned idle = 0;
    for (unsigned i = 0; i < settings->length && !model.is_ambiguous && idle < LONGEST_IDLE; i++) {
        idle = model.current ? 0 : idle + 1;
        steps[i] = generate_time(&random);
        current_step = i + 1;
        both_pass_time(&steps[i]);
        generate_step(&random, groups_of(seed, settings), &steps[i]);
        if (settings->is_replay)
            print_step(i, &steps[i]);
        both_act(&steps[i]);
    }
    return true;
}

/* Runs the first `count` of `kept` steps after the seed's set-up. */
static bool run_steps(uint64_t seed, const struct step *kept, unsigned count)
{
    struct random random = {.state = seed};
    if (setjmp(failed))
        return false;
    set_up(&random);
    for (current_step = 0; current_step < count && !model.is_ambiguous; current_step++)
        run_step(&kept[current_step]);
    return true;
}

/* The same in a process of its own, which may crash or hang. */
static bool fails_alone(uint64_t seed, const struct step *kept, unsigned count)
{
    int status;
    pid_t child = fork();
    if (child == 0) {
        alarm(10);
        fclose(stdout);
        fclose(stderr);
        _exit(run_steps(seed, kept, count) ? 0 : 1);
    }
    waitpid(child, &status, 0);
    return status != 0;
}

/* Leaves out ever smaller runs of steps as long as what is left still fails. */
static unsigned shrink(uint64_t seed, unsigned count)
{
    static struct step trial[MAX_LENGTH];
    for (unsigned run = count / 2; run > 0; run /= 2) {
        for (unsigned start = 0; start + run <= count;) {
            memcpy(trial, steps, start * sizeof(steps[0]));
            memcpy(trial + start, steps + start + run, (count - start - run) * sizeof(steps[0]));
            if (fails_alone(seed, trial, count - run)) {
                memcpy(steps, trial, (count - run) * sizeof(steps[0]));
                count -= run;
            } else {
                start += run;
            }
        }
    }
    return count;
}

static void report(const struct settings *settings)
{
    unsigned count = current_step;
    printf("seed %lu step %u: %s, after %lu steps in all\n", current_seed, count, reason, steps_before + count);
    if (!settings->shrinks)
        return;
    fflush(stdout);
    count = shrink(current_seed, count);
    printf("shrunk to %u steps:\n", count);
    for (unsigned i = 0; i < count; i++)
        print_step(i, &steps[i]);
    host.is_quiet = false;
    if (!run_steps(current_seed, steps, count))
        printf("seed %lu, shrunk: %s\n", current_seed, reason);
}

/* --- the command line ----------------------------------------------------------------------------------------------- */

static struct settings parse(int argc, char **argv)
{
    struct settings settings = {.seed = 1, .steps = 20000, .length = 250, .shrinks = true};
    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : "0";
        if (strcmp(argv[i], "--replay") == 0) {
            settings.is_replay = true;
            continue;
        }
        if (strcmp(argv[i], "--no-shrink") == 0) {
            settings.shrinks = false;
            continue;
        }
        if (strcmp(argv[i], "--traced") == 0) {
            is_traced = true;
            continue;
        }
        i++;
        if (strcmp(argv[i - 1], "--seed") == 0)
            settings.seed = strtoull(value, NULL, 0);
        else if (strcmp(argv[i - 1], "--steps") == 0)
            settings.steps = strtoull(value, NULL, 0);
        else if (strcmp(argv[i - 1], "--length") == 0)
            settings.length = (unsigned)strtoul(value, NULL, 0);
        else if (strcmp(argv[i - 1], "--ops") == 0)
            settings.groups = value;
        else
            settings.steps = 0;
    }
    if (settings.length > MAX_LENGTH)
        settings.length = MAX_LENGTH;
    return settings;
}

int main(int argc, char **argv)
{
    struct settings settings = parse(argc, argv);
    if (settings.steps == 0) {
        fprintf(stderr, "usage: model_test [--seed N] [--steps N] [--length N] [--ops LETTERS] [--traced] [--replay] "
                        "[--no-shrink]\n");
        return 2;
    }
    host.on_halt = on_halt;
    host.is_quiet = !settings.is_replay;
    if (!settings.is_replay) {
        signal(SIGSEGV, report_crash);
        signal(SIGBUS, report_crash);
        signal(SIGILL, report_crash);
        signal(SIGABRT, report_crash);
        signal(SIGALRM, report_crash);
    }
    uint64_t ambiguous = 0, sequences = 0;
    for (uint64_t seed = settings.seed; steps_before < settings.steps; seed++) {
        alarm(20); /* a sequence takes milliseconds: the kernel would hang */
        if (!run_seed(seed, &settings)) {
            alarm(0);
            report(&settings);
            return 1;
        }
        steps_before += current_step;
        ambiguous += model.is_ambiguous;
        sequences++;
    }
    printf("%lu steps in %lu sequences agree; %lu sequences ended early\n", steps_before, sequences, ambiguous);
    return 0;
}
