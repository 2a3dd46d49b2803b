/*
 * The load under which components are made to fail: a program for Linux that keeps files, connections and transfers busy and checks
 * every byte of them.
 *
 *     load run DIRECTORY HOST ECHO_PORT HTTP_PORT    until SIGTERM; then a report
 *     load verify DIRECTORY                          the files that a run left, by their names
 *
 * Three processes: `files` writes, synchronises, renames and reads back; `echo` keeps a connection on which everything comes back; `http`
 * fetches. Each request of `http` also tells the server how far all three are, so a test sees progress without the console. What fails
 * with an error is counted by kind and tried again; a wrong byte that nothing has told of is never forgiven.
 *
 * TCP's checksum ends at the network server, so one that is corrupted can change what it hands on. As programs do to which that matters, both
 * kinds of connections have a checksum of their own behind the contents: what does not fit it counts as damaged, and the connection is given up.
 *
 * Contents: byte k of the contents `seed` is pattern[(seed + k) mod 65521]. The length is a prime, so that a block in a wrong
 * place shows.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    PATTERN_BYTES = 65521,
    CHUNK_MOST = 65536,
    FILES = 6,
    FILE_BYTES_MOST = 100000,
    ECHO_BYTES = 16384,
    HTTP_BYTES = 50000,
    SUM_BYTES = 4,
    SAMPLE_BYTES = 16
};

/* A connection that says nothing for so long is given up: longer than any restart takes, and TCP until it tries again after one. */
enum { PATIENCE_MS = 25000, RETRY_MS = 50 };

enum kind { FILES_LOAD, ECHO_LOAD, HTTP_LOAD, LOADS };
static const char *const load_names[LOADS] = {"files", "echo", "http"};

/* What the processes tell each other and the report, in memory that they share. */
struct progress {
    volatile uint64_t rounds, bytes, wrong, damaged, errors, resets, longest_gap_us;
};
static struct progress *progress;
static volatile sig_atomic_t is_ending;
static unsigned char pattern[PATTERN_BYTES];
static uint32_t crc_table[256];
static unsigned char chunk[CHUNK_MOST];
static uint64_t random_state = 88172645463325252u;

static void pattern_make(void)
{
    uint32_t word = 1;
    for (unsigned i = 0; i < PATTERN_BYTES; i++) {
        word = word * 1103515245u + 12345u;
        pattern[i] = (unsigned char)(word >> 16);
    }
}

static uint64_t random_below(uint64_t limit)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state % limit;
}

static uint64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static void contents_make(unsigned char *to, uint64_t seed, uint64_t offset, size_t count)
{
    uint64_t place = (seed + offset) % PATTERN_BYTES;
    while (count) {
        size_t piece = PATTERN_BYTES - place < count ? PATTERN_BYTES - place : count;
        memcpy(to, pattern + place, piece);
        to += piece;
        count -= piece;
        place = 0;
    }
}

/* What is there instead: zeros, the contents of another place, or something else. */
static void wrong_describe(const unsigned char *got, uint64_t seed, uint64_t offset, size_t count)
{
    const unsigned char *other = count >= SAMPLE_BYTES ? memmem(pattern, PATTERN_BYTES, got, SAMPLE_BYTES) : NULL;
    printf("load: from byte %" PRIu64 " of the contents %" PRIu64 ":", offset, seed);
    for (size_t i = 0; i < count && i < SAMPLE_BYTES; i++)
        printf(" %02x", got[i]);
    if (other)
        printf(", the pattern's from %td instead of %" PRIu64, other - pattern, (seed + offset) % PATTERN_BYTES);
    printf("\n");
}

/* How many of `count` bytes are not those of the contents. */
static uint64_t contents_wrong(const unsigned char *got, uint64_t seed, uint64_t offset, size_t count)
{
    uint64_t wrong = 0, place = (seed + offset) % PATTERN_BYTES;
    for (size_t i = 0; i < count; i++) {
        if (got[i] != pattern[place] && wrong++ == 0)
            wrong_describe(got + i, seed, offset + i, count - i);
        place = place + 1 == PATTERN_BYTES ? 0 : place + 1;
    }
    return wrong;
}

static void crc_table_make(void)
{
    for (uint32_t i = 0; i < 256; i++) {
        crc_table[i] = i;
        for (int bit = 0; bit < 8; bit++)
            crc_table[i] = crc_table[i] & 1 ? crc_table[i] >> 1 ^ 0xedb88320 : crc_table[i] >> 1;
    }
}

/* As zlib's. */
static uint32_t crc32(const unsigned char *bytes, size_t count)
{
    uint32_t crc = UINT32_MAX;
    while (count--)
        crc = crc >> 8 ^ crc_table[(crc ^ *bytes++) & 255];
    return ~crc;
}

static void round_done(enum kind kind, uint64_t *last_us)
{
    uint64_t now = now_us(), gap = now - *last_us;
    *last_us = now;
    progress[kind].rounds++;
    if (gap > progress[kind].longest_gap_us)
        progress[kind].longest_gap_us = gap;
}

static void wrong_found(enum kind kind, uint64_t count, const char *where)
{
    progress[kind].wrong += count;
    printf("load: %s: %" PRIu64 " wrong bytes in %s\n", load_names[kind], count, where);
}

/* An error that the program could report; it is tried again after a while. */
static void failed(enum kind kind, const char *what)
{
    int error = errno;
    if (error == EINTR && is_ending)
        return;
    if (error == ECONNRESET || error == EPIPE || error == ECONNABORTED)
        progress[kind].resets++;
    else
        progress[kind].errors++;
    printf("load: %s: %s: %s\n", load_names[kind], what, strerror(error));
    poll(NULL, 0, RETRY_MS);
}

/* Files: DIRECTORY/load-SLOT-SEED-SIZE is whole as soon as it has that name. */

struct slot_file {
    uint64_t seed, size; /* size 0: there is none */
};

static void slot_path(char *path, const char *directory, unsigned slot, const struct slot_file *file)
{
    sprintf(path, "%s/load-%u-%" PRIu64 "-%" PRIu64, directory, slot, file->seed, file->size);
}

static bool file_write(int descriptor, const struct slot_file *file)
{
    for (uint64_t done = 0; done < file->size;) {
        size_t count = 1 + random_below(random_below(2) ? 4096 : CHUNK_MOST);
        if (count > file->size - done)
            count = file->size - done;
        contents_make(chunk, file->seed, done, count);
        ssize_t written = write(descriptor, chunk, count);
        if (written <= 0)
            return false;
        done += (uint64_t)written;
        progress[FILES_LOAD].bytes += (uint64_t)written;
    }
    return true;
}

/* Reads a file and compares; false: an error, errno says which. */
static bool file_check(const char *path, const struct slot_file *file, uint64_t *wrong)
{
    int descriptor = open(path, O_RDONLY);
    if (descriptor < 0)
        return false;
    uint64_t done = 0;
    ssize_t count;
    while ((count = read(descriptor, chunk, 1 + random_below(CHUNK_MOST))) > 0) {
        *wrong += contents_wrong(chunk, file->seed, done, (size_t)count);
        done += (uint64_t)count;
    }
    int error = errno;
    close(descriptor);
    errno = error;
    if (count == 0 && done != file->size)
        *wrong += done < file->size ? file->size - done : done - file->size;
    return count == 0;
}

/* Puts new contents into the slot: written, synchronised, renamed, and the old ones removed. False: an error, try again. */
static bool slot_renew(const char *directory, unsigned slot, struct slot_file *file)
{
    char path[128], temporary[128];
    const struct slot_file next = {.seed = random_below(1u << 30), .size = 1 + random_below(FILE_BYTES_MOST)};
    sprintf(temporary, "%s/being-written", directory);
    int descriptor = open(temporary, O_CREAT | O_TRUNC | O_WRONLY, 0644);
    if (descriptor < 0)
        return failed(FILES_LOAD, "open"), false;
    bool is_written = file_write(descriptor, &next) && !fsync(descriptor);
    if (!is_written)
        failed(FILES_LOAD, "write");
    close(descriptor);
    if (!is_written)
        return false;
    slot_path(path, directory, slot, &next);
    if (rename(temporary, path) && access(path, F_OK))
        return failed(FILES_LOAD, "rename"), false;
    if (file->size) {
        slot_path(temporary, directory, slot, file);
        if (unlink(temporary) && errno != ENOENT)
            failed(FILES_LOAD, "unlink");
    }
    *file = next;
    return true;
}

static void slot_verify(const char *directory, unsigned slot, const struct slot_file *file)
{
    char path[128];
    uint64_t wrong = 0;
    if (!file->size)
        return;
    slot_path(path, directory, slot, file);
    if (!file_check(path, file, &wrong))
        failed(FILES_LOAD, path);
    if (wrong)
        wrong_found(FILES_LOAD, wrong, path);
}

static void files_run(const char *directory)
{
    struct slot_file files[FILES] = {{0}};
    uint64_t last = now_us();
    while (!is_ending) {
        unsigned slot = (unsigned)random_below(FILES);
        if (!slot_renew(directory, slot, &files[slot]))
            continue;
        slot_verify(directory, slot, &files[slot]);
        slot = (unsigned)random_below(FILES);
        slot_verify(directory, slot, &files[slot]);
        round_done(FILES_LOAD, &last);
    }
    for (unsigned slot = 0; slot < FILES; slot++)
        slot_verify(directory, slot, &files[slot]);
}

/* Connections */

static int connect_to(const char *host, const char *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
    int connection = socket(AF_INET, SOCK_STREAM, 0);
    if (connection >= 0 && inet_pton(AF_INET, host, &address.sin_addr) == 1 &&
        !connect(connection, (struct sockaddr *)&address, sizeof address))
        return connection;
    int error = errno;
    if (connection >= 0)
        close(connection);
    errno = error;
    return -1;
}

static bool send_all(int connection, const unsigned char *bytes, size_t count)
{
    while (count) {
        ssize_t sent = send(connection, bytes, count, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        bytes += sent;
        count -= (size_t)sent;
    }
    return true;
}

/* As recv, but gives up after a while (ETIMEDOUT). The end of the stream is 0. */
static ssize_t receive(int connection, unsigned char *bytes, size_t most)
{
    struct pollfd wait = {.fd = connection, .events = POLLIN};
    int ready = poll(&wait, 1, PATIENCE_MS);
    if (ready > 0)
        return recv(connection, bytes, most, 0);
    if (ready == 0)
        errno = ETIMEDOUT;
    return -1;
}

/*
 * `bytes` bytes of the contents and their checksum have come. False: they are damaged, and the checksum tells, so the connection is of no use
 * any more.
 */
static bool sum_fits(enum kind kind, const unsigned char *got, uint64_t seed, size_t bytes, const char *where)
{
    uint32_t sum;
    memcpy(&sum, got + bytes, SUM_BYTES);
    uint64_t wrong = contents_wrong(got, seed, 0, bytes);
    if (sum == crc32(got, bytes)) {
        if (wrong)
            wrong_found(kind, wrong, where);
        return true;
    }
    progress[kind].damaged++;
    printf("load: %s: the checksum tells of %" PRIu64 " damaged bytes in %s\n", load_names[kind], wrong, where);
    return false;
}

/* One batch there and back. False: an error, the connection is of no use any more. */
static bool echo_round(int connection, uint64_t seed, size_t bytes)
{
    static unsigned char sent[ECHO_BYTES + SUM_BYTES], back[sizeof sent];
    contents_make(sent, seed, 0, bytes);
    uint32_t sum = crc32(sent, bytes);
    memcpy(sent + bytes, &sum, SUM_BYTES);
    if (!send_all(connection, sent, bytes + SUM_BYTES))
        return failed(ECHO_LOAD, "send"), false;
    for (size_t got = 0; got < bytes + SUM_BYTES;) {
        ssize_t count = receive(connection, back + got, bytes + SUM_BYTES - got);
        if (count == 0)
            errno = ECONNRESET;
        if (count <= 0)
            return failed(ECHO_LOAD, "receive"), false;
        got += (size_t)count;
    }
    progress[ECHO_LOAD].bytes += bytes;
    return sum_fits(ECHO_LOAD, back, seed, bytes, "the echo");
}

static void echo_run(const char *host, const char *port)
{
    uint64_t last = now_us();
    while (!is_ending) {
        int connection = connect_to(host, port);
        if (connection < 0) {
            failed(ECHO_LOAD, "connect");
            continue;
        }
        while (!is_ending && echo_round(connection, random_below(1u << 30), 1 + random_below(ECHO_BYTES)))
            round_done(ECHO_LOAD, &last);
        close(connection);
    }
}

/* It has a checksum, too: a request for something else would be answered with what fits its own. */
static int request_make(char *request, uint64_t seed, uint64_t bytes)
{
    int length = sprintf(request, "GET /%" PRIu64 "/%" PRIu64 "?", seed, bytes);
    for (int kind = 0; kind < LOADS; kind++)
        length += sprintf(request + length, "%s=%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 "&", load_names[kind],
                          progress[kind].rounds, progress[kind].wrong, progress[kind].damaged, progress[kind].resets);
    return length + sprintf(request + length, "sum=%" PRIu32 " HTTP/1.0\r\n\r\n",
                            crc32((unsigned char *)request, (size_t)length));
}

/* One transfer; the connection ends with it. False: an error. */
static bool http_round(int connection, uint64_t seed, size_t bytes)
{
    static unsigned char body[HTTP_BYTES + SUM_BYTES];
    char request[512];
    if (!send_all(connection, (unsigned char *)request, (size_t)request_make(request, seed, bytes)))
        return failed(HTTP_LOAD, "send"), false;
    unsigned line_ends = 0; /* of the header's end "\r\n\r\n", so far */
    size_t got = 0, wanted = bytes + SUM_BYTES;
    ssize_t count;
    while ((count = receive(connection, chunk, sizeof chunk)) > 0) {
        size_t start = 0;
        while (line_ends < 4 && start < (size_t)count) {
            line_ends = chunk[start] == (line_ends % 2 ? '\n' : '\r') ? line_ends + 1 : 0;
            start++;
        }
        size_t more = (size_t)count - start, room = wanted - got;
        memcpy(body + got, chunk + start, more < room ? more : room);
        got += more < room ? more : room;
        if (more > room) {
            progress[HTTP_LOAD].damaged++;
            printf("load: http: a transfer is too long\n");
            return false;
        }
    }
    if (count == 0 && got < wanted)
        errno = ECONNRESET;
    if (count < 0 || got < wanted)
        return failed(HTTP_LOAD, "receive"), false;
    progress[HTTP_LOAD].bytes += bytes;
    return sum_fits(HTTP_LOAD, body, seed, bytes, "a transfer");
}

static void http_run(const char *host, const char *port)
{
    uint64_t last = now_us();
    while (!is_ending) {
        int connection = connect_to(host, port);
        if (connection < 0) {
            failed(HTTP_LOAD, "connect");
            continue;
        }
        if (http_round(connection, random_below(1u << 30), (size_t)random_below(HTTP_BYTES)))
            round_done(HTTP_LOAD, &last);
        close(connection);
    }
}

/* The whole */

static void end_soon(int signal)
{
    (void)signal;
    is_ending = 1;
}

static pid_t load_start(enum kind kind, char **arguments)
{
    pid_t process = fork();
    if (process)
        return process;
    random_state += (uint64_t)kind * 7919;
    if (kind == FILES_LOAD)
        files_run(arguments[0]);
    else if (kind == ECHO_LOAD)
        echo_run(arguments[1], arguments[2]);
    else
        http_run(arguments[1], arguments[3]);
    exit(0);
}

static int run(char **arguments)
{
    struct sigaction action = {.sa_handler = end_soon};
    pid_t processes[LOADS];
    sigaction(SIGTERM, &action, NULL);
    setvbuf(stdout, NULL, _IOLBF, 0);
    progress = mmap(NULL, LOADS * sizeof *progress, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (progress == MAP_FAILED)
        return perror("load: mmap"), 1;
    for (int kind = 0; kind < LOADS; kind++)
        processes[kind] = load_start(kind, arguments);
    while (!is_ending)
        poll(NULL, 0, 100);
    for (int kind = 0; kind < LOADS; kind++)
        kill(processes[kind], SIGTERM);
    uint64_t wrong = 0;
    while (wait(NULL) > 0)
        ;
    for (int kind = 0; kind < LOADS; kind++) {
        printf("load: %s: %" PRIu64 " rounds, %" PRIu64 " bytes, %" PRIu64 " wrong, %" PRIu64 " damaged, %" PRIu64
               " errors, %" PRIu64 " resets, longest gap %" PRIu64 " us\n",
               load_names[kind], progress[kind].rounds, progress[kind].bytes, progress[kind].wrong,
               progress[kind].damaged, progress[kind].errors, progress[kind].resets, progress[kind].longest_gap_us);
        wrong += progress[kind].wrong;
    }
    printf("load: %s\n", wrong ? "BYTES ARE WRONG" : "ended");
    return wrong != 0;
}

static int verify(const char *directory)
{
    unsigned count = 0;
    uint64_t wrong = 0;
    DIR *names = opendir(directory);
    if (!names)
        return perror("load: opendir"), 1;
    for (struct dirent *name; (name = readdir(names));) {
        char path[512];
        unsigned slot;
        struct slot_file file;
        if (sscanf(name->d_name, "load-%u-%" SCNu64 "-%" SCNu64, &slot, &file.seed, &file.size) != 3)
            continue;
        snprintf(path, sizeof path, "%s/%s", directory, name->d_name);
        if (!file_check(path, &file, &wrong))
            return perror(path), 1;
        count++;
    }
    closedir(names);
    printf("load: verified %u files, %" PRIu64 " wrong bytes\n", count, wrong);
    return wrong != 0;
}

int main(int count, char **arguments)
{
    pattern_make();
    crc_table_make();
    if (count == 6 && !strcmp(arguments[1], "run"))
        return run(arguments + 2);
    if (count == 3 && !strcmp(arguments[1], "verify"))
        return verify(arguments[2]);
    fprintf(stderr, "usage: load run DIRECTORY HOST ECHO_PORT HTTP_PORT | load verify DIRECTORY\n");
    return 2;
}
