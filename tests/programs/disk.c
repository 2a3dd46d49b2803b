/* Files on the disk, in /data. With the argument "none": there is no disk; "wrong": what is read
 * from it may be wrong; "more": a file that is larger than memory; "map" and a path: changes a
 * file by way of memory, and does not end. */

#define _GNU_SOURCE
#include "check.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysinfo.h>

enum { PAGE = 4096, PIECES = 60, PIECE = 5000, WRONG_PAGES = 20, WRONG_ROUNDS = 20, FRESH_PAGES = 20 };
enum { MORE_PIECE = 65536, MORE_PIECES_MOST = 1024 };

static unsigned random_state;

static unsigned dice(unsigned sides)
{
    random_state = random_state * 1103515245 + 12345;
    return random_state / 65536 % sides;
}

static char byte_at(long position, int version)
{
    return (char)(position * 7 + position / PAGE + version * 31);
}

static void reading_and_writing(void)
{
    char bytes[30] = {0};
    struct stat state;
    int file = open("/data/f", O_RDWR | O_CREAT | O_EXCL, 0640);
    CHECK(file >= 0 && open("/data/f", O_CREAT | O_EXCL, 0600) == -1 && errno == EEXIST);
    CHECK(write(file, "0123456789", 10) == 10 && lseek(file, 3, SEEK_SET) == 3 && read(file, bytes, 4) == 4);
    CHECK(strcmp(bytes, "3456") == 0 && pwrite(file, "xy", 2, 20) == 2 && fstat(file, &state) == 0);
    CHECK(state.st_size == 22 && (state.st_mode & 0777) == 0640 && state.st_nlink == 1);
    CHECK(pread(file, bytes, 12, 10) == 12 && bytes[0] == 0 && bytes[10] == 'x');
    CHECK(fsync(file) == 0 && ftruncate(file, 5) == 0 && ftruncate(file, 8) == 0 && pread(file, bytes, 20, 0) == 8);
    CHECK(memcmp(bytes, "01234\0\0\0", 8) == 0 && fdatasync(file) == 0);
    close(file);
    file = open("/data/f", O_WRONLY | O_APPEND);
    CHECK(write(file, "+", 1) == 1 && lseek(file, 0, SEEK_SET) == 0 && write(file, "+", 1) == 1);
    CHECK(fstat(file, &state) == 0 && state.st_size == 10);
    CHECK(unlink("/data/f") == 0 && fstat(file, &state) == 0 && state.st_nlink == 0);
    CHECK(write(file, "!", 1) == 1 && fsync(file) == 0 && fstat(file, &state) == 0 && state.st_size == 11);
    close(file);
    CHECK(open("/data/f", O_RDONLY) == -1 && errno == ENOENT);
    file = open("/data/f", O_RDWR | O_CREAT, 0600);
    CHECK(write(file, "abc", 3) == 3);
    close(file);
    file = open("/data/f", O_RDWR | O_TRUNC);
    CHECK(fstat(file, &state) == 0 && state.st_size == 0 && unlink("/data/f") == 0);
    close(file);
}

/* What is written to a file that has lost its name is kept as that of any other, also where the memory is needed. */
static void files_without_a_name(void)
{
    static char bytes[8 * PAGE], found[sizeof bytes];
    int file = open("/data/nameless", O_RDWR | O_CREAT, 0600);
    CHECK(file >= 0 && write(file, "old", 3) == 3 && fsync(file) == 0 && unlink("/data/nameless") == 0);
    for (int version = 0; version < 4; version++) {
        for (long i = 0; i < (long)sizeof bytes; i++)
            bytes[i] = byte_at(i, version);
        CHECK(pwrite(file, bytes, sizeof bytes, 0) == sizeof bytes &&
              posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED) == 0);
        CHECK(pread(file, found, sizeof found, 0) == sizeof found && memcmp(found, bytes, sizeof found) == 0);
        CHECK(fsync(file) == 0 && posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED) == 0);
        CHECK(pread(file, found, sizeof found, 0) == sizeof found && memcmp(found, bytes, sizeof found) == 0);
    }
    close(file);
}

/* The server tells a size with attributes that is older than what it has got meanwhile. */
static void attributes_while_writing(void)
{
    enum { ROUNDS = 40, BYTES = 300 };
    static char bytes[ROUNDS * BYTES], found[ROUNDS * BYTES];
    struct stat state;
    int file = open("/data/appended", O_RDWR | O_CREAT | O_APPEND, 0600);
    pid_t child = fork();
    for (int i = 0; child == 0; i++)
        fchmod(file, i % 2 ? 0600 : 0640);
    CHECK(file >= 0 && child > 0);
    for (long round = 0; round < ROUNDS; round++) {
        for (long i = round * BYTES; i < (round + 1) * BYTES; i++)
            bytes[i] = byte_at(i, 1);
        CHECK(write(file, bytes + round * BYTES, BYTES) == BYTES && fsync(file) == 0);
        CHECK(fstat(file, &state) == 0 && state.st_size == (round + 1) * BYTES);
    }
    CHECK(kill(child, SIGKILL) == 0 && waitpid(child, NULL, 0) == child);
    CHECK(pread(file, found, sizeof found, 0) == sizeof found && memcmp(found, bytes, sizeof found) == 0);
    CHECK(close(file) == 0 && unlink("/data/appended") == 0);
}

/* A size that could not be set is what it was, and can be set later. The host's file server fails to do it for files with S_ISVTX. */
static void sizes_that_cannot_be_set(void)
{
    static char bytes[4 * PAGE], found[sizeof bytes];
    struct stat state;
    int file = open("/data/cut", O_RDWR | O_CREAT, 0600);
    memset(bytes, 'o', sizeof bytes);
    CHECK(file >= 0 && write(file, bytes, sizeof bytes) == sizeof bytes && fchmod(file, S_ISVTX | 0600) == 0);
    int cut = open("/data/cut", O_WRONLY | O_TRUNC);
    if (cut == -1) {
        CHECK(errno == EIO && ftruncate(file, 5 * PAGE) == -1 && errno == EIO);
        CHECK(fsync(file) == 0 && fstat(file, &state) == 0 && state.st_size == sizeof bytes);
        CHECK(pread(file, found, sizeof found, 0) == sizeof found && memcmp(found, bytes, sizeof found) == 0);
        CHECK(fchmod(file, 0600) == 0 && (cut = open("/data/cut", O_WRONLY | O_TRUNC)) >= 0);
    }
    CHECK(pwrite(cut, "new", 3, 3 * PAGE) == 3 && close(cut) == 0);
    CHECK(fsync(file) == 0 && posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED) == 0);
    memset(bytes, 0, 3 * PAGE);
    memcpy(bytes + 3 * PAGE, "new", 3);
    CHECK(pread(file, found, sizeof found, 0) == 3 * PAGE + 3 && memcmp(found, bytes, 3 * PAGE + 3) == 0);
    CHECK(close(file) == 0 && unlink("/data/cut") == 0);
}

/* Whichever is first: what is here afterwards is also what the server has. */
static void sizes_while_writing(void)
{
    static char bytes[8 * PAGE], found[sizeof bytes], again[sizeof bytes];
    int file = open("/data/shortened", O_RDWR | O_CREAT, 0600);
    for (int round = 0; round < 40; round++) {
        pid_t child = fork();
        if (child == 0)
            _exit(ftruncate(file, PAGE + 100) != 0);
        memset(bytes, round + 1, sizeof bytes);
        int status = -1;
        for (int i = 0; i < 4; i++)
            CHECK(pwrite(file, bytes, sizeof bytes, 0) == sizeof bytes);
        CHECK(child > 0 && waitpid(child, &status, 0) == child && status == 0);
        ssize_t count = pread(file, found, sizeof found, 0);
        CHECK(count == sizeof found || count == PAGE + 100);
        CHECK(fsync(file) == 0 && posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED) == 0);
        CHECK(pread(file, again, sizeof again, 0) == count && memcmp(found, again, (size_t)count) == 0);
    }
    CHECK(close(file) == 0 && unlink("/data/shortened") == 0);
}

/* A name that stands for another file at the server than here is asked for again, though somebody has the file open: the host's server gives
   this one another handle whenever it is restarted. */
static void handles_that_are_stale(void)
{
    enum { ROUNDS = 200 };
    int failures = 0, file;
    while ((file = open("/data/restless", O_RDWR | O_CREAT, 0600)) >= 0 && fchmod(file, S_ISGID | 0600) &&
           errno == ESTALE)
        close(file);
    CHECK(file >= 0);
    for (int i = 0; i < ROUNDS; i++) {
        int other = open("/data/restless", O_RDWR | O_TRUNC);
        CHECK(other >= 0 || errno == ESTALE);
        failures += other < 0;
        if (other >= 0)
            close(other);
    }
    CHECK(failures < ROUNDS / 4);
    close(file);
    CHECK(unlink("/data/restless") == 0 || (errno == ESTALE && unlink("/data/restless") == 0));
}

/* What is written to a file stays when the name that it was written by goes, and nobody has looked for the other one: on the host it is there
   from the start. */
static void other_names(void)
{
    char found[20] = {0};
    struct stat state;
    int file = open("/data/name", O_RDWR | O_CREAT | O_APPEND, 0600);
    CHECK(file >= 0 && fstat(file, &state) == 0);
    if (state.st_nlink == 1)
        CHECK(write(file, "first ", 6) == 6 && link("/data/name", "/data/other") == 0);
    CHECK(write(file, "second", 6) == 6 && close(file) == 0 && unlink("/data/name") == 0);
    file = open("/data/other", O_RDONLY);
    CHECK(read(file, found, sizeof found) == 12 && memcmp(found, "first second", 12) == 0);
    CHECK(close(file) == 0 && unlink("/data/other") == 0);
}

/* Writes pieces of a file in any order, again and again; all of it is right at any time. */
static void much_of_it(void)
{
    static char expected[PIECES * PIECE], found[PIECES * PIECE];
    int file = open("/data/much", O_RDWR | O_CREAT, 0600);
    long size = 0;
    for (int round = 0; round < 150; round++) {
        long start = (long)dice(PIECES) * PIECE, length = (long)dice(PIECE) + 1;
        for (long i = start; i < start + length; i++)
            expected[i] = byte_at(i, round);
        CHECK(pwrite(file, expected + start, (size_t)length, start) == length);
        size = start + length > size ? start + length : size;
        if (dice(5) == 0)
            CHECK(fsync(file) == 0);
        posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED); /* what is certain is read again */
        if (dice(25) == 0) {
            size = (long)dice((unsigned)size) + 1;
            memset(expected + size, 0, sizeof expected - (size_t)size);
            CHECK(ftruncate(file, size) == 0);
        }
        start = (long)dice((unsigned)size);
        ssize_t count = pread(file, found, PIECE, start);
        CHECK(count == (size - start < PIECE ? size - start : PIECE) &&
              memcmp(found, expected + start, (size_t)count) == 0);
    }
    CHECK(fsync(file) == 0 && posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED) == 0);
    CHECK(pread(file, found, sizeof found, 0) == size && memcmp(found, expected, (size_t)size) == 0);
    close(file);
    file = open("/data/much", O_RDONLY);
    CHECK(read(file, found, sizeof found) == size && memcmp(found, expected, (size_t)size) == 0);
    close(file);
    CHECK(unlink("/data/much") == 0);
}

static void names(void)
{
    struct stat state, other;
    char path[200], text[100] = {0};
    CHECK(mkdir("/data/d", 0755) == 0 && mkdir("/data/d", 0755) == -1 && errno == EEXIST);
    CHECK(mkdir("/data/d/e", 0755) == 0 && stat("/data/d", &state) == 0 && state.st_nlink == 3);
    CHECK(rmdir("/data/d") == -1 && errno == ENOTEMPTY);
    for (int i = 0; i < 30; i++) {
        snprintf(path, sizeof path, "/data/d/file%d", i);
        int file = open(path, O_WRONLY | O_CREAT, 0600);
        CHECK(file >= 0 && write(file, path, strlen(path)) == (ssize_t)strlen(path));
        close(file);
    }
    int seen = 0;
    DIR *directory = opendir("/data/d");
    for (struct dirent *entry; directory && (entry = readdir(directory));)
        seen += strncmp(entry->d_name, "file", 4) == 0;
    CHECK(directory && seen == 30);
    closedir(directory);

    CHECK(rename("/data/d/file1", "/data/d/e/moved") == 0 && stat("/data/d/file1", &state) == -1 && errno == ENOENT);
    CHECK(rename("/data/d/file2", "/data/d/file3") == 0 && rename("/data/d", "/data/d/e/d") == -1 && errno == EINVAL);
    CHECK(rename("/data/d/file4", "/tmp/file4") == -1 && errno == EXDEV && link("/data/d/file4", "/tmp/l") == -1);
    CHECK(link("/data/d/file4", "/data/linked") == 0 && stat("/data/linked", &state) == 0 && state.st_nlink == 2);
    CHECK(stat("/data/d/file4", &other) == 0 && state.st_ino == other.st_ino && unlink("/data/d/file4") == 0);
    CHECK(stat("/data/linked", &state) == 0 && state.st_nlink == 1 && unlink("/data/linked") == 0);
    CHECK(symlink("d/e/moved", "/data/link") == 0 && readlink("/data/link", text, sizeof text) == 9);
    CHECK(strcmp(text, "d/e/moved") == 0 && stat("/data/link", &state) == 0 && S_ISREG(state.st_mode));
    CHECK(lstat("/data/link", &state) == 0 && S_ISLNK(state.st_mode) && unlink("/data/link") == 0);
    CHECK(chmod("/data/d/e/moved", 0751) == 0 && chown("/data/d/e/moved", 3, 4) == 0);
    struct timespec times[2] = {{1000, 0}, {2000, 5}};
    CHECK(utimensat(AT_FDCWD, "/data/d/e/moved", times, 0) == 0 && stat("/data/d/e/moved", &state) == 0);
    sync();
    CHECK((state.st_mode & 07777) == 0751 && state.st_uid == 3 && state.st_gid == 4 && state.st_mtim.tv_sec == 2000);
    CHECK(chdir("/data/d/e") == 0 && getcwd(path, sizeof path) && strcmp(path, "/data/d/e") == 0);
    CHECK(stat("moved", &state) == 0 && unlink("moved") == 0 && chdir("/") == 0 && rmdir("/data/d/e") == 0);
    for (int i = 0; i < 30; i++) {
        snprintf(path, sizeof path, "/data/d/file%d", i);
        unlink(path);
    }
    CHECK(rmdir("/data/d") == 0 && stat("/data/d", &state) == -1 && errno == ENOENT);
}

static bool is_absent(const char *path)
{
    return access(path, F_OK) == -1 && errno == ENOENT;
}

/* The host's file server tells by such a name whether a power cut would undo something; on a real disk there is none. */
static void names_that_are_certain(void)
{
    CHECK(mkdir("/data/c", 0700) == 0);
    int directory = open("/data/c", O_RDONLY | O_DIRECTORY);
    CHECK(directory >= 0 && fsync(directory) == 0 && is_absent("/data/.uncertain1"));
    int file = openat(directory, "new", O_CREAT | O_WRONLY, 0600);
    CHECK(file >= 0 && fsync(file) == 0 && is_absent("/data/.uncertain2"));
    close(file);
    CHECK(rename("/data/c/new", "/data/c/old") == 0 && chmod("/data/c/old", 0640) == 0);
    sync();
    CHECK(is_absent("/data/.uncertain3") && unlink("/data/c/old") == 0 && rmdir("/data/c") == 0);
    close(directory);
}

static void memory_of_files(void)
{
    char byte = 0;
    int file = open("/data/mapped", O_RDWR | O_CREAT, 0600);
    for (int i = 0; i < 3 * PAGE; i += PAGE)
        CHECK(pwrite(file, "page", 4, i) == 4);
    CHECK(fsync(file) == 0);
    char *private = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);
    char *shared = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    CHECK(private != MAP_FAILED && shared != MAP_FAILED && memcmp(private + PAGE, "page", 4) == 0);
    private[0] = 'P';
    shared[PAGE] = 'S';
    CHECK(shared[0] == 'p' && pread(file, &byte, 1, PAGE) == 1 && byte == 'S');
    CHECK(msync(shared, 3 * PAGE, MS_SYNC) == 0);
    shared[2 * PAGE] = 'T';
    CHECK(munmap(shared, 3 * PAGE) == 0 && munmap(private, 3 * PAGE) == 0);
    CHECK(fsync(file) == 0 && pread(file, &byte, 1, 2 * PAGE) == 1 && byte == 'T');
    close(file);
    CHECK(unlink("/data/mapped") == 0);
}

/* A write whose bytes are not all readable leaves what is behind them in the file, also where it began as one of a whole page. */
static void short_writes_keep_the_rest(void)
{
    char bytes[3 * PAGE], found[sizeof bytes];
    char *readable = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(readable != MAP_FAILED && mprotect(readable + PAGE, PAGE, PROT_NONE) == 0);
    memset(readable, 'x', PAGE);
    for (long i = 0; i < (long)sizeof bytes; i++)
        bytes[i] = byte_at(i, 1);
    int file = open("/data/short", O_RDWR | O_CREAT, 0600);
    CHECK(pwrite(file, bytes, sizeof bytes, 0) == sizeof bytes && fsync(file) == 0);
    CHECK(posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED) == 0);
    CHECK(pwrite(file, readable + PAGE - 100, PAGE, PAGE) == 100);
    CHECK(pwrite(file, readable + PAGE, PAGE, 0) == -1 && errno == EFAULT);
    memset(bytes + PAGE, 'x', 100);
    CHECK(pread(file, found, sizeof found, 0) == sizeof found && memcmp(found, bytes, sizeof found) == 0);
    munmap(readable, 2 * PAGE);
    close(file);
    CHECK(unlink("/data/short") == 0);
}

/* The host's file server tells what a power cut would take, as above. */
static void memory_that_is_certain(void)
{
    int first = open("/data/first", O_RDWR | O_CREAT, 0600), second = open("/data/second", O_RDWR | O_CREAT, 0600);
    CHECK(ftruncate(first, PAGE) == 0 && ftruncate(second, PAGE) == 0);
    char *shared = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, first, 0);
    CHECK(shared != MAP_FAILED);
    CHECK(mmap(shared + PAGE, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, second, 0) == shared + PAGE);
    strcpy(shared, "by fsync");
    CHECK(fsync(first) == 0 && is_absent("/data/.lost by fsync"));
    strcpy(shared + PAGE, "by msync");
    CHECK(msync(shared, 2 * PAGE, MS_SYNC) == 0 && is_absent("/data/.lost by msync"));
    strcpy(shared, "by sync");
    sync();
    CHECK(is_absent("/data/.lost by sync"));
    strcpy(shared, "by syncfs");
    CHECK(syncfs(second) == 0 && is_absent("/data/.lost by syncfs"));
    CHECK(munmap(shared, 2 * PAGE) == 0 && close(first) == 0 && close(second) == 0);
    CHECK(unlink("/data/first") == 0 && unlink("/data/second") == 0);
}

/* Pages that a file gets while it is mapped are there at once, also when they are just being read ahead. */
static void files_grow_under_their_mappings(void)
{
    enum { PAGES = 16 };
    for (int round = 0; round < 5; round++) {
        char found[PAGES * PAGE] = {0}, target[PAGE];
        int file = open("/data/grows", O_RDWR | O_CREAT | O_TRUNC, 0600);
        char *shared = mmap(NULL, sizeof found, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
        CHECK(shared != MAP_FAILED && ftruncate(file, sizeof found) == 0 && pread(file, target, 1, 0) == 1);
        CHECK(pwrite(file, shared + 9 * PAGE, PAGE, 0) == PAGE); /* the personality reads it, */
        for (int i = 0; i < PAGES; i++)
            shared[i * PAGE] = (char)(i + 1); /* and the program writes it */
        CHECK(pread(file, found, sizeof found, 0) == sizeof found);
        for (int i = 0; i < PAGES; i++)
            CHECK(found[i * PAGE] == i + 1 && found[i * PAGE + 1] == 0);
        CHECK(munmap(shared, sizeof found) == 0 && close(file) == 0 && unlink("/data/grows") == 0);
    }
}

static void programs_run_from_it(void)
{
    CHECK(system("cp /bin/busybox /data/busybox && /data/busybox cmp /bin/busybox /data/busybox") == 0);
    CHECK(system("echo '#!/data/busybox sh\nexit 5' > /data/script && chmod +x /data/script") == 0);
    CHECK(WEXITSTATUS(system("/data/script")) == 5);
    CHECK(system("rm /data/busybox /data/script") == 0);
}

static void several_at_once(void)
{
    CHECK(system("for i in 1 2 3 4; do (seq $i 3000 > /data/s$i; seq $i 3000 | cmp - /data/s$i; sync; rm /data/s$i) & "
                 "done; wait; "
                 "! ls /data | grep -q '^s[1-4]'") == 0);
}

static void state_of_it(void)
{
    struct statfs state;
    CHECK(statfs("/data", &state) == 0 && state.f_type == 0xef53 && state.f_blocks > 0);
    sync();
}

/* A file of FRESH_PAGES pages, none of which is in memory. */
static char fresh_bytes[FRESH_PAGES * PAGE], fresh_found[sizeof fresh_bytes];

static int fresh_file(int version)
{
    unlink("/data/fresh");
    int file = open("/data/fresh", O_RDWR | O_CREAT | O_EXCL, 0600);
    for (long i = 0; i < (long)sizeof fresh_bytes; i++)
        fresh_bytes[i] = byte_at(i, version);
    CHECK(pwrite(file, fresh_bytes, sizeof fresh_bytes, 0) == sizeof fresh_bytes && fsync(file) == 0);
    CHECK(posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED) == 0);
    return file;
}

static void fresh_expect(int file)
{
    CHECK(pread(file, fresh_found, sizeof fresh_found, 0) == sizeof fresh_found);
    CHECK(memcmp(fresh_found, fresh_bytes, sizeof fresh_bytes) == 0);
    close(file);
}

/* Pages that are on their way are no changes of a mapping that goes. */
static void mappings_and_reading_ahead(void)
{
    for (int version = 0; version < 20; version++) {
        int file = fresh_file(version);
        char *mapped = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
        CHECK(mapped != MAP_FAILED && munmap(mapped, PAGE) == 0 && fsync(file) == 0);
        CHECK(posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED) == 0);
        fresh_expect(file);
    }
}

/* What is cut off a page that is on its way does not come with it. */
static void cutting_and_reading_ahead(void)
{
    for (int version = 0; version < 20; version++) {
        const long cut = FRESH_PAGES / 2 * PAGE + 100;
        char first[PAGE];
        int file = fresh_file(version);
        CHECK(pread(file, first, PAGE, 0) == PAGE && ftruncate(file, cut) == 0 &&
              ftruncate(file, sizeof fresh_bytes) == 0);
        memset(fresh_bytes + cut, 0, sizeof fresh_bytes - (size_t)cut);
        fresh_expect(file);
    }
}

/* Of a file that does not fit into memory: where in a piece there is something else than what was written last. */
static unsigned char piece_versions[MORE_PIECES_MOST];

static char piece_byte(unsigned piece, long i)
{
    bool is_new = i >= 100 && i < 20100;
    return (char)(byte_at(i + piece, is_new ? piece_versions[piece] : 0) | 1);
}

static void pieces_expect(int file, unsigned pieces, size_t step)
{
    static char found[MORE_PIECE];
    for (unsigned piece = 0; piece < pieces; piece++) {
        for (size_t i = 0; i < sizeof found; i += step)
            CHECK(pread(file, found + i, step, (off_t)(piece * sizeof found + i)) == (ssize_t)step);
        for (size_t i = 0; i < sizeof found; i++)
            CHECK(found[i] == piece_byte(piece, (long)i));
    }
}

static void more_than_memory(void)
{
    static char bytes[MORE_PIECE];
    struct sysinfo memory;
    CHECK(sysinfo(&memory) == 0);
    unsigned pieces = (unsigned)(memory.totalram / sizeof bytes * 5 / 4);
    int file = open("/data/more", O_RDWR | O_CREAT | O_TRUNC, 0600);
    CHECK(pieces <= MORE_PIECES_MOST);
    for (unsigned piece = 0; piece < pieces; piece++) {
        for (long i = 0; i < MORE_PIECE; i++)
            bytes[i] = piece_byte(piece, i);
        CHECK(pwrite(file, bytes, sizeof bytes, (off_t)(piece * sizeof bytes)) == sizeof bytes);
    }
    pieces_expect(file, pieces, PAGE);
    for (int count = 0; count < 400; count++) {
        unsigned piece = dice(pieces);
        piece_versions[piece]++;
        for (long i = 100; i < 20100; i++)
            bytes[i] = piece_byte(piece, i);
        CHECK(pwrite(file, bytes + 100, 20000, (off_t)(piece * sizeof bytes + 100)) == 20000);
    }
    pieces_expect(file, pieces, 4 * PAGE);
    CHECK(close(file) == 0 && unlink("/data/more") == 0);
}

/* The pages of the file: how many are right, and in `errors` how many cannot be read; a wrong one fails. */
static int pages_read(int file, int version, int *errors)
{
    int right = 0;
    for (int page = 0; page < WRONG_PAGES; page++) {
        char found[PAGE];
        long start = (long)page * PAGE;
        ssize_t count = pread(file, found, PAGE, start);
        CHECK(count == PAGE || (count == -1 && errno == EIO));
        *errors += count != PAGE;
        if (count != PAGE)
            continue;
        for (long i = 0; i < PAGE; i++)
            CHECK(found[i] == byte_at(start + i, version));
        right++;
    }
    return right;
}

/* A page that comes back wrong is read again, or an error; never is it taken for what was written. */
static void wrong_pages(void)
{
    static char bytes[WRONG_PAGES * PAGE];
    int file = open("/data/wrong", O_RDWR | O_CREAT, 0600), right = 0, errors = 0;
    for (int version = 0; version < WRONG_ROUNDS; version++) {
        for (long i = 0; i < (long)sizeof bytes; i++)
            bytes[i] = byte_at(i, version);
        CHECK(pwrite(file, bytes, sizeof bytes, 0) == sizeof bytes && fsync(file) == 0);
        for (int i = 0; i < 3; i++) {
            CHECK(posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED) == 0);
            right += pages_read(file, version, &errors);
        }
        /* A new file, as far as the disk knows: what was in the old one is not to be missed. */
        CHECK(version % 4 || (unlink("/data/wrong") == 0 && close(file) == 0 &&
                              (file = open("/data/wrong", O_RDWR | O_CREAT, 0600)) >= 0));
        CHECK(version % 4 != 1 || (ftruncate(file, PAGE + 1) == 0 && ftruncate(file, sizeof bytes) == 0 &&
                                   posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED) == 0 &&
                                   pread(file, bytes, PAGE, PAGE) == PAGE && bytes[1] == 0));
    }
    CHECK(errors > 0 && right > errors);
    CHECK(close(file) == 0 && unlink("/data/wrong") == 0);
}

static void no_disk(void)
{
    struct stat state;
    CHECK(lstat("/data", &state) == 0 && S_ISDIR(state.st_mode));
    CHECK(open("/data/f", O_CREAT | O_RDWR, 0600) == -1 && errno == ENODEV);
    CHECK(mkdir("/data/d", 0700) == -1 && errno == ENODEV && stat("/data/f", &state) == -1 && errno == ENODEV);
    DIR *directory = opendir("/data");
    errno = 0;
    CHECK(!directory || (!readdir(directory) && errno == ENODEV));
}

/* Leaves a change of a file to the end of the machine. */
static int keep_mapped(const char *path)
{
    int file = open(path, O_RDWR | O_CREAT, 0600);
    char *shared = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (shared == MAP_FAILED || ftruncate(file, 7) || fsync(file))
        return 1;
    memcpy(shared, "mapped\n", 7);
    puts("mapped");
    fflush(stdout);
    for (;;)
        pause();
}

int main(int argc, char **argv)
{
    static const struct test tests[] = {TEST(reading_and_writing),
                                        TEST(files_without_a_name),
                                        TEST(attributes_while_writing),
                                        TEST(sizes_that_cannot_be_set),
                                        TEST(sizes_while_writing),
                                        TEST(handles_that_are_stale),
                                        TEST(other_names),
                                        TEST(much_of_it),
                                        TEST(names),
                                        TEST(names_that_are_certain),
                                        TEST(memory_of_files),
                                        TEST(memory_that_is_certain),
                                        TEST(files_grow_under_their_mappings),
                                        TEST(short_writes_keep_the_rest),
                                        TEST(programs_run_from_it),
                                        TEST(several_at_once),
                                        TEST(state_of_it),
                                        TEST(mappings_and_reading_ahead),
                                        TEST(cutting_and_reading_ahead)};
    static const struct test none[] = {TEST(no_disk)}, wrong[] = {TEST(wrong_pages)}, more[] = {TEST(more_than_memory)};
    if (argc == 3 && strcmp(argv[1], "map") == 0)
        return keep_mapped(argv[2]);
    if (argc == 1)
        return RUN_TESTS(tests);
    if (strcmp(argv[1], "more") == 0)
        return RUN_TESTS(more);
    return strcmp(argv[1], "none") == 0 ? RUN_TESTS(none) : RUN_TESTS(wrong);
}
