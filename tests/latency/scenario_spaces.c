/*
 * Capability spaces as deep as addresses are long: 64 CNodes of two slots on the way to each capability. Messages with
 * three capabilities look up five or six addresses at once.
 */
#include "latency.h"

#include "../support/space.h"
#include "lib/tls.h"

#define LEVELS      64
#define TREE_LEVELS 3 /* the last ones branch, so that there are 8 slots below */
#define LEAVES      (1u << TREE_LEVELS)
#define ROUNDS      100
#define CLIENTS     2
#define TLS_BYTES   1024
#define PAGE_BYTES  4096

enum leaf { LEAF_ENDPOINT, LEAF_REPLY, LEAF_ROOT, LEAF_SENT, LEAF_SERVER_RECEIVES, LEAF_CLIENT_RECEIVES, LEAF_EMPTY };

static _Alignas(PAGE_BYTES) char buffers[CLIENTS + 1][PAGE_BYTES];
static _Alignas(16) char stacks[CLIENTS + 1][1024];
static _Alignas(64) char storages[CLIENTS + 1][TLS_BYTES];
static seL4_CPtr root, done;

static void put(seL4_CPtr cnode, seL4_Word index, seL4_CPtr cap)
{
    must(seL4_CNode_Copy(cnode, index, 1, seL4_CapInitThreadCNode, cap, seL4_WordBits, seL4_AllRights),
         "fill a slot of a deep space");
}

/* A chain of CNodes with a tree at its end; returns the CNodes whose slots are the leaves. */
static seL4_CPtr space_make(void)
{
    seL4_CPtr chain = objects_make(seL4_CapTableObject, 1, LEVELS - TREE_LEVELS);
    seL4_CPtr tree = objects_make(seL4_CapTableObject, 1, LEAVES - 1); /* as in a heap: below n are 2n + 1 and 2n + 2 */

    for (unsigned i = 0; i + 1 < LEVELS - TREE_LEVELS; i++)
        put(chain + i, 0, chain + i + 1);
    put(chain + LEVELS - TREE_LEVELS - 1, 0, tree);
    for (unsigned i = 0; i < LEAVES / 2 - 1; i++)
        for (unsigned below = 0; below < 2; below++)
            put(tree + i, below, tree + 2 * i + 1 + below);
    root = chain;
    return tree + LEAVES / 2 - 1;
}

static void leaf_put(seL4_CPtr leaves, enum leaf leaf, seL4_CPtr cap)
{
    put(leaves + leaf / 2, leaf % 2, cap);
}

static void send_three(enum leaf receives)
{
    for (int i = 0; i < 3; i++)
        seL4_SetCap(i, LEAF_SENT);
    seL4_SetCapReceivePath(LEAF_ROOT, receives, seL4_WordBits);
}

static seL4_MessageInfo_t message(void)
{
    return seL4_MessageInfo_new(0, 0, 3, seL4_MsgMaxLength);
}

static void client(void)
{
    for (;;) {
        send_three(LEAF_CLIENT_RECEIVES);
        seL4_Call(LEAF_ENDPOINT, message());
        seL4_CNode_Delete(LEAF_ROOT, LEAF_CLIENT_RECEIVES, seL4_WordBits);
    }
}

static void server(void)
{
    seL4_Word badge;

    seL4_SetCapReceivePath(LEAF_ROOT, LEAF_SERVER_RECEIVES, seL4_WordBits);
    seL4_Recv(LEAF_ENDPOINT, &badge, LEAF_REPLY);
    for (unsigned i = 0; i < ROUNDS; i++) {
        seL4_CNode_Delete(LEAF_ROOT, LEAF_SERVER_RECEIVES, seL4_WordBits);
        send_three(LEAF_SERVER_RECEIVES);
        /* Answer and next message by turns in two calls and in one, which cannot give way in between. */
        if (i % 2) {
            seL4_ReplyRecv(LEAF_ENDPOINT, message(), &badge, LEAF_REPLY);
        } else {
            seL4_Send(LEAF_REPLY, message());
            seL4_Recv(LEAF_ENDPOINT, &badge, LEAF_REPLY);
        }
        /* Three addresses of slots besides those of the capabilities; the last is empty, so that nothing moves. */
        seL4_CNode_Rotate(LEAF_ROOT, LEAF_SERVER_RECEIVES, seL4_WordBits, 0, LEAF_ROOT, LEAF_SENT, seL4_WordBits, 0,
                          LEAF_ROOT, LEAF_EMPTY, seL4_WordBits);
    }
    seL4_Signal(LEAF_SENT);
    for (;;)
        seL4_Recv(LEAF_ENDPOINT, &badge, LEAF_REPLY);
}

static void begin(void (*run)(void), unsigned number)
{
    seL4_SetIPCBuffer((seL4_IPCBuffer *)buffers[number]);
    run();
}

static void begin_server(void)
{
    begin(server, CLIENTS);
}

static void begin_first(void)
{
    begin(client, 0);
}

static void begin_second(void)
{
    begin(client, 1);
}

static void start(unsigned number, seL4_Word priority, void (*entry)(void))
{
    struct own_thread thread = thread_make(priority, 1000, 1000, false, 0);

    if (tls_size() > TLS_BYTES)
        give_up("a thread's storage is too small");
    must(seL4_TCB_Configure(thread.tcb, root, 0, seL4_CapInitThreadVSpace, 0, (seL4_Word)buffers[number],
                            program_frame(buffers[number])),
         "give a thread a deep space");
    thread_start(&thread, entry, stacks[number] + sizeof(stacks[0]), (const void *)tls_init(storages[number]),
                 seL4_Null);
}

void scenario_deep_spaces(void)
{
    seL4_CPtr leaves = space_make();
    seL4_Word badge;

    done = object_make(seL4_NotificationObject, 0);
    leaf_put(leaves, LEAF_ENDPOINT, object_make(seL4_EndpointObject, 0));
    leaf_put(leaves, LEAF_REPLY, object_make(seL4_ReplyObject, 0));
    leaf_put(leaves, LEAF_ROOT, root);
    leaf_put(leaves, LEAF_SENT, done);
    start(CLIENTS, CROWD_PRIORITY, begin_server);
    start(0, CROWD_PRIORITY + 1, begin_first);
    start(1, CROWD_PRIORITY + 1, begin_second);
    seL4_Wait(done, &badge);
}
