#include "core/system.h"

struct system system_state;
