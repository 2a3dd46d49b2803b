/* A client and a server in threads, either started again and again; a device that the server uses works for one client at a time. */
#include "note.h"
#include "ring/ring.h"
#include "test.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OUTSTANDING = 8, MOST_BATCH = 5 };

static const struct ring_shape request_shape = {16, 24}, answer_shape = {16, 16};

/* Which client asks, its number for the request, and what is to be answered. */
struct request {
    uint64_t client, id, value;
};

struct answer {
    uint64_t id, value;
};

struct service {
    void *client_region, *server_region;
    struct note client_note, server_note;
    uint32_t wanted, client_restarts, server_restarts;
    _Atomic uint64_t client;    /* the number of the present one */
    _Atomic uint64_t works_for; /* the client whose buffer the device uses; 0: none */
    _Atomic bool is_done;
    const char *failure;
};

static uint64_t right_answer(uint64_t value)
{
    return value * 6364136223846793005u + 1;
}

/* What the server has taken and not answered: the device is at work on it. */
struct work {
    struct request requests[OUTSTANDING];
    uint32_t count;
};

static void finish_work(struct ring_pair *pair, struct service *service, struct work *work)
{
    for (uint32_t i = 0; i < work->count; i++) {
        struct answer answer = {work->requests[i].id, right_answer(work->requests[i].value)};
        ring_put(&pair->out, &answer, 1);
    }
    work->count = 0;
    service->works_for = 0;
    if (ring_publish(&pair->out))
        note_set(&service->client_note);
}

static void take_work(struct ring_pair *pair, struct service *service, struct work *work, unsigned *random)
{
    uint32_t room = ring_pair_state(pair) == RING_OPEN ? ring_room(&pair->out) : 0;
    uint32_t most = 1 + (uint32_t)rand_r(random) % OUTSTANDING;
    work->count = ring_take(&pair->in, work->requests, room < most ? room : most);
    if (work->count)
        service->works_for = work->requests[0].client;
    if (ring_release(&pair->in))
        note_set(&service->client_note);
}

static void *serve(void *argument)
{
    struct service *service = argument;
    unsigned random = 99;
    for (uint32_t restarts_left = service->server_restarts;; restarts_left--) {
        struct ring_pair pair;
        struct work work = {.count = 0};
        service->works_for = 0; /* the device is reset */
        ring_pair_start(&pair, service->server_region, service->client_region, answer_shape, request_shape);
        note_set(&service->client_note);
        uint32_t rounds = restarts_left ? (uint32_t)rand_r(&random) % 300 : UINT32_MAX;
        while (rounds-- && !service->is_done) {
            if (work.count) {
                finish_work(&pair, service, &work);
                continue;
            }
            if (ring_pair_accept(&pair))
                note_set(&service->client_note);
            take_work(&pair, service, &work, &random);
            if (!work.count && ring_pair_waits_for_entries(&pair, 1))
                note_wait(&service->server_note);
        }
        if (!restarts_left || service->is_done)
            return NULL;
    }
}

/* The requests that this client waits for: values by id, 0 for none. */
struct asked {
    uint64_t values[OUTSTANDING];
    bool is_sent;
};

static void ask(struct ring_pair *pair, uint64_t client, struct asked *asked, unsigned id)
{
    struct request request = {client, id, asked->values[id]};
    ring_put(&pair->out, &request, 1);
}

static void *use(void *argument)
{
    struct service *service = argument;
    unsigned random = 7;
    for (uint32_t restarts_left = service->client_restarts;; restarts_left--) {
        struct ring_pair pair;
        struct asked asked = {.is_sent = false};
        uint64_t client = ++service->client, next_value = client << 32;
        for (unsigned id = 0; id < OUTSTANDING; id++)
            asked.values[id] = ++next_value;
        ring_pair_start(&pair, service->client_region, service->server_region, request_shape, answer_shape);
        note_set(&service->server_note);
        uint32_t answered = 0, wanted = restarts_left ? (uint32_t)rand_r(&random) % 200 : service->wanted;
        while (answered < wanted && !service->failure) {
            if (ring_pair_accept(&pair)) {
                asked.is_sent = false;
                note_set(&service->server_note);
            }
            if (!asked.is_sent && ring_pair_state(&pair) == RING_OPEN) {
                uint64_t works_for = service->works_for;
                if (works_for != 0 && works_for != client)
                    service->failure = "the device works on the buffer for a client that is no more";
                asked.is_sent = true;
                for (unsigned id = 0; id < OUTSTANDING; id++)
                    ask(&pair, client, &asked, id);
            }
            struct answer batch[MOST_BATCH];
            uint32_t count = ring_take(&pair.in, batch, MOST_BATCH);
            for (uint32_t i = 0; i < count; i++) {
                if (batch[i].id >= OUTSTANDING || batch[i].value != right_answer(asked.values[batch[i].id])) {
                    service->failure = "an answer is not that to the request";
                    continue;
                }
                answered++;
                asked.values[batch[i].id] = ++next_value;
                ask(&pair, client, &asked, (unsigned)batch[i].id);
            }
            bool is_asked_for = ring_publish(&pair.out);
            if (ring_release(&pair.in) || is_asked_for)
                note_set(&service->server_note);
            if (!count && ring_pair_waits_for_entries(&pair, 1))
                note_wait(&service->client_note);
        }
        if (!restarts_left || service->failure)
            break;
    }
    service->is_done = true;
    note_set(&service->server_note);
    return NULL;
}

static void run_service(const char *name, uint32_t wanted, uint32_t client_restarts, uint32_t server_restarts)
{
    struct service service = {.client_region = aligned_alloc(RING_LINE_BYTES, ring_pair_region_bytes(request_shape)),
                              .server_region = aligned_alloc(RING_LINE_BYTES, ring_pair_region_bytes(answer_shape)),
                              .client_note = NOTE_QUIET,
                              .server_note = NOTE_QUIET,
                              .wanted = wanted,
                              .client_restarts = client_restarts,
                              .server_restarts = server_restarts};
    memset(service.client_region, 0, ring_pair_region_bytes(request_shape));
    memset(service.server_region, 0, ring_pair_region_bytes(answer_shape));
    pthread_t client, server;
    pthread_create(&server, NULL, serve, &service);
    pthread_create(&client, NULL, use, &service);
    pthread_join(client, NULL);
    pthread_join(server, NULL);
    printf("  %s: %u notifications to the client, %u to the server\n", name, service.client_note.count,
           service.server_note.count);
    free(service.client_region);
    free(service.server_region);
    if (service.failure)
        test_fail(__FILE__, __LINE__, "%s", service.failure);
}

TEST(pair_threads, every_request_is_answered)
{
    run_service("steady", 50000, 0, 0);
}

TEST(pair_threads, a_client_that_starts_again_and_again_gets_only_its_own_answers)
{
    run_service("client restarts", 500, 400, 0);
}

TEST(pair_threads, a_server_that_starts_again_and_again_answers_everything)
{
    run_service("server restarts", 20000, 0, 400);
}

TEST(pair_threads, both_start_again_and_again)
{
    run_service("both restart", 500, 300, 1000);
}
