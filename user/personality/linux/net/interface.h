/* The machine's network interfaces as programs see them. */
#pragma once

#include "protocols/socket.h"

struct text;
struct thread;

/* The name of one; null: there is no interface of this number. */
const char *interface_name(unsigned index);

/* The SIOCGIF... controls: 0 or a negative error. */
int64_t interface_control(struct thread *thread, uint64_t request, uint64_t argument);
