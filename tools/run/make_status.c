/*
 * GNU make loads this when it boots a machine, so that `make run` ends with the machine's status: of a recipe that failed
 * make only tells that one did, with its own status 2.
 *
 * The recipe writes its status into the file that the variable BOOT_STATUS names. Nothing else of make changes.
 */
#define _GNU_SOURCE /* on_exit */
#include <gnumake.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define MAKE_FAILED 2

int plugin_is_GPL_compatible; /* make asks for this name */
int make_status_gmk_setup(void);

/* Called when make ends with `make_status`; `file` is a name. */
static void end_with_status(int make_status, void *file)
{
    FILE *stream = make_status == MAKE_FAILED ? fopen(file, "r") : NULL;
    int status;
    if (!stream || fscanf(stream, "%d", &status) != 1)
        return;
    fflush(NULL);
    _exit(status);
}

int make_status_gmk_setup(void)
{
    on_exit(end_with_status, gmk_expand("$(BOOT_STATUS)"));
    return 1;
}
