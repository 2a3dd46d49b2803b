/*
 * The log of this domain, for debug.c. Without one nothing happens.
 */
#pragma once

/* Appends a character; the first of a line gets the time put in front. */
void log_put(char character);
