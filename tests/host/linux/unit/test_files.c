#include "fake_machine.h"
#include "lib/string.h"
#include "personality/linux/abi/errno.h"
#include "personality/linux/file/directory.h"
#include "personality/linux/file/pipe.h"
#include "personality/linux/support/frame.h"
#include "personality/linux/support/heap.h"
#include "test.h"

#include <stdlib.h>

static void begin(void)
{
    fake_machine_reset();
    root_directory = inode_create(S_IFDIR | 0755);
    root_directory->directory.parent = root_directory;
}

static void end(void)
{
    inode_release(root_directory);
    expect_eq(fake_frames_used(), 0);
}

static struct inode *make(struct inode *directory, const char *name, uint32_t mode)
{
    int64_t error;
    struct inode *inode = directory_make(directory, name, strlen(name), mode, &error);
    expect(inode != NULL);
    inode_release(inode); /* its name keeps it */
    return inode;
}

static int64_t walk(const char *path, unsigned flags, struct inode **inode)
{
    int64_t error;
    *inode = path_find(root_directory, path, flags, &error);
    if (*inode)
        inode_release(*inode);
    return error;
}

#define expect_path(path, wanted)                                                                                      \
    do {                                                                                                               \
        struct inode *found;                                                                                           \
        expect_eq(walk((path), PATH_FOLLOW, &found), 0);                                                               \
        expect_ptr_eq(found, wanted);                                                                                  \
    } while (0)

#define expect_no_path(path, wanted)                                                                                   \
    do {                                                                                                               \
        struct inode *found;                                                                                           \
        expect_eq(walk((path), PATH_FOLLOW, &found), (int64_t)(wanted));                                               \
    } while (0)

TEST(path, names_dots_and_slashes)
{
    begin();
    struct inode *a = make(root_directory, "a", S_IFDIR | 0755), *b = make(a, "b", S_IFDIR | 0755);
    struct inode *file = make(b, "file", S_IFREG | 0644);
    expect_path("/", root_directory);
    expect_path("/..", root_directory);
    expect_path("a", a);
    expect_path("//a///b//", b);
    expect_path("/a/./b/../b/file", file);
    expect_path("/a/b/..", a);
    expect_no_path("", -ENOENT);
    expect_no_path("/a/c", -ENOENT);
    expect_no_path("/a/c/d", -ENOENT);
    expect_no_path("/a/b/file/", -ENOTDIR);
    expect_no_path("/a/b/file/..", -ENOTDIR);
    end();
}

TEST(path, long_names)
{
    char path[PATH_MAX + 10];
    begin();
    memset(path, 'x', sizeof path);
    path[NAME_MAX + 1] = 0;
    expect_no_path(path, -ENAMETOOLONG);
    path[NAME_MAX + 1] = 'x';
    path[PATH_MAX] = 0;
    expect_no_path(path, -ENAMETOOLONG);
    memset(path, '/', PATH_MAX - 1);
    path[PATH_MAX - 1] = 0;
    expect_path(path, root_directory);
    end();
}

static struct inode *make_link(const char *name, const char *target)
{
    struct inode *link = make(root_directory, name, S_IFLNK | 0777);
    link->link_target = heap_string(target, strlen(target));
    return link;
}

TEST(path, links)
{
    begin();
    struct inode *a = make(root_directory, "a", S_IFDIR | 0755), *file = make(a, "file", S_IFREG | 0644);
    struct inode *link = make_link("link", "a/file"), *unfollowed;
    make_link("absolute", "/a");
    make_link("up", "a/../up2");
    make_link("up2", "absolute/file");
    make_link("loop", "loop");
    make_link("longer", "longer/x");
    make_link("dangling", "nowhere");
    expect_path("/link", file);
    expect_path("/absolute/file", file);
    expect_path("/up", file);
    expect_eq(walk("/link", 0, &unfollowed), 0);
    expect_ptr_eq(unfollowed, link);
    expect_path("/absolute/", a);
    expect_no_path("/loop", -ELOOP);
    expect_no_path("/longer", -ELOOP);
    expect_no_path("/dangling", -ENOENT);
    expect_no_path("/link/x", -ENOTDIR);
    end();
}

TEST(directory, the_path_of_a_directory)
{
    char path[20];
    begin();
    struct inode *a = make(root_directory, "alpha", S_IFDIR | 0755), *b = make(a, "beta", S_IFDIR | 0755);
    expect_eq(directory_path(root_directory, path, sizeof path), 2);
    expect(!strcmp(path, "/"));
    expect_eq(directory_path(b, path, sizeof path), 12);
    expect(!strcmp(path, "/alpha/beta"));
    expect_eq(directory_path(b, path, 12), 12);
    expect_eq(directory_path(b, path, 11), (int64_t)-ERANGE);
    inode_reference(b);
    directory_remove(a, "beta", 4);
    expect_eq(directory_path(b, path, sizeof path), (int64_t)-ENOENT);
    inode_release(b);
    end();
}

TEST(inode, random_writes_and_cuts_against_plain_memory)
{
    enum { LIMIT = 200000 };
    static char model[LIMIT], bytes[LIMIT];
    size_t size = 0;
    begin();
    struct inode *file = make(root_directory, "file", S_IFREG | 0644);
    memset(model, 0, sizeof model);
    srand(3);
    for (int round = 0; round < 3000; round++) {
        size_t offset = (unsigned)rand() % LIMIT, count = (unsigned)rand() % 10000;
        if (offset + count > LIMIT)
            count = LIMIT - offset;
        switch (rand() % 4) {
        case 0:
            expect_eq(inode_set_size(file, offset), 0);
            if (offset < size)
                memset(model + offset, 0, size - offset);
            size = offset;
            break;
        case 1: {
            size_t wanted = offset >= size ? 0 : offset + count > size ? size - offset : count;
            expect_eq(inode_read(file, offset, bytes, count), wanted);
            expect(!memcmp(bytes, model + offset, wanted));
            break;
        }
        default:
            for (size_t i = 0; i < count; i++)
                model[offset + i] = bytes[i] = (char)rand();
            expect_eq(inode_write(file, offset, bytes, count), count);
            if (count && offset + count > size)
                size = offset + count;
        }
        expect_eq(file->size, size);
    }
    end();
}

TEST(inode, sizes_beyond_the_limit_are_refused)
{
    begin();
    struct inode *file = make(root_directory, "file", S_IFREG | 0644);
    expect_eq(inode_set_size(file, 1ull << 62), (int64_t)-EFBIG);
    expect_eq(inode_write(file, 1ull << 62, "x", 1), (int64_t)-EFBIG);
    expect_eq(inode_write(file, -1ull, "x", 1), (int64_t)-EFBIG);
    expect_eq(inode_set_size(file, 1ull << 32), 0);
    expect_eq(inode_write(file, (1ull << 32) - 1, "x", 1), 1);
    end();
}

TEST(inode, a_full_memory_stops_a_write)
{
    static char bytes[20 * PAGE_SIZE];
    begin();
    struct inode *file = make(root_directory, "file", S_IFREG | 0644);
    fake_frames_limit(5);
    expect_eq(inode_write(file, 0, bytes, sizeof bytes), 5 * PAGE_SIZE);
    expect_eq(inode_write(file, 5 * PAGE_SIZE, bytes, 1), (int64_t)-ENOSPC);
    expect_eq(file->size, 5 * PAGE_SIZE);
    end();
}

TEST(pipe, bytes_come_out_as_they_went_in)
{
    static struct pipe_ring ring;
    uint64_t in = 0, out = 0;
    fake_machine_reset();
    srand(4);
    for (int round = 0; round < 20000; round++) {
        size_t count = (unsigned)rand() % 9000 + 1;
        bool writes = rand() % 2;
        unsigned char *piece = writes ? pipe_ring_writable(&ring, &count) : pipe_ring_readable(&ring, &count);
        expect((piece != NULL) == (writes ? in - out < PIPE_BYTES : in > out));
        if (!piece)
            continue;
        for (size_t i = 0; i < count; i++) {
            if (writes)
                piece[i] = (unsigned char)((in + i) % 253);
            else
                expect_eq(piece[i], (out + i) % 253);
        }
        if (writes)
            pipe_ring_produce(&ring, count);
        else
            pipe_ring_consume(&ring, count);
        *(writes ? &in : &out) += count;
        expect_eq(pipe_ring_used(&ring), in - out);
    }
    pipe_ring_clear(&ring);
    expect_eq(fake_frames_used(), 0);
}
