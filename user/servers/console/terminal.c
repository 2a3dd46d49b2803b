#include "servers/console/terminal.h"

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
    if (terminal->has_client && terminal->has_port)
        stream_resume_passing(&terminal->client, &terminal->port);
}

static uint32_t position(const struct terminal *terminal)
{
    return atomic_load_explicit(&terminal->client.mine->taken, memory_order_relaxed);
}

uint32_t terminal_pass_output(struct terminal *terminal, uint8_t bytes[TERMINAL_BATCH_BYTES])
{
    if (!terminal->has_client)
        return 0;
    uint32_t room = terminal->has_port ? stream_room(&terminal->port) : TERMINAL_BATCH_BYTES;
    uint32_t count =
        stream_peek(&terminal->client, 0, bytes, room < TERMINAL_BATCH_BYTES ? room : TERMINAL_BATCH_BYTES);
    for (uint32_t i = 0; i < count; i++)
        terminal->history[(position(terminal) + i) % TERMINAL_HISTORY_BYTES] = bytes[i];
    if (terminal->has_port)
        stream_write(&terminal->port, bytes, count);
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
    if (terminal->has_client)
        stream_write(&terminal->client, bytes, count);
}

bool terminal_set_size(struct terminal *terminal, uint16_t columns, uint16_t lines)
{
    uint32_t size = (uint32_t)columns << 16 | lines;
    if (!terminal->has_client || atomic_load_explicit(&terminal->region->size, memory_order_relaxed) == size)
        return false;
    atomic_store_explicit(&terminal->region->size, size, memory_order_release);
    return true;
}

uint32_t terminal_history(const struct terminal *terminal, uint32_t skipped, uint8_t bytes[TERMINAL_BATCH_BYTES])
{
    uint32_t count = 0;
    while (terminal->has_client && count < TERMINAL_BATCH_BYTES && skipped + count < TERMINAL_HISTORY_BYTES) {
        bytes[count] = terminal->history[(position(terminal) + skipped + count) % TERMINAL_HISTORY_BYTES];
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

/* Waits until bytes can go from one stream to another. */
static bool must_wait(struct stream *from, struct stream *to)
{
    return to && !stream_room(to) ? stream_waits_for_room(to, STREAM_BYTES / 2) : stream_waits_for_bytes(from, 1);
}

bool terminal_must_wait(struct terminal *terminal)
{
    if (!terminal->has_client)
        return true;
    bool has_port = terminal->has_port;
    return must_wait(&terminal->client, has_port ? &terminal->port : NULL) &&
           (!has_port || must_wait(&terminal->port, &terminal->client));
}
