#include "file_server.h"

#include "protocols/file.h"
#include "ring/ring.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { INODES = 1024, NAMES = 2048, ROOT = 2, RESTART_ONE_IN = 40, WRONG_ONE_IN = 4, BATCH = 3, OLD_REQUESTS = 256 };
/* Of a file. */
#define FILE_BYTES_MOST (64ul << 20)

static struct file {
    bool is_used, is_kept;
    struct file_attributes attributes;
    char *content, *certain; /* as written, and as it will be after a restart */
    uint64_t bytes, certain_bytes;
    char link[FILE_MOST_LINK_BYTES + 1];
} files[INODES];

static struct name {
    uint32_t directory, inode; /* 0: free */
    char text[FILE_MOST_NAME_BYTES + 1];
} names[NAMES];

static _Alignas(64) char client_rings[FILE_REGION_BYTES], server_rings[FILE_REGION_BYTES];
static char client_texts[FILE_TEXT_BYTES], server_texts[FILE_TEXT_BYTES];
static char *memory;
static size_t memory_bytes;
static bool has_disk;
static struct ring_pair pair;
static bool client_is_told = true;
static unsigned random_state = 1;
static bool is_liar, is_wrong;
static bool is_uncertain; /* names or attributes have changed since the last commit */

static unsigned dice(unsigned sides)
{
    random_state = random_state * 1103515245 + 12345;
    return random_state / 65536 % sides;
}

const struct machine_files *file_server_regions(void)
{
    static const struct machine_files regions = {client_rings, server_rings, client_texts, server_texts, 1};
    return memory ? &regions : NULL;
}

bool file_server_is_uncertain(void)
{
    return is_uncertain;
}

static void broken(const char *what)
{
    fprintf(stderr, "machine.c: the client of files breaks the rules: %s\n", what);
    abort();
}

/* What is allocated for so many bytes. */
static uint64_t content_room(uint64_t bytes)
{
    uint64_t room = 4096;
    while (room < bytes)
        room *= 2;
    return room;
}

static void content_resize(char **content, uint64_t *bytes, uint64_t wanted)
{
    if (!*content || content_room(wanted) != content_room(*bytes))
        *content = realloc(*content, content_room(wanted));
    if (wanted > *bytes)
        memset(*content + *bytes, 0, wanted - *bytes);
    *bytes = wanted;
}

static void serve_from_now(void)
{
    ring_pair_start(&pair, server_rings, client_rings, FILE_ANSWERS, FILE_REQUESTS);
}

static void restart(void)
{
    for (int i = 0; i < INODES; i++) {
        struct file *file = &files[i];
        content_resize(&file->content, &file->bytes, file->certain_bytes);
        if (file->certain_bytes)
            memcpy(file->content, file->certain, file->certain_bytes);
        file->attributes.size = S_ISLNK(file->attributes.mode) ? strlen(file->link) : file->bytes;
        file->attributes.handle.generation += (file->attributes.mode & S_ISGID) != 0;
    }
    serve_from_now();
}

static struct file *file_at(struct file_handle handle)
{
    struct file *file = handle.inode < INODES ? &files[handle.inode] : NULL;
    return file && file->is_used && file->attributes.handle.generation == handle.generation ? file : NULL;
}

static struct name *name_find(uint32_t directory, const char *text)
{
    for (int i = 0; i < NAMES; i++)
        if (names[i].inode && names[i].directory == directory && strcmp(names[i].text, text) == 0)
            return &names[i];
    return NULL;
}

static bool name_add(uint32_t directory, const char *text, uint32_t inode)
{
    for (int i = 0; i < NAMES; i++)
        if (!names[i].inode) {
            names[i].directory = directory;
            names[i].inode = inode;
            strcpy(names[i].text, text);
            return true;
        }
    return false;
}

/* A file with two names. */
static void file_add(const char *name, const char *other_name, const char *content)
{
    struct file *file = &files[ROOT + 1];
    file->is_used = true;
    file->attributes = (struct file_attributes){.handle = {ROOT + 1, 1}, .mode = S_IFREG | 0600, .links = 2};
    file->attributes.size = strlen(content);
    content_resize(&file->content, &file->bytes, strlen(content));
    content_resize(&file->certain, &file->certain_bytes, strlen(content));
    memcpy(file->content, content, strlen(content));
    memcpy(file->certain, content, strlen(content));
    name_add(ROOT, name, ROOT + 1);
    name_add(ROOT, other_name, ROOT + 1);
}

void file_server_start(char *buffer, size_t bytes, bool disk)
{
    memory = buffer;
    memory_bytes = bytes;
    has_disk = disk;
    files[ROOT] =
        (struct file){.is_used = true, .attributes = {.handle = {ROOT, 1}, .mode = S_IFDIR | 0755, .links = 2}};
    file_add("name", "other", "first ");
    serve_from_now();
}

static void file_free(struct file *file)
{
    free(file->content);
    free(file->certain);
    *file = (struct file){0};
}

static bool is_certain(const char *text)
{
    size_t length = strlen(text);
    for (int i = 0; i < INODES; i++)
        if (files[i].certain_bytes >= length && memcmp(files[i].certain, text, length) == 0)
            return true;
    return false;
}

static void name_remove(struct name *name, bool keeps)
{
    struct file *file = &files[name->inode];
    name->inode = 0;
    if (S_ISDIR(file->attributes.mode)) {
        files[name->directory].attributes.links--;
        file->attributes.links = 1;
    }
    if (--file->attributes.links == 0) {
        file->is_kept = keeps;
        if (!keeps)
            file_free(file);
    }
}

static bool directory_is_empty(uint32_t directory)
{
    for (int i = 0; i < NAMES; i++)
        if (names[i].inode && names[i].directory == directory)
            return false;
    return true;
}

static uint32_t make(const struct file_request *q, struct file *directory, const char *name, const char *text,
                     struct file_answer *answer)
{
    const struct name *old = name_find(q->handle.inode, name);
    if (old) {
        answer->attributes = files[old->inode].attributes;
        return q->flags & FILE_REPEATED && files[old->inode].attributes.handle.generation == q->generation
                   ? FILE_OK
                   : FILE_EXISTS;
    }
    uint32_t number = ROOT + 1;
    while (number < INODES && files[number].is_used)
        number++;
    if (number == INODES || !name_add(q->handle.inode, name, number))
        return FILE_NO_SPACE;
    struct file *file = &files[number];
    file->is_used = true;
    file->attributes =
        (struct file_attributes){.handle = {number, q->generation}, .mode = q->mode, .links = 1, .device = q->device};
    file->attributes.atime = file->attributes.mtime = file->attributes.ctime = q->time;
    if (q->operation == FILE_MKDIR) {
        file->attributes.mode = S_IFDIR | (q->mode & 07777);
        file->attributes.links = 2;
        directory->attributes.links++;
    } else if (q->operation == FILE_SYMLINK) {
        file->attributes.mode = S_IFLNK | 0777;
        strcpy(file->link, text);
        file->attributes.size = strlen(text);
    }
    answer->attributes = file->attributes;
    return FILE_OK;
}

static uint32_t rename_file(const struct file_request *q, const char *name, const char *text)
{
    struct name *from = name_find(q->handle.inode, name), *to = name_find(q->target.inode, text);
    if (!from || from->inode != q->other.inode)
        return q->flags & FILE_REPEATED && to && to->inode == q->other.inode ? FILE_OK : FILE_NOT_FOUND;
    if (to && q->flags & FILE_NO_REPLACE)
        return FILE_EXISTS;
    if (to && S_ISDIR(files[to->inode].attributes.mode) && !directory_is_empty(to->inode))
        return FILE_NOT_EMPTY;
    if (to && to->inode == from->inode)
        return FILE_OK;
    if (to)
        name_remove(to, q->flags & FILE_KEEP);
    if (S_ISDIR(files[from->inode].attributes.mode)) {
        files[from->directory].attributes.links--;
        files[q->target.inode].attributes.links++;
    }
    from->directory = q->target.inode;
    strcpy(from->text, text);
    return FILE_OK;
}

static uint32_t remove_name(const struct file_request *q, const char *name)
{
    struct name *found = name_find(q->handle.inode, name);
    if (!found)
        return q->flags & FILE_REPEATED ? FILE_OK : FILE_NOT_FOUND;
    if (found->inode != q->other.inode)
        return FILE_STALE;
    if (q->operation == FILE_RMDIR && !directory_is_empty(found->inode))
        return FILE_NOT_EMPTY;
    name_remove(found, q->flags & FILE_KEEP);
    return FILE_OK;
}

static void set(const struct file_request *q, struct file *file)
{
    struct file_attributes *attributes = &file->attributes;
    if (q->set & FILE_SET_MODE)
        attributes->mode = (attributes->mode & S_IFMT) | (q->mode & 07777);
    if (q->set & FILE_SET_UID)
        attributes->uid = q->uid;
    if (q->set & FILE_SET_GID)
        attributes->gid = q->gid;
    if (q->set & FILE_SET_SIZE) {
        content_resize(&file->content, &file->bytes, q->offset);
        content_resize(&file->certain, &file->certain_bytes, q->offset);
        attributes->size = q->offset;
    }
    if (q->set & FILE_SET_ATIME)
        attributes->atime = q->atime;
    if (q->set & FILE_SET_MTIME)
        attributes->mtime = q->mtime;
    attributes->ctime = q->time;
}

/* Copies between a file and the ranges of a request. */
static void transfer(const struct file_request *q, struct file *file, struct file_answer *answer)
{
    uint64_t position = q->offset, end = q->offset + q->bytes;
    bool writes = q->operation == FILE_WRITE;
    if (q->range_count > FILE_MOST_RANGES || q->offset % FILE_PAGE_BYTES || q->bytes == 0)
        broken("a transfer");
    if (writes && end > file->bytes)
        content_resize(&file->content, &file->bytes, end);
    for (uint32_t i = 0; i < q->range_count; i++)
        for (uint32_t at = 0; at < q->ranges[i].bytes; at += FILE_PAGE_BYTES, position += FILE_PAGE_BYTES) {
            uint64_t piece = position >= file->bytes ? 0 : file->bytes - position;
            char *page = memory + q->ranges[i].offset + at;
            if (q->ranges[i].buffer != 1 || q->ranges[i].offset + at + FILE_PAGE_BYTES > memory_bytes)
                broken("a range");
            if (writes && end - position < piece)
                piece = end - position;
            piece = piece < FILE_PAGE_BYTES ? piece : FILE_PAGE_BYTES;
            if (piece)
                memcpy(writes ? file->content + position : page, writes ? page : file->content + position, piece);
            if (is_wrong && !writes && piece && dice(WRONG_ONE_IN) == 0)
                page[dice((unsigned)piece)] ^= (char)(1 << dice(8));
        }
    if (position - q->offset >= q->bytes + FILE_PAGE_BYTES || position < end)
        broken("a transfer's bytes");
    answer->bytes = q->offset >= file->bytes             ? 0
                    : file->bytes - q->offset < q->bytes ? (uint32_t)(file->bytes - q->offset)
                                                         : q->bytes;
    file->attributes.size = file->bytes;
    if (writes)
        file->attributes.mtime = q->time;
    answer->attributes = file->attributes;
}

static void commit(void)
{
    is_uncertain = false;
    for (int i = 0; i < INODES; i++) {
        content_resize(&files[i].certain, &files[i].certain_bytes, files[i].bytes);
        if (files[i].bytes)
            memcpy(files[i].certain, files[i].content, files[i].bytes);
    }
}

static void list(const struct file_request *q, struct file_answer *answer)
{
    for (uint32_t i = (uint32_t)q->offset; i < NAMES; i++) {
        const struct name *name = &names[i];
        if (!name->inode || name->directory != q->handle.inode)
            continue;
        size_t length = strlen(name->text), bytes = (sizeof(struct file_entry) + length + 7) & ~7ul;
        if (answer->bytes + bytes > q->text.bytes || answer->bytes > 200)
            return;
        struct file_entry entry = {.cookie = i + 1,
                                   .inode = name->inode,
                                   .entry_bytes = (uint16_t)bytes,
                                   .type = (uint8_t)(files[name->inode].attributes.mode >> 12),
                                   .name_bytes = (uint8_t)length};
        char *to = server_texts + q->text.offset + answer->bytes;
        memcpy(to, &entry, sizeof entry);
        memcpy(to + sizeof entry, name->text, length);
        answer->bytes += (uint32_t)bytes;
    }
}

static uint32_t perform(const struct file_request *q, const char *name, const char *text, struct file_answer *answer)
{
    static bool is_attached;
    struct file *file = file_at(q->handle);
    const struct name *found;
    if (!has_disk)
        return FILE_NO_DEVICE;
    if (q->operation == FILE_ATTACH) {
        if (is_attached && !(q->flags & FILE_REPEATED))
            broken("attaches twice");
        is_attached = true;
        answer->attributes = files[ROOT].attributes;
        return FILE_OK;
    }
    if (!is_attached)
        broken("does not attach");
    if (q->operation == FILE_COMMIT) {
        commit();
        return FILE_OK;
    }
    if (q->operation == FILE_STATISTICS) {
        answer->statistics = (struct file_statistics){4096, 1000, 500, 400, INODES, 100};
        return FILE_OK;
    }
    if (!file)
        return FILE_STALE;
    answer->attributes = file->attributes;
    switch (q->operation) {
    case FILE_LOOKUP:
        if (strncmp(name, ".uncertain", strlen(".uncertain")) == 0)
            return is_uncertain ? FILE_OK : FILE_NOT_FOUND;
        if (strncmp(name, ".lost ", strlen(".lost ")) == 0)
            return is_certain(name + strlen(".lost ")) ? FILE_NOT_FOUND : FILE_OK;
        found = name_find(q->handle.inode, name);
        if (found)
            answer->attributes = files[found->inode].attributes;
        return found ? FILE_OK : FILE_NOT_FOUND;
    case FILE_GET:
        return FILE_OK;
    case FILE_SET:
        if (q->set & FILE_SET_SIZE && q->offset > FILE_BYTES_MOST)
            return FILE_TOO_LARGE;
        if (q->set & FILE_SET_SIZE && file->attributes.mode & S_ISVTX)
            return FILE_FAILED;
        set(q, file);
        answer->attributes = file->attributes;
        return FILE_OK;
    case FILE_READ:
    case FILE_WRITE:
        /* A client that was told a wrong size may append to that. */
        if (q->operation == FILE_WRITE && q->offset + q->bytes > FILE_BYTES_MOST)
            return FILE_TOO_LARGE;
        transfer(q, file, answer);
        return FILE_OK;
    case FILE_CREATE:
    case FILE_MKDIR:
    case FILE_SYMLINK:
        return make(q, file, name, text, answer);
    case FILE_READLINK:
        answer->bytes = (uint32_t)strlen(file->link);
        memcpy(server_texts + q->text.offset, file->link, answer->bytes);
        return FILE_OK;
    case FILE_LINK:
        found = name_find(q->handle.inode, name);
        if (found && !(q->flags & FILE_REPEATED && found->inode == q->other.inode))
            return FILE_EXISTS;
        if (!found) {
            name_add(q->handle.inode, name, q->other.inode);
            files[q->other.inode].attributes.links++;
        }
        answer->attributes = files[q->other.inode].attributes;
        return FILE_OK;
    case FILE_UNLINK:
    case FILE_RMDIR:
        return remove_name(q, name);
    case FILE_RENAME:
        return rename_file(q, name, text);
    case FILE_RELEASE:
        if (file->is_kept)
            file_free(file);
        return FILE_OK;
    case FILE_LIST:
        list(q, answer);
        return FILE_OK;
    default:
        return FILE_REFUSED;
    }
}

static void text_take(char *to, size_t room, struct file_text text)
{
    if (text.bytes >= room || text.offset > FILE_TEXT_BYTES || text.bytes > FILE_TEXT_BYTES - text.offset)
        broken("a text");
    memcpy(to, client_texts + text.offset, text.bytes);
    to[text.bytes] = 0;
}

static bool changes_names(uint32_t operation)
{
    return operation == FILE_SET || (operation >= FILE_CREATE && operation <= FILE_SYMLINK) ||
           (operation >= FILE_LINK && operation <= FILE_RENAME);
}

void file_server_lie(void)
{
    is_liar = true;
}

void file_server_be_wrong(void)
{
    is_wrong = true;
}

static uint64_t any_number(void)
{
    static const uint64_t numbers[] = {0,          1,          4095,       4096,      4097,
                                       UINT32_MAX, 1ull << 32, 1ull << 44, INT64_MAX, UINT64_MAX};
    return dice(2) ? numbers[dice(sizeof numbers / sizeof *numbers)] : dice(32768);
}

/* Some of the answer is something else: what would be on a damaged disk, or what no file server says. */
static void spoil(const struct file_request *request, struct file_answer *answer)
{
    static const uint32_t types[] = {0, S_IFDIR, S_IFREG, S_IFLNK, S_IFSOCK, S_IFCHR, S_IFBLK, S_IFMT};
    struct file_attributes *attributes = &answer->attributes;
    switch (dice(8)) {
    case 0:
        answer->result = dice(20);
        break;
    case 1:
        answer->bytes = (uint32_t)any_number();
        break;
    case 2:
        answer->holes = any_number();
        break;
    case 3:
        attributes->size = any_number();
        break;
    case 4: /* another file, a directory above among them */
        attributes->handle.inode = dice(2) ? ROOT : dice(INODES);
        attributes->handle.generation = files[attributes->handle.inode].attributes.handle.generation;
        break;
    case 5:
        attributes->mode = types[dice(sizeof types / sizeof *types)] | dice(01000);
        break;
    case 6:
        attributes->links = (uint32_t)any_number();
        attributes->mtime = (int64_t)any_number();
        break;
    default:
        if (request->text.bytes)
            server_texts[request->text.offset + dice(64)] = (char)any_number();
    }
}

/* A request that was sent before to a server that was restarted may have been carried out, or not. */
static void serve_one(const struct file_request *request, struct file_answer *answer)
{
    char name[FILE_MOST_NAME_BYTES + 1], text[FILE_MOST_LINK_BYTES + 1];
    bool answers_text = request->operation == FILE_LIST || request->operation == FILE_READLINK;
    *answer = (struct file_answer){.id = request->id};
    text_take(name, sizeof name, request->name);
    text_take(text, sizeof text, answers_text ? (struct file_text){0, 0} : request->text);
    answer->result = perform(request, name, text, answer);
    is_uncertain |= answer->result == FILE_OK && changes_names(request->operation);
    if (is_liar && request->operation != FILE_ATTACH && dice(4) == 0)
        spoil(request, answer);
}

bool file_server_step(void)
{
    struct file_request request;
    struct file_answer answer, later[BATCH];
    unsigned later_count = 0;
    bool has_worked = false;
    if (!memory)
        return false;
    if (dice(RESTART_ONE_IN) == 0) {
        restart();
        client_is_told = true;
    }
    if (ring_pair_accept(&pair))
        has_worked = true;
    /* Changes of names and attributes are answered last, as by a server that waits for its journal. */
    for (unsigned i = dice(BATCH) + 1; i > 0 && ring_room(&pair.out) > later_count && ring_take(&pair.in, &request, 1);
         i--) {
        serve_one(&request, &answer);
        if (changes_names(request.operation))
            later[later_count++] = answer;
        else
            ring_put(&pair.out, &answer, 1);
        has_worked = true;
    }
    ring_put(&pair.out, later, later_count);
    if (has_worked && dice(RESTART_ONE_IN) == 0)
        restart(); /* after the work and before the answers */
    ring_publish(&pair.out);
    ring_release(&pair.in);
    has_worked |= client_is_told;
    client_is_told = false;
    return has_worked;
}

bool file_server_run(void)
{
    if (!file_server_step())
        return false;
    personality_files_notified();
    return true;
}
