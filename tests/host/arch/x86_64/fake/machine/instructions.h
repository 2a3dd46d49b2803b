#include "arch/x86_64/machine/instructions.h"
