/*
 * The last page of a domain's address space: its IPC buffer, and behind it what the domain and init tell each other
 * (pecan/component.h). The domain may write there what it likes, at any time.
 */
#pragma once

#include "init/system.h"
#include "microkit/include/pecan/component.h"

/* A frame of the domain in init's window, one at a time; null if that fails. It must be closed again. */
void *private_frame_open(const struct domain_record *domain, seL4_CPtr frame);
void private_frame_close(const struct domain_record *domain);

/* The same for the component page of a domain that has private objects. */
volatile struct pecan_component_page *component_page_open(const struct domain_record *domain);
