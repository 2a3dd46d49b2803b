#include "fake_machine.h"
#include "lib/string.h"
#include "personality/linux/file/cpio.h"
#include "personality/linux/file/directory.h"
#include "personality/linux/file/initrd.h"
#include "test.h"

#include <stdio.h>
#include <stdlib.h>

struct archive {
    char bytes[8192];
    size_t size;
};

static void add_padding(struct archive *archive)
{
    while (archive->size % 4)
        archive->bytes[archive->size++] = 0;
}

static void add(struct archive *archive, const char *name, unsigned mode, unsigned links, unsigned number,
                const char *data)
{
    char header[111];
    snprintf(header, sizeof header, "070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X", number, mode, 0, 0,
             links, 0, (unsigned)strlen(data), 0, 0, 0, 0, (unsigned)strlen(name) + 1, 0);
    memcpy(archive->bytes + archive->size, header, 110);
    archive->size += 110;
    memcpy(archive->bytes + archive->size, name, strlen(name) + 1);
    archive->size += strlen(name) + 1;
    add_padding(archive);
    memcpy(archive->bytes + archive->size, data, strlen(data));
    archive->size += strlen(data);
    add_padding(archive);
}

static struct archive sample(void)
{
    struct archive archive = {.size = 0};
    add(&archive, "bin", 0040755, 1, 1, "");
    add(&archive, "bin/program", 0100755, 1, 2, "contents of a program");
    add(&archive, "bin/link", 0120777, 1, 3, "program");
    add(&archive, "one", 0100644, 2, 4, "");
    add(&archive, "two", 0100644, 2, 4, "shared");
    add(&archive, "TRAILER!!!", 0, 1, 0, "");
    return archive;
}

TEST(cpio, entries_are_read_in_order)
{
    static const char *const names[] = {"bin", "bin/program", "bin/link", "one", "two"};
    struct archive archive = sample();
    struct cpio_reader reader = {.archive = archive.bytes, .size = archive.size};
    struct cpio_entry entry;

    for (unsigned i = 0; i < 5; i++) {
        expect(cpio_next(&reader, &entry));
        expect(!strcmp(entry.name, names[i]));
    }
    expect(!cpio_next(&reader, &entry));
    expect_ptr_eq(reader.problem, NULL);
}

/* Each copy is as long as the archive is said to be, so that a read beyond it is noticed. */
TEST(cpio, every_truncation_is_named)
{
    struct archive archive = sample();

    for (size_t size = 0; size < archive.size - 12; size++) {
        char *copy = malloc(size);
        memcpy(copy, archive.bytes, size);
        struct cpio_reader reader = {.archive = copy, .size = size};
        struct cpio_entry entry;
        while (cpio_next(&reader, &entry))
            continue;
        expect(reader.problem != NULL);
        free(copy);
    }
}

static const char *problem_of(const struct archive *archive)
{
    struct cpio_reader reader = {.archive = archive->bytes, .size = archive->size};
    struct cpio_entry entry;
    while (cpio_next(&reader, &entry))
        continue;
    return reader.problem;
}

TEST(cpio, mistakes_are_named)
{
    struct archive archive = sample();
    archive.bytes[0] = '1';
    expect(strstr(problem_of(&archive), "magic"));
    archive = sample();
    archive.bytes[20] = 'x';
    expect(strstr(problem_of(&archive), "hexadecimal"));
    archive = sample();
    memcpy(archive.bytes + 6 + 8 * 11, "00000000", 8); /* name size */
    expect(strstr(problem_of(&archive), "name"));
    archive = sample();
    memcpy(archive.bytes + 6 + 8 * 11, "ffffffff", 8);
    expect(strstr(problem_of(&archive), "name"));
    archive = sample();
    archive.bytes[113] = 'x'; /* the name's zero byte */
    expect(strstr(problem_of(&archive), "zero byte"));
    archive = sample();
    memcpy(archive.bytes + 6 + 8 * 6, "fffffff0", 8); /* file size */
    expect(strstr(problem_of(&archive), "contents"));
}

TEST(cpio, random_changes_do_no_harm)
{
    srand(1);
    for (int round = 0; round < 20000; round++) {
        struct archive archive = sample();
        for (int i = rand() % 4; i >= 0; i--)
            archive.bytes[(unsigned)rand() % archive.size] = (char)rand();
        char *copy = malloc(archive.size);
        memcpy(copy, archive.bytes, archive.size);
        struct cpio_reader reader = {.archive = copy, .size = archive.size};
        struct cpio_entry entry;
        size_t sum = 0;
        while (cpio_next(&reader, &entry))
            sum += strlen(entry.name) + (entry.data_size ? (size_t)entry.data[entry.data_size - 1] : 0);
        free(copy);
    }
}

static void root_make(void)
{
    fake_machine_reset();
    root_directory = inode_create(S_IFDIR | 0755);
    root_directory->directory.parent = root_directory;
}

static void root_end(void)
{
    inode_release(root_directory);
    root_directory = NULL;
    expect_eq(fake_frames_used(), 0);
}

static struct inode *find(const char *path)
{
    int64_t error;
    return path_find(root_directory, path, PATH_FOLLOW, &error);
}

TEST(initrd, files_links_and_hard_links)
{
    struct archive archive = sample();
    char text[32] = {0};

    root_make();
    expect(initrd_unpack(archive.bytes, archive.size));
    struct inode *program = find("/bin/link");
    expect(program && inode_read(program, 0, text, sizeof text) == 21 && !strcmp(text, "contents of a program"));
    struct inode *one = find("/one"), *two = find("/two");
    expect(one && one == two && one->links == 2 && one->size == 6);
    inode_release(program);
    inode_release(one);
    inode_release(two);
    root_end();
}

TEST(initrd, a_damaged_archive_is_refused_and_forgotten)
{
    for (int seed = 0; seed < 3000; seed++) {
        struct archive archive = sample();
        srand((unsigned)seed);
        for (int i = rand() % 4; i >= 0; i--)
            archive.bytes[(unsigned)rand() % archive.size] = (char)rand();
        root_make();
        initrd_unpack(archive.bytes, archive.size);
        root_end();
    }
}

TEST(initrd, a_file_without_its_directory_is_refused)
{
    struct archive archive = {.size = 0};
    add(&archive, "nowhere/file", 0100644, 1, 1, "x");
    add(&archive, "TRAILER!!!", 0, 1, 0, "");
    root_make();
    expect(!initrd_unpack(archive.bytes, archive.size));
    root_end();
}

TEST(initrd, too_little_memory_is_refused)
{
    struct archive archive = sample();
    for (uint32_t frames = 0; frames < 8; frames++) {
        fake_machine_reset();
        root_make();
        fake_frames_limit(frames);
        initrd_unpack(archive.bytes, archive.size);
        root_end();
    }
}
