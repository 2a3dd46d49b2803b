/*
 * A system as its description file states it, after reading and before it is compiled.
 */
#pragma once

#include "init/description.h"
#include "support.h"
#include "xml.h"

/* Options of the kernel that decide what a description may ask for. */
struct kernel_options {
    unsigned cores, domains, schedule_entries;
};

struct domain;

struct region {
    const char *name;
    struct place place;
    uint64_t bytes, physical_address; /* or ADDRESS_NONE */
    uint32_t page_bits;
    bool has_page_size, is_contiguous, is_at_screen, is_mapped;
    enum region_fill fill;
    uint32_t boot_chunk;
    const char *prefill_path; /* null without one */
    struct file_bytes contents;
};

struct map {
    struct place place;
    const char *region_name;
    const struct region *region;
    uint64_t address;
    uint32_t flags;
};

struct irq {
    struct place place;
    struct description_irq row;
};

struct port {
    struct place place;
    uint32_t id;
    uint64_t first, size;
};

enum symbol_value {
    VALUE_NUMBER,
    VALUE_REGION_SIZE,
    VALUE_PREFILL_SIZE,
    VALUE_REGION_ADDRESS,
    VALUE_BUDGET_ADDRESS,
    VALUE_BUDGET_BYTES
};

/* A variable of a program that gets a value. */
struct symbol {
    const char *name;
    struct place place;
    enum symbol_value kind;
    uint64_t number; /* VALUE_NUMBER */
    const char *of;  /* the others: name of a region, or of the domain whose budget it is */
};

struct grant {
    struct place place;
    enum grant_kind kind;
    uint32_t slot;
    const char *domain_name;
};

struct end {
    const char *domain_name;
    struct domain *domain;
    uint32_t id;
    bool may_call, may_notify;
    const char *symbol; /* or null */
};

struct channel {
    struct place place;
    struct end ends[2];
    const struct service *service; /* that it is for, or null */
};

/* What one domain offers, and others use by its name; each user gets a channel. */
struct service {
    const char *name;
    const struct xml_element *element;
    struct domain *provider;
    uint32_t index, user_count, user_most;
    bool may_notify;
    const char *symbol; /* that gets the ids of all users' channels, by bit; or null */
};

struct service_use {
    const char *name;
    const struct xml_element *element;
    struct domain *user;
    struct end end;
};

struct restart_policy {
    bool is_given;
    struct place place;
    uint32_t on, limit;
    uint64_t window_us, delay_us, delay_most_us, heartbeat_us;
    const char *with; /* names, blanks between */
};

/* A log or a trace, as a domain maps it that writes or reads it; address 0: it has none. */
struct kept_region {
    uint64_t address, bytes;
};

/* A scheduling domain. */
struct time_domain {
    const char *name;
    const struct xml_element *place;
    uint32_t id;
    bool has_id;
};

/* pecan:update_room where the description does not say. */
#define UPDATE_ROOM_NORMAL UINT64_MAX

struct domain {
    const char *name;
    struct place place;
    struct domain *parent;
    uint32_t index, child_id, time_domain;
    uint64_t priority, budget_us, period_us, stack_bytes, reserve_bytes, update_room_bytes;
    struct kept_region log, trace; /* its own; 0 bytes: it wants none */
    bool is_passive, has_fpu, is_supervisor, is_observer, is_vital, reads_logs, reads_traces, is_called, has_children;
    uint64_t memory_budget; /* bytes, or MEMORY_REST */
    struct restart_policy restart;
    const char *image_path, *symbols_path; /* as the file says; the second may be null */
    struct place image_place;
    struct map *maps;
    struct irq *irqs;
    struct port *ports;
    struct symbol *symbols;
    struct grant *grants;
    struct kept_region logs[DOMAINS_MAX + 1],
        traces[DOMAINS_MAX + 1]; /* that it reads, by domain; init's log and the kernel's trace are the last */
    size_t map_count, irq_count, port_count, symbol_count, grant_count;
};

struct system {
    const char *path;
    struct kernel_options kernel;
    struct search_path search;
    struct domain *domains[DOMAINS_MAX];
    size_t domain_count;
    struct region **regions;
    struct channel *channels;
    struct service **services;
    struct service_use *uses;
    size_t region_count, channel_count, service_count, use_count;
    bool has_schedule, has_supervisor;
    struct time_domain *time_domains;
    struct description_turn *turns;
    size_t time_domain_count, turn_count;
    uint32_t turn_shift, turn_start;
    const char *log_region;   /* init's own, or null */
    const char *trace_region; /* of the kernel, or null */
};

/* Reads a description and checks all that can be checked without the programs. Fails at the first error. */
struct system *system_read(const char *path, const struct search_path *search, const struct kernel_options *kernel);

/* Checks of the whole, after everything is read (check.c). */
void system_check(struct system *system);

struct domain *system_domain(const struct system *system, const char *name); /* or null */
struct region *system_region(const struct system *system, const char *name); /* or null */

/* Makes the channels of services, when all other channels are known (read_services.c). */
void services_connect(struct system *system);

/* If a domain reads logs or traces: gives each domain its own, and the readers all of them (kept.c). */
void kept_add(struct system *system);

/* The id of the scheduling domain that a protection domain's element names. */
uint32_t schedule_domain(struct system *system, const struct xml_element *element);

/* Notes that `symbol` of the domain's program gets a value; `place` is for the error when it has one already. */
struct symbol *domain_add_symbol(struct domain *domain, const char *name, const struct xml_element *element);

/* --- memory that devices reach (dma.c) ------------------------------------------------------------------------------ */

/*
 * Memory whose physical address a domain is told, for its device: a region, or the largest piece of another domain's budget. Finds the
 * symbol that tells it, from number *next on, and steps *next behind it; each memory once. Null if there is no more. The description has been checked.
 */
const struct symbol *domain_next_dma(const struct domain *domain, size_t *next);

/* How much that is. MEMORY_REST: as much as the largest piece of what is left at boot. */
uint64_t dma_bytes(const struct system *system, const struct symbol *symbol);

/* --- an element and its attributes (attribute.c) ------------------------------------------------------------------------- */

/* Fails if there is text directly inside the element. */
void text_refuse(const struct xml_element *element);

/* The same, and unless every attribute of the element is one of the names, which end with null. */
void container_check(const struct xml_element *element, const char *const *names);

/* The same, and if there are elements inside. */
void leaf_check(const struct xml_element *element, const char *const *names);

/* The value of an attribute that must be there. */
const char *attribute_text(const struct xml_element *element, const char *name);
uint64_t attribute_number(const struct xml_element *element, const char *name);

/* The value of an attribute, or `otherwise`. */
uint64_t attribute_number_or(const struct xml_element *element, const char *name, uint64_t otherwise);
bool attribute_bool_or(const struct xml_element *element, const char *name, bool otherwise);

/* An id from 0 to 61. */
uint32_t attribute_id(const struct xml_element *element, const char *name);

/* Fails with "Error: <what> on element '<tag>': <place>". */
_Noreturn void fail_on(const struct xml_element *element, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
_Noreturn void fail_unknown(const struct xml_element *element);

/* --- parts of a description, each in a file of its own -------------------------------------------------------------- */

void read_domain(struct system *system, const struct xml_element *element, struct domain *parent);
void read_domain_devices(struct domain *domain, const struct xml_element *element);
void read_region(struct system *system, const struct xml_element *element);
void read_channel(struct system *system, const struct xml_element *element);
void read_schedule(struct system *system, const struct xml_element *element);
void read_restart(struct domain *domain, const struct xml_element *element);
void read_provide(struct system *system, struct domain *domain, const struct xml_element *element);
void read_use(struct system *system, struct domain *domain, const struct xml_element *element);
