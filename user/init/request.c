#include "init/request.h"

#include "init/account.h"
#include "init/budget.h"
#include "init/check.h"
#include "init/component_page.h"
#include "init/domain.h"
#include "init/inject.h"
#include "init/log.h"
#include "init/memory.h"
#include "init/region.h"
#include "init/supervise.h"
#include "init/system.h"

#include "lib/string.h"
#include "microkit/include/pecan/supervisor.h"

#include <pecan/features.h>
#include <pecan/kernel_trace.h>

enum {
    NAME_WORDS = NAME_BYTES / sizeof(seL4_Word),
    STATUS_WORDS = 2,
    UPDATE_WORDS = 3,
    CORRUPT_WORDS = 3,
    CHANNEL_WORDS = 2
};

_Static_assert((int)PECAN_CHANNEL_NOTIFY == (int)CHANNEL_NOTIFY && (int)PECAN_CHANNEL_CALL == (int)CHANNEL_CALL &&
                   PECAN_NO_SERVICE == SERVICE_NONE,
               "channels are told as they are described");
_Static_assert((int)PECAN_DOMAIN_STOPPED == (int)DOMAIN_STOPPED && (int)PECAN_DOMAIN_WAITS == (int)DOMAIN_WAITS &&
                   (int)PECAN_DOMAIN_RUNS == (int)DOMAIN_RUNS,
               "states are the same inside and outside");

static seL4_MessageInfo_t answer(pecan_supervisor_error error, seL4_Word words)
{
    return seL4_MessageInfo_new((seL4_Word)error, 0, 0, words);
}

static seL4_MessageInfo_t answer_status(const struct domain_record *domain)
{
    seL4_Word words[NAME_WORDS];
    memcpy(words, domain->description->name, sizeof(words));
    seL4_SetMR(0, domain->state);
    seL4_SetMR(1, domain->restarts);
    for (int i = 0; i < NAME_WORDS; i++)
        seL4_SetMR(STATUS_WORDS + i, words[i]);
    return answer(PECAN_SUPERVISOR_OK, STATUS_WORDS + NAME_WORDS);
}

/* The sums are made before the message registers are written: the kernel's answers to questions come in them too. */
static seL4_MessageInfo_t answer_accounts(void)
{
    seL4_Word free_bytes = memory_bytes_left(), slots = slots_occupied(), private_bytes = 0;
    for (uint32_t i = 0; i < the_system.description->domains.count; i++)
        private_bytes += untyped_bytes_left(domain_slot(&the_system.domains[i], PLAN_SLOT_UNTYPED));
    seL4_SetMR(0, free_bytes);
    seL4_SetMR(1, slots);
    seL4_SetMR(2, private_bytes);
    return answer(PECAN_SUPERVISOR_OK, 3);
}

static void count_restarts(uint64_t set)
{
    for (uint32_t i = 0; i < the_system.description->domains.count; i++)
        the_system.domains[i].restarts += set >> i & 1;
}

static void restart(uint32_t index)
{
    uint64_t set = supervise_restart_set(index);
    supervise_stop(set, false);
    count_restarts(set);
    supervise_start(set);
}

static void start(uint32_t index)
{
    uint64_t set = supervise_family(index), stopped = 0;
    for (uint32_t i = 0; i < the_system.description->domains.count; i++)
        if (set >> i & 1 && the_system.domains[i].state != DOMAIN_RUNS)
            stopped |= 1ul << i;
    supervise_start(stopped);
}

/* The region that holds `bytes` at an address of the domain's address space, and where in it; false: none does. */
static bool find_region(const struct description_domain *domain, uint64_t address, uint64_t bytes, uint32_t *region,
                        uint64_t *offset)
{
    for (uint32_t i = 0; i < domain->maps.count; i++) {
        const struct description_map *map = ROW(maps, map, domain->maps.first + i);
        uint64_t room = region_bytes(map->region);
        if (address < map->address || address - map->address > room || bytes > room - (address - map->address))
            continue;
        *region = map->region;
        *offset = address - map->address;
        return true;
    }
    return false;
}

/*
 * The update is copied to the stage and checked there, where its giver cannot change it any more; what is no good
 * changes nothing. Then it takes the place of the program that ran.
 */
static pecan_supervisor_error update(struct domain_record *domain, uint32_t caller, uint64_t address, uint64_t bytes)
{
    const struct description_domain *description = domain->description;
    char *stage = (char *)the_system.description + the_system.description->bytes;
    char *room = (char *)the_system.description + description->update_room;
    uint64_t offset;
    uint32_t region;
    if (!find_region(the_system.domains[caller].description, address, bytes, &region, &offset))
        return PECAN_SUPERVISOR_NO_ADDRESS;
    if (bytes > description->update_room_bytes)
        return PECAN_SUPERVISOR_NO_ROOM;
    if (!region_read(region, offset, stage, bytes))
        return PECAN_SUPERVISOR_NO_ADDRESS;

    const struct program_update *image = (const struct program_update *)stage;
    const char *problem = update_check(the_system.description, description, image, bytes);
    if (problem) {
        log_print("init: update of %s: %s\n", description->name, problem);
        return PECAN_SUPERVISOR_NO_UPDATE;
    }
    struct program_view program = update_program(image);
    if (!domain_has_room_for(domain, &program))
        return PECAN_SUPERVISOR_NO_ROOM;
    patches_apply(stage, (const struct description_patch *)(stage + image->patches.offset), image->patches.count);
    uint64_t set = supervise_restart_set((uint32_t)(domain - the_system.domains));
    supervise_stop(set, false);
    memcpy(room, stage, bytes);
    domain_replace_program(domain, update_program((const struct program_update *)room));
    count_restarts(set);
    supervise_start(set);
    return PECAN_SUPERVISOR_OK;
}

static seL4_MessageInfo_t answer_account(struct domain_record *domain)
{
    seL4_Word words[PECAN_ACCOUNT_WORDS];
    account_read(domain, words);
    for (unsigned i = 0; i < PECAN_ACCOUNT_WORDS; i++)
        seL4_SetMR((int)i, words[i]);
    return answer(PECAN_SUPERVISOR_OK, PECAN_ACCOUNT_WORDS);
}

static pecan_supervisor_error inject(struct domain_record *domain, seL4_Word request)
{
    seL4_Word seed = seL4_GetMR(1), count = seL4_GetMR(2);
    const char *name = domain->description->name;
    if (domain->state != DOMAIN_RUNS)
        return PECAN_SUPERVISOR_NOT_RUNNING;
    switch (request) {
    case PECAN_SUPERVISOR_KILL:
        log_print("init: %s failed: killed by a supervisor\n", name);
        supervise_failure((uint32_t)(domain - the_system.domains),
                          &(struct domain_failure){.kind = PECAN_FAILURE_KILLED});
        return PECAN_SUPERVISOR_OK;
    case PECAN_SUPERVISOR_HANG:
        if (!domain->description->restart.heartbeat_us || !inject_hang(domain))
            return PECAN_SUPERVISOR_NOT_WATCHED;
        account_begin_outage(domain);
        log_print("init: a supervisor lets %s hang\n", name);
        return PECAN_SUPERVISOR_OK;
    default:
        if (count > PECAN_CORRUPT_WORDS_MOST)
            return PECAN_SUPERVISOR_NO_ROOM;
        log_print("init: a supervisor corrupts %s: seed %lu, %lu words\n", name, seed, count);
        inject_corruption(domain, seed, count);
        return PECAN_SUPERVISOR_OK;
    }
}

static seL4_MessageInfo_t answer_channel(const struct description_domain *domain, seL4_Word number)
{
    if (number >= domain->channels.count)
        return answer(PECAN_SUPERVISOR_NO_MORE, 0);
    const struct description_channel *channel = ROW(channels, channel, domain->channels.first + number);
    seL4_SetMR(PECAN_CHANNEL_ID, channel->id);
    seL4_SetMR(PECAN_CHANNEL_PEER, channel->peer);
    seL4_SetMR(PECAN_CHANNEL_PEER_ID, channel->peer_id);
    seL4_SetMR(PECAN_CHANNEL_FLAGS, channel->flags);
    seL4_SetMR(PECAN_CHANNEL_SERVICE, channel->service);
    return answer(PECAN_SUPERVISOR_OK, PECAN_CHANNEL_WORDS);
}

static seL4_MessageInfo_t answer_service(seL4_Word number)
{
    seL4_Word words[NAME_WORDS];
    if (number >= the_system.description->services.count)
        return answer(PECAN_SUPERVISOR_NO_MORE, 0);
    const struct description_service *service = ROW(services, service, number);
    memcpy(words, service->name, sizeof(words));
    seL4_SetMR(0, service->provider);
    for (int i = 0; i < NAME_WORDS; i++)
        seL4_SetMR(1 + i, words[i]);
    return answer(PECAN_SUPERVISOR_OK, 1 + NAME_WORDS);
}

/* The kernel's own trace, if it has one, and there is room for it. */
static void trace_kernel(bool is_wanted)
{
    uint32_t region = the_system.description->trace_region;
    if (region != REGION_NONE && pecan_features(the_system.boot) & PECAN_FEATURE_TRACE)
        pecan_DomainSet_Trace(seL4_CapDomain, is_wanted ? the_system.regions[region].frames : 0);
}

static seL4_MessageInfo_t trace(bool is_wanted)
{
    uint64_t before = the_system.traced_since;
    if (is_wanted != (before != 0)) {
        trace_kernel(is_wanted);
        the_system.traced_since = is_wanted ? pecan_counter() : 0;
        for (uint32_t i = 0; i < the_system.description->domains.count; i++) {
            const struct domain_record *domain = &the_system.domains[i];
            volatile struct pecan_component_page *page =
                domain->state == DOMAIN_RUNS ? component_page_open(domain) : NULL;
            if (page) {
                page->is_traced = is_wanted;
                private_frame_close(domain);
            }
        }
    }
    seL4_SetMR(0, before);
    return answer(PECAN_SUPERVISOR_OK, 1);
}

/* A request about a domain; how many words each must have. */
static seL4_Word words_of(seL4_Word request)
{
    switch (request) {
    case PECAN_SUPERVISOR_STATUS:
    case PECAN_SUPERVISOR_RESTART:
    case PECAN_SUPERVISOR_STOP:
    case PECAN_SUPERVISOR_START:
    case PECAN_SUPERVISOR_ACCOUNT:
    case PECAN_SUPERVISOR_KILL:
    case PECAN_SUPERVISOR_HANG:
        return 1;
    case PECAN_SUPERVISOR_UPDATE:
        return UPDATE_WORDS;
    case PECAN_SUPERVISOR_CORRUPT:
        return CORRUPT_WORDS;
    case PECAN_SUPERVISOR_CHANNEL:
        return CHANNEL_WORDS;
    default:
        return 0;
    }
}

static bool changes_nothing(seL4_Word request)
{
    return request == PECAN_SUPERVISOR_COUNT || request == PECAN_SUPERVISOR_ACCOUNTS ||
           request == PECAN_SUPERVISOR_STATUS || request == PECAN_SUPERVISOR_ACCOUNT ||
           request == PECAN_SUPERVISOR_CHANNEL || request == PECAN_SUPERVISOR_SERVICE;
}

static seL4_MessageInfo_t handle_for_domain(uint32_t caller, seL4_Word request, uint32_t index)
{
    struct domain_record *domain = &the_system.domains[index];
    switch (request) {
    case PECAN_SUPERVISOR_STATUS:
        return answer_status(domain);
    case PECAN_SUPERVISOR_ACCOUNT:
        return answer_account(domain);
    case PECAN_SUPERVISOR_CHANNEL:
        return answer_channel(domain->description, seL4_GetMR(1));
    case PECAN_SUPERVISOR_UPDATE:
        return answer(update(domain, caller, seL4_GetMR(1), seL4_GetMR(2)), 0);
    case PECAN_SUPERVISOR_RESTART:
        restart(index);
        break;
    case PECAN_SUPERVISOR_STOP:
        supervise_stop(supervise_family(index), true);
        break;
    case PECAN_SUPERVISOR_START:
        start(index);
        break;
    default:
        return answer(inject(domain, request), 0);
    }
    return answer(PECAN_SUPERVISOR_OK, 0);
}

seL4_MessageInfo_t request_handle(uint32_t caller, seL4_MessageInfo_t info)
{
    seL4_Word request = seL4_MessageInfo_get_label(info), index = seL4_GetMR(0);
    seL4_Word length = seL4_MessageInfo_get_length(info), words = words_of(request);
    if (!(the_system.domains[caller].description->flags & DOMAIN_SUPERVISOR) && !changes_nothing(request))
        return answer(PECAN_SUPERVISOR_NO_RIGHT, 0);
    if (request == PECAN_SUPERVISOR_COUNT) {
        seL4_SetMR(0, the_system.description->domains.count);
        return answer(PECAN_SUPERVISOR_OK, 1);
    }
    if (request == PECAN_SUPERVISOR_ACCOUNTS)
        return answer_accounts();
    if (request == PECAN_SUPERVISOR_SERVICE && length >= 1)
        return answer_service(index);
    if (request == PECAN_SUPERVISOR_TRACE && length >= 1)
        return trace(index != 0);
    if (words == 0 || (words > 1 && length < words))
        return answer(PECAN_SUPERVISOR_NO_REQUEST, 0);
    if (length < 1 || index >= the_system.description->domains.count)
        return answer(PECAN_SUPERVISOR_NO_DOMAIN, 0);
    return handle_for_domain(caller, request, (uint32_t)index);
}
