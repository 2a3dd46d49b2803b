/*
 * Levels of address spaces; the constants are with the sizes.
 */
#pragma once

#include <sel4/sel4_arch/constants.h>
