/* Memory: mapping, copy on write, sharing, limits. */

#define _GNU_SOURCE
#include "check.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>

enum { PAGE = 4096 };

static char *map(size_t bytes, int flags)
{
    char *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, flags | MAP_ANONYMOUS, -1, 0);
    CHECK(memory != MAP_FAILED);
    return memory;
}

static void fresh_memory_is_zero(void)
{
    char *memory = map(64 * PAGE, MAP_PRIVATE);
    for (int i = 0; i < 64 * PAGE; i++)
        failures += memory[i] != 0;
    memory[5 * PAGE] = 1;
    CHECK(munmap(memory + PAGE, PAGE) == 0);
    CHECK(memory[5 * PAGE] == 1 && memory[0] == 0);
    CHECK(munmap(memory, 64 * PAGE) == 0);
}

static void a_child_has_a_copy(void)
{
    char *memory = map(8 * PAGE, MAP_PRIVATE);
    memset(memory, 'p', 8 * PAGE);
    pid_t pid = fork();
    if (pid == 0) {
        for (int i = 0; i < 8; i++) {
            CHECK(memory[i * PAGE] == 'p');
            memory[i * PAGE] = 'c';
        }
        _exit(failures);
    }
    memory[3 * PAGE] = 'q';
    int status;
    CHECK(waitpid(pid, &status, 0) == pid && status == 0);
    for (int i = 0; i < 8; i++)
        CHECK(memory[i * PAGE] == (i == 3 ? 'q' : 'p'));
    munmap(memory, 8 * PAGE);
}

static void a_child_shares_what_is_shared(void)
{
    char *memory = map(4 * PAGE, MAP_SHARED);
    memory[0] = 'a';
    pid_t pid = fork();
    if (pid == 0) {
        memory[2 * PAGE] = memory[0] + 1;
        _exit(0);
    }
    CHECK(waitpid(pid, NULL, 0) == pid && memory[2 * PAGE] == 'b');
    munmap(memory, 4 * PAGE);
}

static int file_with(const char *text)
{
    int file = open("/tmp/memory-test", O_RDWR | O_CREAT | O_TRUNC, 0600);
    CHECK(file >= 0 && write(file, text, strlen(text)) == (ssize_t)strlen(text));
    unlink("/tmp/memory-test");
    return file;
}

static void files_can_be_mapped(void)
{
    char bytes[6] = {0};
    int file = file_with("hello");
    char *private = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);
    char *shared = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    CHECK(private != MAP_FAILED && shared != MAP_FAILED);
    CHECK(memcmp(private, "hello", 6) == 0);
    private[0] = 'j';
    CHECK(pread(file, bytes, 5, 0) == 5 && bytes[0] == 'h' && shared[0] == 'h');
    shared[4] = '!';
    CHECK(pread(file, bytes, 5, 0) == 5 && strcmp(bytes, "hell!") == 0);
    CHECK(private[0] == 'j');
    close(file);
    CHECK(shared[1] == 'e');
    munmap(private, PAGE);
    munmap(shared, PAGE);
}

static char *target;

static void touch_target(void)
{
    *(volatile char *)target = 1;
}

static void read_target(void)
{
    *(volatile char *)target;
}

static int signal_of(void (*child)(void))
{
    int status = status_of_child(child);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void beyond_the_file_is_a_bus_error(void)
{
    int file = file_with("x");
    target = mmap(NULL, 2 * PAGE, PROT_READ, MAP_PRIVATE, file, 0);
    CHECK(target != MAP_FAILED && target[0] == 'x' && target[PAGE - 1] == 0);
    target += PAGE;
    CHECK(signal_of(read_target) == SIGBUS);
    munmap(target - PAGE, 2 * PAGE);
    close(file);
}

static void a_file_that_becomes_shorter_takes_its_pages_along(void)
{
    int file = file_with("x");
    CHECK(ftruncate(file, 3 * PAGE) == 0);
    char *private = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);
    char *shared = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    CHECK(private != MAP_FAILED && shared != MAP_FAILED);
    memset(shared, 'a', 3 * PAGE);
    memset(private, 'b', 3 * PAGE);
    CHECK(ftruncate(file, PAGE + 1) == 0);
    CHECK(private[2 * PAGE - 1] == 'b' && shared[PAGE] == 'a' && shared[PAGE + 1] == 0);
    target = private + 2 * PAGE;
    CHECK(signal_of(read_target) == SIGBUS);
    target = shared + 2 * PAGE;
    CHECK(signal_of(read_target) == SIGBUS);
    CHECK(ftruncate(file, 3 * PAGE) == 0 && private[2 * PAGE] == 0 && shared[2 * PAGE] == 0);
    shared[2 * PAGE] = 'c';
    char found;
    CHECK(pread(file, &found, 1, 2 * PAGE) == 1 && found == 'c');
    munmap(private, 3 * PAGE);
    munmap(shared, 3 * PAGE);
    close(file);
}

static void files_opened_for_reading_stay_as_they_are(void)
{
    int file = file_with("x"), reader;
    char path[32];
    sprintf(path, "/proc/self/fd/%d", file);
    CHECK((reader = open(path, O_RDONLY)) >= 0);
    CHECK(mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, reader, 0) == MAP_FAILED && errno == EACCES);
    char *shared = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, reader, 0);
    CHECK(shared != MAP_FAILED && mprotect(shared, PAGE, PROT_READ | PROT_WRITE) == -1 && errno == EACCES);
    CHECK(mprotect(shared, PAGE, PROT_READ | PROT_EXEC) == 0);
    char *private = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, reader, 0);
    CHECK(private != MAP_FAILED && mprotect(private, PAGE, PROT_READ | PROT_WRITE) == 0);
    private[0] = 'y';
    CHECK(shared[0] == 'x');
    munmap(shared, PAGE);
    munmap(private, PAGE);
    close(reader);
    close(file);
}

static void protection_is_kept(void)
{
    target = map(3 * PAGE, MAP_PRIVATE);
    memset(target, 7, 3 * PAGE);
    target += PAGE;
    CHECK(mprotect(target, PAGE, PROT_READ) == 0);
    CHECK(signal_of(touch_target) == SIGSEGV && signal_of(read_target) == 0);
    CHECK(mprotect(target, PAGE, PROT_NONE) == 0);
    CHECK(signal_of(read_target) == SIGSEGV);
    CHECK(mprotect(target, PAGE, PROT_READ | PROT_WRITE) == 0);
    CHECK(target[0] == 7 && signal_of(touch_target) == 0);
    CHECK(munmap(target, PAGE) == 0 && signal_of(read_target) == SIGSEGV);
    CHECK(mprotect(target, PAGE, PROT_READ) == -1 && errno == ENOMEM);
    munmap(target - PAGE, 3 * PAGE);
}

static void mappings_can_grow_and_move(void)
{
    char *memory = map(2 * PAGE, MAP_PRIVATE);
    memory[0] = 'a';
    memory[PAGE] = 'b';
    char *bigger = mremap(memory, 2 * PAGE, 300 * PAGE, MREMAP_MAYMOVE);
    CHECK(bigger != MAP_FAILED && bigger[0] == 'a' && bigger[PAGE] == 'b' && bigger[299 * PAGE] == 0);
    bigger[299 * PAGE] = 'z';
    CHECK(mremap(bigger, 300 * PAGE, PAGE, 0) == bigger && bigger[0] == 'a');
    munmap(bigger, PAGE);
}

static void fixed_mappings_replace(void)
{
    char *memory = map(4 * PAGE, MAP_PRIVATE);
    memset(memory, 1, 4 * PAGE);
    char *middle = mmap(memory + PAGE, 2 * PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    CHECK(middle == memory + PAGE && middle[0] == 0 && memory[0] == 1 && memory[3 * PAGE] == 1);
    CHECK(mmap((void *)1, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED &&
          errno == EINVAL);
    CHECK(mmap((void *)-PAGE, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED);
    CHECK(munmap(memory + 1, PAGE) == -1 && errno == EINVAL);
    munmap(memory, 4 * PAGE);
}

static void the_heap_grows_and_shrinks(void)
{
    char *start = sbrk(0);
    if (start == (char *)-1 || sbrk(100 * PAGE) != start) {
        char *block = malloc(100 * PAGE); /* some libraries do not allow sbrk */
        CHECK(block);
        memset(block, 1, 100 * PAGE);
        free(block);
        return;
    }
    memset(start, 5, 100 * PAGE);
    CHECK(sbrk(-50 * PAGE) != (void *)-1 && start[PAGE] == 5);
    CHECK(sbrk(50 * PAGE) != (void *)-1 && start[99 * PAGE] == 0);
    sbrk(-100 * PAGE);
}

static void too_much_is_refused(void)
{
    CHECK(mmap(NULL, 1ul << 60, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED && errno == ENOMEM);
    CHECK(mmap(NULL, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED && errno == EINVAL);
    CHECK(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, 99, 0) == MAP_FAILED && errno == EBADF);
}

static void eat_all_memory(void)
{
    for (;;) {
        char *memory = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED)
            _exit(1);
        memset(memory, 1, 1 << 20);
    }
}

static void using_all_memory_ends_only_the_user(void)
{
    int status = status_of_child(eat_all_memory);
    CHECK(WIFSIGNALED(status) ? WTERMSIG(status) == SIGKILL : WEXITSTATUS(status) == 1);
    char *memory = map(100 * PAGE, MAP_PRIVATE);
    memset(memory, 1, 100 * PAGE);
    munmap(memory, 100 * PAGE);
}

int main(int argc, char **argv)
{
    static const struct test tests[] = {
        TEST(fresh_memory_is_zero),
        TEST(a_child_has_a_copy),
        TEST(a_child_shares_what_is_shared),
        TEST(files_can_be_mapped),
        TEST(beyond_the_file_is_a_bus_error),
        TEST(a_file_that_becomes_shorter_takes_its_pages_along),
        TEST(files_opened_for_reading_stay_as_they_are),
        TEST(protection_is_kept),
        TEST(mappings_can_grow_and_move),
        TEST(fixed_mappings_replace),
        TEST(the_heap_grows_and_shrinks),
        TEST(too_much_is_refused),
    };
    static const struct test all_of_it[] = {TEST(using_all_memory_ends_only_the_user)};
    return argc > 1 && strcmp(argv[1], "all") == 0 ? RUN_TESTS(all_of_it) : RUN_TESTS(tests);
}
