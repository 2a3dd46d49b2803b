#include "virtio_machine.h"

#include "drivers/virtio_rng/virtio_rng.h"
#include "machine.h"
#include "test.h"
#include <string.h>

static struct virtio_machine machine;

static struct virtio_rng *rng_start(void)
{
    static struct virtio_rng rng;
    machine =
        (struct virtio_machine){.features = VIRTIO_FEATURE_VERSION_1 | VIRTIO_FEATURE_EVENTS, .queues = {{.most = 8}}};
    struct virtio_resources resources = virtio_machine_start(&machine, VIRTIO_RNG_MEMORY_BYTES);
    expect_eq(virtio_rng_start(&rng, &resources), VIRTIO_OK);
    return &rng;
}

/* The device answers the request with `content`, and claims to have written so many bytes. */
static void answer(const char *content, uint32_t written_bytes)
{
    struct virtio_work work;
    expect(virtio_machine_take(&machine, 0, &work));
    virtio_work_write(&work, content, (uint32_t)strlen(content));
    virtio_machine_answer(&machine, 0, work.head, written_bytes);
}

TEST(virtio_rng, bytes_come_once_and_are_erased)
{
    struct virtio_rng *rng = rng_start();
    char bytes[VIRTIO_RNG_MOST_BYTES] = {0};
    expect_eq(virtio_rng_take(rng, bytes, sizeof bytes), 0);
    virtio_rng_ask(rng);
    virtio_rng_ask(rng); /* once is enough */
    expect_eq(virtio_rng_take(rng, bytes, sizeof bytes), 0);
    answer("dice", 4);
    expect_eq(machine.interrupts, 1);
    expect_eq(virtio_rng_take(rng, bytes, sizeof bytes), 4);
    expect(memcmp(bytes, "dice", 4) == 0);
    expect_eq(virtio_rng_take(rng, bytes, sizeof bytes), 0);
    struct virtio_work work;
    virtio_rng_ask(rng);
    expect(virtio_machine_take(&machine, 0, &work));
    for (unsigned i = 0; i < work.writable[0].count; i++)
        expect_eq(work.writable[0].bytes[i], 0);
    expect(!virtio_machine_take(&machine, 0, &work));
}

TEST(virtio_rng, no_more_is_copied_than_there_is_room_for)
{
    struct virtio_rng *rng = rng_start();
    char bytes[3] = "..";
    virtio_rng_ask(rng);
    answer("dice", 4);
    expect_eq(virtio_rng_take(rng, bytes, 2), 2);
    expect(memcmp(bytes, "di", 3) == 0);
    virtio_rng_ask(rng);
    answer("", 0);
    expect_eq(virtio_rng_take(rng, bytes, 2), 0);
    virtio_rng_ask(rng); /* nothing came: it may ask again */
    answer("x", 1);
    expect_eq(virtio_rng_take(rng, bytes, 2), 1);
}

TEST(virtio_rng, a_device_that_claims_too_much_is_broken)
{
    struct virtio_rng *rng = rng_start();
    char bytes[1];
    virtio_rng_ask(rng);
    answer("x", VIRTIO_RNG_MOST_BYTES + 1);
    expect_eq(virtio_rng_take(rng, bytes, 1), 0);
    expect(virtio_rng_is_broken(rng));
}
