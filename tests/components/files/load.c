/*
 * A client that keeps the file server at work and compares everything: files that are replaced by renaming, files that are written over,
 * names that come and go, files without a name. Each page of a file says what it is, so that what is found after a restart of
 * this program, or after a power cut, can be judged.
 */
#include "../disk_faults/report.h"
#include "session.h"
#include <microkit.h>
#include <stdbool.h>
#include <string.h>

enum { FILES = 6, MOST_PAGES = 48, WORDS = FILE_PAGE_BYTES / 8, PAGES_PER_WRITE = 8 };
enum { FAULTS = 80, OPERATIONS_BETWEEN_FAULTS = 5 };
enum { MODE_FILE = 0100644, MODE_DIRECTORY = 040755, TYPE_BITS = 12 };
#define PAGE_MAGIC 0x65676170656c6966u

/* Filled in from the description. */
uintptr_t report_start;

/* What is known of "file-N". */
struct known {
    struct file_handle handle;
    uint64_t generation; /* of its pages; 0: nothing is known */
    uint64_t pages;
};

static struct known files[FILES];
static struct file_handle root;
static uint64_t random_state;
static uint32_t next_generation;

static struct report *report(void)
{
    return (struct report *)report_start;
}

static void print_numbers(const char *text, uint64_t a, uint64_t b)
{
    microkit_dbg_puts(text);
    microkit_dbg_put32((uint32_t)a);
    microkit_dbg_puts(" ");
    microkit_dbg_put32((uint32_t)b);
    microkit_dbg_puts("\n");
}

/* Something was not as it must be. */
static void complain(const char *what, uint64_t a, uint64_t b)
{
    report()->refused++;
    print_numbers(what, a, b);
}

static bool expect(enum file_result result, enum file_result wanted, const char *what)
{
    if (result != wanted)
        complain(what, result, wanted);
    return result == wanted;
}

/* One operation was carried out and looked at. */
static void note_done(void)
{
    report_answer(report());
    report()->resent = session_resent;
}

/* --- names ------------------------------------------------------------------------------------------------------------ */

static const char *name_of(const char *start, unsigned number)
{
    static char names[2][32];
    static unsigned which;
    char *name = names[which++ % 2];
    size_t bytes = strlen(start);
    memcpy(name, start, bytes);
    name[bytes] = (char)('0' + number);
    name[bytes + 1] = 0;
    return name;
}

static struct file_request on_name(enum file_operation operation, const char *name)
{
    return (struct file_request){.operation = operation, .handle = root, .name = session_text(name)};
}

static struct file_answer lookup(const char *name)
{
    return session_ask(on_name(FILE_LOOKUP, name));
}

static struct file_answer create(enum file_operation operation, const char *name, uint32_t mode)
{
    struct file_request request = on_name(operation, name);
    request.mode = mode;
    request.uid = 100000;
    request.gid = 7;
    request.generation = ++next_generation;
    return session_ask(request);
}

static enum file_result take_away(enum file_operation operation, const char *name, struct file_handle file,
                                  unsigned flags)
{
    struct file_request request = on_name(operation, name);
    request.other = file;
    request.flags = (uint16_t)flags;
    return session_ask(request).result;
}

/* Removes what an earlier program may have left. */
static void clean(const char *name, enum file_operation operation)
{
    struct file_answer found = lookup(name);
    if (found.result == FILE_OK)
        expect(take_away(operation, name, found.attributes.handle, 0), FILE_OK, "load: remove");
    else
        expect(found.result, FILE_NOT_FOUND, "load: lookup of what may not be there");
}

/* --- content ---------------------------------------------------------------------------------------------------------- */

static uint64_t word_of(uint64_t file, uint64_t generation, uint64_t page, uint64_t word)
{
    return ((file << 56) + (generation << 24) + (page << 12) + word) * 0x9e3779b97f4a7c15u;
}

static void fill(uint64_t *words, uint64_t file, uint64_t generation, uint64_t page, uint64_t pages)
{
    for (uint64_t i = 5; i < WORDS; i++)
        words[i] = word_of(file, generation, page, i);
    words[0] = PAGE_MAGIC;
    words[1] = file;
    words[2] = generation;
    words[3] = page;
    words[4] = pages;
}

static void check_page(const uint64_t *words, uint64_t file, uint64_t page, const struct known *known)
{
    uint64_t generation = words[2];
    uint64_t wrong = (words[0] != PAGE_MAGIC) + (words[1] != file) + (words[3] != page) + (words[4] != known->pages) +
                     (known->generation && generation != known->generation);
    for (uint64_t i = 5; i < WORDS; i++)
        wrong += words[i] != word_of(file, generation, page, i);
    report()->wrong_bytes += wrong * sizeof(uint64_t);
    if (wrong) {
        print_numbers("load: wrong page of file ", file, page);
        print_numbers("load: it says file ", words[1], words[3]);
        print_numbers("load: of generation ", generation, known->generation);
    }
}

static struct file_request transfer(enum file_operation operation, struct file_handle file, uint64_t page,
                                    uint64_t count, size_t memory_page)
{
    return (struct file_request){
        .operation = operation,
        .handle = file,
        .offset = page * FILE_PAGE_BYTES,
        .bytes = (uint32_t)count * FILE_PAGE_BYTES,
        .range_count = count > 1 ? 2 : 1,
        .ranges = {{.offset = session_page(memory_page), .bytes = FILE_PAGE_BYTES},
                   {.offset = session_page(memory_page + 1), .bytes = (uint32_t)(count - 1) * FILE_PAGE_BYTES}}};
}

/* Writes all pages of a file, several requests at a time; what is written keeps its pages until the commit. */
static void write_pages(unsigned number, struct file_handle file, uint64_t generation, uint64_t pages)
{
    for (uint64_t page = 0; page < pages; page += PAGES_PER_WRITE) {
        uint64_t count = pages - page < PAGES_PER_WRITE ? pages - page : PAGES_PER_WRITE;
        for (uint64_t i = 0; i < count; i++)
            fill(session_page_words(page + i), number, generation, page + i, pages);
        session_begin(transfer(FILE_WRITE, file, page, count, page));
    }
    expect(session_wait(), FILE_OK, "load: write");
}

/* Reads the file into pages that no write uses, and compares. */
static void compare(unsigned number, const struct known *known)
{
    enum { FIRST = SESSION_PAGES - MOST_PAGES };
    for (uint64_t i = 0; i < known->pages; i++)
        session_page_words(FIRST + i)[0] = 0;
    for (uint64_t page = 0; page < known->pages; page += PAGES_PER_WRITE) {
        uint64_t count = known->pages - page < PAGES_PER_WRITE ? known->pages - page : PAGES_PER_WRITE;
        session_begin(transfer(FILE_READ, known->handle, page, count, FIRST + page));
    }
    expect(session_wait(), FILE_OK, "load: read");
    for (uint64_t page = 0; page < known->pages; page++)
        check_page(session_page_words(FIRST + page), number, page, known);
}

/* What is certain on the disk from now on: the test reads it. */
static void print_committed(unsigned number)
{
    print_numbers("load: committed ", number, files[number].generation);
}

/* --- what is done ----------------------------------------------------------------------------------------------------- */

/* A new file, written and committed, takes the name of the old one. */
static void replace(unsigned number)
{
    struct known new = {.generation = files[number].generation + 1,
                        .pages = 1 + random_next(&random_state) % MOST_PAGES};
    struct file_answer made = create(FILE_CREATE, name_of("new-", number), MODE_FILE);
    if (!expect(made.result, FILE_OK, "load: create"))
        return;
    new.handle = made.attributes.handle;
    write_pages(number, new.handle, new.generation, new.pages);
    if (random_next(&random_state) % 2)
        compare(number, &new);
    expect(session_commit(), FILE_OK, "load: commit");
    struct file_request request = on_name(FILE_RENAME, name_of("new-", number));
    request.target = root;
    request.text = session_text(name_of("file-", number));
    request.other = new.handle;
    expect(session_ask(request).result, FILE_OK, "load: rename");
    files[number] = new;
    expect(session_commit(), FILE_OK, "load: commit of a name");
    print_committed(number);
    struct file_answer found = lookup(name_of("file-", number));
    if (expect(found.result, FILE_OK, "load: lookup") &&
        (found.attributes.size != new.pages *FILE_PAGE_BYTES || found.attributes.uid != 100000 ||
         found.attributes.handle.inode != new.handle.inode || found.attributes.links != 1))
        complain("load: attributes of file ", number, found.attributes.size);
    compare(number, &files[number]);
}

static void write_over(unsigned number)
{
    struct known *file = &files[number];
    write_pages(number, file->handle, file->generation + 1, file->pages);
    file->generation++;
    if (random_next(&random_state) % 2)
        compare(number, file);
    expect(session_commit(), FILE_OK, "load: commit");
    print_committed(number);
    compare(number, file);
}

/* The page at `page` holds what was written, or is a hole or behind the end. */
static bool is_zero_page(struct file_handle file, uint64_t page)
{
    struct file_answer answer = session_ask(transfer(FILE_READ, file, page, 1, 0));
    if (answer.result != FILE_OK || answer.holes & 1)
        return answer.result == FILE_OK;
    for (unsigned i = 0; i < WORDS; i++) {
        if (session_page_words(0)[i])
            return false;
    }
    return true;
}

/* Shorter, and longer again: what was cut off is gone. */
static void cut(void)
{
    struct file_answer made = create(FILE_CREATE, "cut", MODE_FILE);
    if (!expect(made.result, FILE_OK, "load: create to cut"))
        return;
    struct file_handle file = made.attributes.handle;
    write_pages(9, file, 1, 10);
    expect(session_commit(), FILE_OK, "load: commit");
    struct file_request set = {
        .operation = FILE_SET, .handle = file, .set = FILE_SET_SIZE, .offset = 5 * FILE_PAGE_BYTES + 100};
    expect(session_ask(set).result, FILE_OK, "load: cut");
    set.offset = 9 * FILE_PAGE_BYTES;
    set.set |= FILE_SET_MODE | FILE_SET_MTIME;
    set.mode = 0600;
    set.mtime = -1234567890;
    struct file_answer answer = session_ask(set);
    if (expect(answer.result, FILE_OK, "load: lengthen") &&
        (answer.attributes.size != set.offset || answer.attributes.mode != 0100600 ||
         answer.attributes.mtime != set.mtime))
        complain("load: attributes after a change ", answer.attributes.size, answer.attributes.mode);
    if (!is_zero_page(file, 6) || !is_zero_page(file, 8))
        complain("load: what was cut off is back ", 6, 8);
    answer = session_ask(transfer(FILE_READ, file, 5, 1, 0));
    expect(answer.result, FILE_OK, "load: read of a cut page");
    for (unsigned i = 13; i < WORDS; i++) {
        if (session_page_words(0)[i])
            report()->wrong_bytes += sizeof(uint64_t);
    }
    if (session_page_words(0)[11] != word_of(9, 1, 5, 11))
        report()->wrong_bytes += sizeof(uint64_t);
    expect(take_away(FILE_UNLINK, "cut", file, 0), FILE_OK, "load: unlink");
    expect(session_ask((struct file_request){.operation = FILE_GET, .handle = file}).result, FILE_STALE,
           "load: get of a file that is gone");
}

/* A file that has lost its name is there until it is released. */
static void use_without_name(void)
{
    struct file_answer made = create(FILE_CREATE, "lost", MODE_FILE);
    if (!expect(made.result, FILE_OK, "load: create to lose"))
        return;
    struct known file = {.handle = made.attributes.handle, .generation = 3, .pages = 4};
    expect(take_away(FILE_UNLINK, "lost", file.handle, FILE_KEEP), FILE_OK, "load: unlink of what is kept");
    expect(lookup("lost").result, FILE_NOT_FOUND, "load: lookup of what is unlinked");
    write_pages(8, file.handle, file.generation, file.pages);
    compare(8, &file);
    expect(session_commit(), FILE_OK, "load: commit");
    compare(8, &file);
    struct file_request release = {.operation = FILE_RELEASE, .handle = file.handle};
    expect(session_ask(release).result, FILE_OK, "load: release");
    expect(session_ask((struct file_request){.operation = FILE_GET, .handle = file.handle}).result, FILE_STALE,
           "load: get of what was released");
}

/* Counts the entries of a directory. */
static unsigned count_entries(struct file_handle directory)
{
    unsigned count = 0;
    uint64_t cookie = 0;
    for (;;) {
        /* Room for a few at a time. */
        struct file_answer answer = session_ask((struct file_request){
            .operation = FILE_LIST, .handle = directory, .offset = cookie, .text = {.bytes = 128}});
        if (!expect(answer.result, FILE_OK, "load: list") || !answer.bytes)
            return count;
        for (uint32_t place = 0; place < answer.bytes; count++) {
            const struct file_entry *entry = (const struct file_entry *)(session_answered_text() + place);
            cookie = entry->cookie;
            place += entry->entry_bytes;
        }
    }
}

static void use_directory(void)
{
    static const char target[] =
        "a target that is longer than what fits into an inode, which has room for sixty bytes only";
    struct file_answer made = create(FILE_MKDIR, "directory", MODE_DIRECTORY), file, link;
    if (!expect(made.result, FILE_OK, "load: mkdir"))
        return;
    struct file_handle old_root = root, directory = made.attributes.handle;
    root = directory;
    file = create(FILE_CREATE, "one", MODE_FILE);
    expect(file.result, FILE_OK, "load: create in a directory");
    struct file_request request = on_name(FILE_LINK, "two");
    request.other = file.attributes.handle;
    struct file_answer linked = session_ask(request);
    if (expect(linked.result, FILE_OK, "load: link") && linked.attributes.links != 2)
        complain("load: links ", linked.attributes.links, 2);
    request = on_name(FILE_SYMLINK, "three");
    request.text = session_text(target);
    request.generation = ++next_generation;
    link = session_ask(request);
    expect(link.result, FILE_OK, "load: symlink");
    struct file_answer read = session_ask((struct file_request){
        .operation = FILE_READLINK, .handle = link.attributes.handle, .text = {.bytes = FILE_MOST_LINK_BYTES}});
    if (expect(read.result, FILE_OK, "load: readlink") &&
        (read.bytes != sizeof target - 1 || memcmp(session_answered_text(), target, read.bytes) != 0))
        complain("load: a link's target ", read.bytes, sizeof target - 1);
    expect(
        session_ask((struct file_request){.operation = FILE_LIST, .handle = directory, .text = {.bytes = 16}}).result,
        FILE_REFUSED, "load: list without room");
    expect(session_ask(
               (struct file_request){.operation = FILE_LIST, .handle = directory, .text = {FILE_TEXT_BYTES - 8, 16}})
               .result,
           FILE_REFUSED, "load: list beyond the texts");
    unsigned count = count_entries(directory);
    if (count != 5)
        complain("load: entries ", count, 5);
    expect(create(FILE_CREATE, "one", MODE_FILE).result, FILE_EXISTS, "load: create what is there");
    expect(take_away(FILE_UNLINK, "one", file.attributes.handle, 0), FILE_OK, "load: unlink one");
    expect(take_away(FILE_UNLINK, "two", file.attributes.handle, 0), FILE_OK, "load: unlink two");
    root = old_root;
    expect(take_away(FILE_RMDIR, "directory", directory, 0), FILE_NOT_EMPTY, "load: rmdir of what is not empty");
    root = directory;
    expect(take_away(FILE_UNLINK, "three", link.attributes.handle, 0), FILE_OK, "load: unlink three");
    root = old_root;
    expect(take_away(FILE_RMDIR, "directory", directory, 0), FILE_OK, "load: rmdir");
}

/* What an earlier program, or one before a power cut, has left: each page is whole, and all are of one file. */
static void look_at_old_files(void)
{
    for (unsigned i = 0; i < FILES; i++) {
        clean(name_of("new-", i), FILE_UNLINK);
        struct file_answer found = lookup(name_of("file-", i));
        if (found.result == FILE_NOT_FOUND)
            continue;
        expect(found.result, FILE_OK, "load: lookup of an old file");
        files[i] = (struct known){.handle = found.attributes.handle, .pages = found.attributes.size / FILE_PAGE_BYTES};
        compare(i, &files[i]);
        /* Some pages may be of the generation to come. */
        for (uint64_t page = 0; page < files[i].pages; page++) {
            uint64_t generation = session_page_words(SESSION_PAGES - MOST_PAGES + page)[2];
            if (generation > files[i].generation)
                files[i].generation = generation;
        }
        write_over(i);
    }
    clean("cut", FILE_UNLINK);
    clean("lost", FILE_UNLINK);
    struct file_answer directory = lookup("directory");
    if (directory.result == FILE_OK) {
        struct file_handle old_root = root;
        root = directory.attributes.handle;
        clean("one", FILE_UNLINK);
        clean("two", FILE_UNLINK);
        clean("three", FILE_UNLINK);
        root = old_root;
        clean("directory", FILE_RMDIR);
    }
}

void init(void)
{
    random_state = clock_read();
    next_generation = (uint32_t)random_state;
    report()->most_faults = FAULTS;
    report()->most_operations = OPERATIONS_BETWEEN_FAULTS;
    session_start();
    struct file_answer attached = session_ask((struct file_request){.operation = FILE_ATTACH});
    expect(attached.result, FILE_OK, "load: attach");
    root = attached.attributes.handle;
    look_at_old_files();
    microkit_dbg_puts("load: begins\n");
    for (;;) {
        unsigned number = random_next(&random_state) % FILES, dice = random_next(&random_state) % 8;
        if (!files[number].pages || dice < 2)
            replace(number);
        else if (dice < 5)
            write_over(number);
        else if (dice == 5)
            cut();
        else if (dice == 6)
            use_without_name();
        else
            use_directory();
        note_done();
    }
}

void notified(microkit_channel ch)
{
    (void)ch;
}
