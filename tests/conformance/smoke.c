#include "harness/invoke.h"
#include "harness/objects.h"
#include "harness/worker.h"

TEST(smoke, endpoint)
{
    expect(endpoint_new());
}

static void answer_one(struct worker *worker)
{
    struct answer message = receive((seL4_Word)seL4_SysRecv, worker->argument[0], worker->argument[1]);
    seL4_SetMR(0, message.word[0] + 1);
    seL4_Send(worker->argument[1], seL4_MessageInfo_new(7, 0, 0, 1));
}

TEST(smoke, call)
{
    struct worker *server = worker_new(RUNNER_PRIORITY + 1);
    seL4_CPtr ep = server->argument[0] = endpoint_new();
    server->argument[1] = reply_new();
    worker_start(server, answer_one);
    expect_answer(call(ep, 3, NONE, WORDS(41)), 7, WORDS(42));
}
