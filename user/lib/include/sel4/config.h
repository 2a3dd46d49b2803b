/*
 * The configuration of the kernel and of these headers (CONFIG_...). Include this before asking for an option.
 */
#pragma once

#include <autoconf.h>
