/* Processes: making, ending, waiting, groups, and that nothing is lost on the way. */

#define _GNU_SOURCE
#include "check.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>

static void exit_7(void)
{
    _exit(7);
}

static void kill_self(void)
{
    kill(getpid(), SIGKILL);
}

static void divide(void)
{
    volatile int one = 1, zero = 0;
    _exit(one / zero);
}

static void wait_gives_the_status(void)
{
    int status = status_of_child(exit_7);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 7);
    status = status_of_child(kill_self);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    status = status_of_child(divide);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGFPE);
    CHECK(waitpid(-1, NULL, 0) == -1 && errno == ECHILD);
}

static void wait_without_hanging(void)
{
    int ends[2];
    char byte;
    CHECK(pipe(ends) == 0);
    pid_t pid = fork();
    if (pid == 0) {
        close(ends[1]);
        _exit(read(ends[0], &byte, 1) != 0);
    }
    CHECK(waitpid(pid, NULL, WNOHANG) == 0);
    close(ends[1]);
    CHECK(waitpid(pid, NULL, 0) == pid);
    close(ends[0]);
}

static void vfork_shares_memory_until_exec(void)
{
    volatile int shared = 1;
    pid_t pid = vfork();
    if (pid == 0) {
        shared = 2;
        execl("/bin/true", "true", (char *)NULL);
        _exit(9);
    }
    int status;
    CHECK(shared == 2);
    CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void exec_passes_arguments_and_environment(void)
{
    int ends[2];
    char text[200] = {0};
    CHECK(pipe(ends) == 0);
    pid_t pid = fork();
    if (pid == 0) {
        char *environment[] = {"PLACE=world", NULL};
        dup2(ends[1], 1);
        execle("/bin/sh", "sh", "-c", "echo hello $PLACE $0 $1", "a", "b c", (char *)NULL, environment);
        _exit(9);
    }
    close(ends[1]);
    CHECK(read(ends[0], text, sizeof text - 1) > 0);
    CHECK(strcmp(text, "hello world a b c\n") == 0);
    CHECK(waitpid(pid, NULL, 0) == pid);
    close(ends[0]);
}

/* The link in /proc names the file, also when a program was started by way of links; and it can be started itself. */
static void proc_names_the_file_of_a_program(void)
{
    char name[200] = {0};
    CHECK(readlink("/proc/self/exe", name, sizeof name - 1) > 0);
    unlink("/tmp/link");
    CHECK(symlink("/proc/self/exe", "/tmp/link") == 0);
    pid_t pid = fork();
    if (pid == 0) {
        execl("/tmp/link", "processes", "expect", name, (char *)NULL);
        _exit(9);
    }
    int status;
    CHECK(waitpid(pid, &status, 0) == pid && status == 0);
    unlink("/tmp/link");
}

static void exec_refuses_what_is_no_program(void)
{
    FILE *file = fopen("/tmp/no-program", "w");
    fputs("\177ELFnonsense", file);
    fclose(file);
    CHECK(execl("/tmp/no-program", "x", (char *)NULL) == -1 && errno == EACCES);
    CHECK(system("chmod +x /tmp/no-program") == 0);
    CHECK(execl("/tmp/no-program", "x", (char *)NULL) == -1 && errno == ENOEXEC);
    CHECK(execl("/tmp/nowhere", "x", (char *)NULL) == -1 && errno == ENOENT);
    CHECK(execl("/tmp", "x", (char *)NULL) == -1 && errno == EACCES);
    unlink("/tmp/no-program");
}

static void stopping_and_continuing_is_reported(void)
{
    int status;
    pid_t pid = fork();
    if (pid == 0) {
        for (;;)
            pause();
    }
    kill(pid, SIGSTOP);
    CHECK(waitpid(pid, &status, WUNTRACED) == pid && WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
    CHECK(waitpid(pid, &status, WUNTRACED | WNOHANG) == 0);
    kill(pid, SIGCONT);
    CHECK(waitpid(pid, &status, WCONTINUED) == pid && WIFCONTINUED(status));
    kill(pid, SIGTERM);
    CHECK(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
}

static void a_busy_process_can_be_stopped_and_killed(void)
{
    int status;
    pid_t pid = fork();
    if (pid == 0) {
        for (;;)
            __asm__ volatile("" ::: "memory");
    }
    usleep(20000);
    kill(pid, SIGSTOP);
    CHECK(waitpid(pid, &status, WUNTRACED) == pid && WIFSTOPPED(status));
    kill(pid, SIGKILL);
    CHECK(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void groups_and_sessions(void)
{
    pid_t pid = fork();
    if (pid == 0) {
        CHECK(setpgid(0, 0) == 0 && getpgrp() == getpid());
        CHECK(setsid() == -1 && errno == EPERM);
        pid_t grandchild = fork();
        if (grandchild == 0) {
            CHECK(setsid() == getpid() && getsid(0) == getpid() && getpgrp() == getpid());
            _exit(failures);
        }
        int status;
        CHECK(waitpid(grandchild, &status, 0) == grandchild && status == 0);
        CHECK(setpgid(0, 99999) == -1 && errno == EPERM);
        _exit(failures);
    }
    int status;
    CHECK(waitpid(pid, &status, 0) == pid && status == 0);
}

static void *thread_main(void *argument)
{
    static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    for (int i = 0; i < 1000; i++) {
        pthread_mutex_lock(&mutex);
        ++*(volatile long *)argument;
        if (i % 100 == 0)
            sched_yield();
        pthread_mutex_unlock(&mutex);
    }
    return argument;
}

static void threads_share_memory(void)
{
    pthread_t threads[4];
    long count = 0;
    for (int i = 0; i < 4; i++)
        CHECK(pthread_create(&threads[i], NULL, thread_main, &count) == 0);
    for (int i = 0; i < 4; i++) {
        void *result = NULL;
        CHECK(pthread_join(threads[i], &result) == 0 && result == &count);
    }
    CHECK(count == 4000);
}

/* A line of /proc/meminfo */
static long resource(const char *name)
{
    char line[128];
    long value = -1;
    FILE *file = fopen("/proc/meminfo", "r");
    while (file && fgets(line, sizeof line, file)) {
        if (strncmp(line, name, strlen(name)) == 0)
            value = strtol(strchr(line, ':') + 1, NULL, 10);
    }
    if (file)
        fclose(file);
    return value;
}

static void fork_and_touch(int rounds)
{
    static volatile char page[8192];
    for (int i = 0; i < rounds; i++) {
        pid_t pid = fork();
        if (pid == 0) {
            page[4096] = 1;
            _exit(page[0]);
        }
        if (pid < 0 || waitpid(pid, NULL, 0) != pid) {
            CHECK(!"fork and wait");
            return;
        }
    }
}

static void a_thousand_forks_lose_nothing(void)
{
    fork_and_touch(50);
    long free_before = resource("MemFree"), slots_before = resource("CapSlots");
    fork_and_touch(1000);
    long free_after = resource("MemFree"), slots_after = resource("CapSlots");
    CHECK(free_before > 0 && free_before == free_after);
    CHECK(slots_before == slots_after);
    if (free_before != free_after || slots_before != slots_after)
        printf("MemFree %ld -> %ld, CapSlots %ld -> %ld\n", free_before, free_after, slots_before, slots_after);
}

static void many_processes_at_once(void)
{
    enum { COUNT = 60 };
    pid_t pids[COUNT];
    int ends[2];
    char byte;
    CHECK(pipe(ends) == 0);
    for (int i = 0; i < COUNT; i++) {
        pids[i] = fork();
        if (pids[i] == 0) {
            close(ends[1]);
            _exit(read(ends[0], &byte, 1) == 0 ? i : 200);
        }
        CHECK(pids[i] > 0);
    }
    close(ends[1]);
    for (int i = 0; i < COUNT; i++) {
        int status = -1;
        CHECK(waitpid(pids[i], &status, 0) == pids[i] && WIFEXITED(status) && WEXITSTATUS(status) == i);
    }
    close(ends[0]);
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "expect") == 0) {
        char name[200] = {0};
        return readlink("/proc/self/exe", name, sizeof name - 1) < 0 || strcmp(name, argv[2]) != 0;
    }

    static const struct test tests[] = {
        TEST(wait_gives_the_status),
        TEST(wait_without_hanging),
        TEST(vfork_shares_memory_until_exec),
        TEST(exec_passes_arguments_and_environment),
        TEST(proc_names_the_file_of_a_program),
        TEST(exec_refuses_what_is_no_program),
        TEST(stopping_and_continuing_is_reported),
        TEST(a_busy_process_can_be_stopped_and_killed),
        TEST(groups_and_sessions),
        TEST(threads_share_memory),
        TEST(many_processes_at_once),
        TEST(a_thousand_forks_lose_nothing),
    };
    return RUN_TESTS(tests);
}
