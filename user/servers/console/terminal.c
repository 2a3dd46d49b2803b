#include "servers/console/terminal.h"

static uint32_t load(const _Atomic uint32_t *word)
{
    return atomic_load_explicit(word, memory_order_acquire);
}

static void store(_Atomic uint32_t *word, uint32_t value)
{
    atomic_store_explicit(word, value, memory_order_release);
}

/* How many bytes the port has got that are not taken from the client. */
static uint32_t passed(const struct terminal *terminal)
{
    if (!terminal->has_port)
        return 0;
    return load(&terminal->port.mine->written) - load(&terminal->region->port_offset) -
           load(&terminal->client.mine->taken);
}

void terminal_start(struct terminal *terminal, void *own_client_region, const void *client_region,
                    void *own_port_region, const void *port_region, void *history)
{
    *terminal = (struct terminal){.region = own_client_region, .history = history};
    terminal->has_client = own_client_region && client_region;
    terminal->has_port = own_port_region && port_region;
    if (terminal->has_client)
        stream_start(&terminal->client, own_client_region, client_region);
    if (terminal->has_port)
        stream_start(&terminal->port, own_port_region, port_region);
    if (!terminal->has_client || !terminal->has_port)
        return;
    /* What came from the port and was written to the client before this program was ended is not written again. */
    uint32_t came = load(&terminal->client.mine->written) - load(&terminal->region->input_offset) -
                    load(&terminal->port.mine->taken);
    if (came <= stream_waiting(&terminal->port))
        stream_take(&terminal->port, came);
    else
        store(&terminal->region->input_offset,
              load(&terminal->client.mine->written) - load(&terminal->port.mine->taken));
    if (passed(terminal) > stream_waiting(&terminal->client))
        store(&terminal->region->port_offset,
              load(&terminal->port.mine->written) - load(&terminal->client.mine->taken));
}

/* Takes from the client what the port has done with. */
static void acknowledge(struct terminal *terminal)
{
    uint32_t under_way = STREAM_BYTES - stream_room(&terminal->port), all = passed(terminal);
    if (under_way <= all)
        stream_take(&terminal->client, all - under_way);
}

uint32_t terminal_pass_output(struct terminal *terminal, uint8_t bytes[TERMINAL_BATCH_BYTES])
{
    if (!terminal->has_client)
        return 0;
    if (terminal->has_port)
        acknowledge(terminal);
    uint32_t room = terminal->has_port ? stream_room(&terminal->port) : TERMINAL_BATCH_BYTES;
    uint32_t first = load(&terminal->client.mine->taken) + passed(terminal);
    uint32_t count = stream_peek(&terminal->client, passed(terminal), bytes,
                                 room < TERMINAL_BATCH_BYTES ? room : TERMINAL_BATCH_BYTES);
    for (uint32_t i = 0; i < count; i++)
        terminal->history[(first + i) % TERMINAL_HISTORY_BYTES] = bytes[i];
    if (terminal->has_port)
        stream_write(&terminal->port, bytes, count);
    else
        stream_take(&terminal->client, count);
    return count;
}

uint32_t terminal_pass_input(struct terminal *terminal)
{
    if (!terminal->has_client || !terminal->has_port)
        return 0;
    uint32_t all = 0, count;
    do {
        uint8_t bytes[TERMINAL_BATCH_BYTES];
        uint32_t room = stream_room(&terminal->client);
        count = stream_peek(&terminal->port, 0, bytes, room < sizeof bytes ? room : (uint32_t)sizeof bytes);
        stream_write(&terminal->client, bytes, count);
        stream_take(&terminal->port, count);
        all += count;
    } while (count);
    return all;
}

void terminal_type(struct terminal *terminal, const void *bytes, uint32_t count)
{
    if (!terminal->has_client)
        return;
    uint32_t room = stream_room(&terminal->client);
    count = count < room ? count : room;
    store(&terminal->region->input_offset, load(&terminal->region->input_offset) + count);
    stream_write(&terminal->client, bytes, count);
}

bool terminal_set_size(struct terminal *terminal, uint16_t columns, uint16_t lines)
{
    uint32_t size = (uint32_t)columns << 16 | lines;
    if (!terminal->has_client || load(&terminal->region->size) == size)
        return false;
    store(&terminal->region->size, size);
    return true;
}

uint32_t terminal_history(const struct terminal *terminal, uint32_t skipped, uint8_t bytes[TERMINAL_BATCH_BYTES])
{
    uint32_t count = 0;
    if (!terminal->has_client)
        return 0;
    uint32_t first = load(&terminal->client.mine->taken) + passed(terminal) + skipped;
    while (count < TERMINAL_BATCH_BYTES && skipped + count < TERMINAL_HISTORY_BYTES) {
        bytes[count] = terminal->history[(first + count) % TERMINAL_HISTORY_BYTES];
        count++;
    }
    return count;
}

bool terminal_wakes_client(struct terminal *terminal)
{
    return terminal->has_client && stream_publish(&terminal->client);
}

bool terminal_wakes_port(struct terminal *terminal)
{
    return terminal->has_port && stream_publish(&terminal->port);
}

static bool must_wait_for_output(struct terminal *terminal)
{
    uint32_t all = passed(terminal);
    if (stream_waiting(&terminal->client) > all)
        return terminal->has_port && stream_waits_for_room(&terminal->port, STREAM_BYTES / 2);
    /* What the port has got is done when it has sent all of it. */
    if (all && !stream_waits_for_room(&terminal->port, STREAM_BYTES))
        return false;
    return all == STREAM_BYTES || stream_waits_for_bytes(&terminal->client, all + 1);
}

static bool must_wait_for_input(struct terminal *terminal)
{
    if (!stream_room(&terminal->client))
        return stream_waits_for_room(&terminal->client, STREAM_BYTES / 2);
    return stream_waits_for_bytes(&terminal->port, 1);
}

bool terminal_must_wait(struct terminal *terminal)
{
    return !terminal->has_client ||
           (must_wait_for_output(terminal) && (!terminal->has_port || must_wait_for_input(terminal)));
}
