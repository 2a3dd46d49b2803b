/* Calls with wrong pointers and random arguments: they may fail, but nothing else may happen. */

#define _GNU_SOURCE
#include "check.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>

static const unsigned long bad_pointers[] = {
    0, 1, 0xfff, 0x1000, 0x7fffffffe000, 0x7ffffffff000, 0x800000000000, 0xffff800000000000, -4096ul, -1ul,
};

static void bad_pointers_give_efault(void)
{
    for (unsigned i = 0; i < sizeof bad_pointers / sizeof bad_pointers[0]; i++) {
        unsigned long bad = bad_pointers[i];
        CHECK(syscall(SYS_uname, bad) == -1 && errno == EFAULT);
        CHECK(syscall(SYS_open, bad, 0, 0) == -1 && errno == EFAULT);
        CHECK(syscall(SYS_pipe2, bad, 0) == -1 && errno == EFAULT);
        CHECK(syscall(SYS_stat, "/", bad) == -1 && errno == EFAULT);
        CHECK(syscall(SYS_getcwd, bad, 100) == -1 && errno == EFAULT);
        CHECK(syscall(SYS_clock_gettime, 0, bad) == -1 && errno == EFAULT);
        CHECK(syscall(SYS_write, 1, bad, 10) == -1 && errno == EFAULT);
        if (bad) {
            CHECK(syscall(SYS_rt_sigaction, SIGUSR1, bad, 0, 8) == -1 && errno == EFAULT);
            CHECK(syscall(SYS_execve, "/bin/true", bad, 0) == -1 && errno == EFAULT);
        }
    }
}

static void strings_that_end_nowhere(void)
{
    char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    munmap(page + 4096, 4096);
    memset(page, 'a', 4096);
    CHECK(syscall(SYS_open, page, 0, 0) == -1 && (errno == EFAULT || errno == ENAMETOOLONG));
    CHECK(syscall(SYS_open, page + 4000, 0, 0) == -1 && errno == EFAULT);
    page[4095] = 0;
    CHECK(syscall(SYS_open, page + 3000, 0, 0) == -1 && errno == ENAMETOOLONG);
    munmap(page, 4096);
}

static unsigned long random_state;

static unsigned long next_random(void)
{
    random_state = random_state * 6364136223846793005ul + 1442695040888963407ul;
    return random_state >> 33;
}

static unsigned long random_argument(char *memory)
{
    switch (next_random() % 6) {
    case 0:
        return bad_pointers[next_random() % (sizeof bad_pointers / sizeof bad_pointers[0])];
    case 1:
        return (unsigned long)memory + next_random() % 8192;
    case 2:
        return next_random() % 16;
    case 3:
        return next_random() << 31 | next_random();
    case 4:
        return -(next_random() % 50);
    default:
        return 1ul << next_random() % 64;
    }
}

/* Calls that end or hold up the tester itself, or the machine. */
static int is_left_out(long number)
{
    static const long numbers[] = {SYS_exit,         SYS_exit_group,   SYS_pause,  SYS_rt_sigsuspend, SYS_reboot,
                                   SYS_fork,         SYS_rt_sigreturn, SYS_vfork,  SYS_clone,         SYS_clone3,
                                   SYS_kill,         SYS_tkill,        SYS_tgkill, SYS_setsid,        SYS_sethostname,
                                   SYS_settimeofday, SYS_clock_settime};
    for (unsigned i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        if (numbers[i] == number)
            return 1;
    }
    return 0;
}

static void call_at_random(void)
{
    char *memory = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (int i = 3; i < 20; i++)
        close(i);
    for (int i = 0; i < 3; i++)
        close(i);
    for (int i = 0; i < 2000; i++) {
        long number = (long)(next_random() % 340);
        for (int j = 0; j < 64; j++)
            memory[next_random() % 8192] = (char)next_random();
        if (!is_left_out(number))
            syscall(number, random_argument(memory), random_argument(memory), random_argument(memory),
                    random_argument(memory), random_argument(memory), random_argument(memory));
    }
}

static void return_from_no_signal(void)
{
    syscall(SYS_rt_sigreturn);
}

static void a_wild_sigreturn_ends_only_the_caller(void)
{
    CHECK(WIFSIGNALED(status_of_child(return_from_no_signal)));
}

static void random_calls_harm_only_the_caller(void)
{
    for (unsigned long seed = 1; seed <= 30; seed++) {
        random_state = seed * 7919;
        fflush(stdout);
        pid_t pid = fork();
        if (pid == 0) {
            call_at_random();
            _exit(0);
        }
        /* It may have made itself wait for ever, with all signals blocked. */
        int rest = 20;
        while (waitpid(pid, NULL, WNOHANG) == 0 && rest-- > 0)
            usleep(10000);
        if (rest < 0) {
            kill(pid, SIGKILL);
            CHECK(waitpid(pid, NULL, 0) == pid);
        }
    }
    CHECK(access("/bin/sh", X_OK) == 0 && system("/bin/true") == 0);
}

int main(void)
{
    static const struct test tests[] = {
        TEST(bad_pointers_give_efault),
        TEST(strings_that_end_nowhere),
        TEST(a_wild_sigreturn_ends_only_the_caller),
        TEST(random_calls_harm_only_the_caller),
    };
    return RUN_TESTS(tests);
}
