/*
 * The log of this domain, for debug.c.
 */
#pragma once

#include <stdbool.h>

/* Appends a character; the first of a line gets the time put in front. False: there is no log. */
bool log_put(char character);
