/* A CNode: 2^radix slots, and the operations that move capabilities between slots. */
#pragma once

#include "object/invocation.h"

struct refusal cnode_invoke(struct invocation *invocation);
