/* Domains: which set of threads may run when. One capability governs them all. */
#pragma once

#include "object/invocation.h"

struct refusal domain_invoke(struct invocation *invocation);
