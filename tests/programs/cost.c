/*
 * What Linux calls cost, in ticks of the time-stamp counter: one line `operation NAME median max` for each.
 *
 * The same binary runs on Pecan's personality and, as the first process, on a Linux kernel (tests/bench/personality.py). In
 * an emulator that counts instructions a tick is one instruction. Files are in /tmp, which both keep in memory.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROUNDS     40
#define WARM_UP    10
#define LARGE      65536
#define PAGE_BYTES 4096

static uint64_t samples[ROUNDS];
static const char *program;
static char large[LARGE];

static inline uint64_t counter(void)
{
    uint32_t low, high;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high)::"memory");
    return (uint64_t)high << 32 | low;
}

static int compare(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
    return left < right ? -1 : left > right;
}

/* Prints the rounds behind those that warm up. */
static void report(const char *name)
{
    qsort(samples + WARM_UP, ROUNDS - WARM_UP, sizeof(samples[0]), compare);
    printf("operation %s %llu %llu\n", name, (unsigned long long)samples[WARM_UP + (ROUNDS - WARM_UP) / 2],
           (unsigned long long)samples[ROUNDS - 1]);
    fflush(stdout);
}

static void must(int holds, const char *what)
{
    if (holds)
        return;
    printf("cost: %s failed\n", what);
    exit(1);
}

static int file;

static long call_getpid(void)
{
    return syscall(SYS_getpid);
}

static long call_write_1(void)
{
    return syscall(SYS_pwrite64, file, large, 1, 0);
}

static long call_read_1(void)
{
    return syscall(SYS_pread64, file, large, 1, 0);
}

static long call_write_64k(void)
{
    return syscall(SYS_pwrite64, file, large, LARGE, 0);
}

static long call_read_64k(void)
{
    return syscall(SYS_pread64, file, large, LARGE, 0);
}

static long call_fork_exit(void)
{
    int status;
    pid_t child = fork();
    if (child == 0)
        _exit(0);
    return waitpid(child, &status, 0);
}

static long call_fork_exec(void)
{
    int status;
    pid_t child = fork();
    if (child == 0) {
        execl(program, program, "nothing", (char *)NULL);
        _exit(127);
    }
    return waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 1 : -1;
}

static char *fresh;

static long touch_page(void)
{
    *(volatile char *)fresh = 1;
    fresh += PAGE_BYTES;
    return 1;
}

static void measure(const char *name, long (*act)(void))
{
    for (unsigned i = 0; i < ROUNDS; i++) {
        uint64_t before = counter();
        long result = act();
        samples[i] = counter() - before;
        must(result > 0, name);
    }
    report(name);
}

static void measure_pipe(void)
{
    int to[2], from[2], status;
    char byte = 1;
    must(pipe(to) == 0 && pipe(from) == 0, "pipe");
    pid_t child = fork();
    must(child >= 0, "fork");
    if (child == 0) {
        close(to[1]);
        while (read(to[0], &byte, 1) == 1)
            must(write(from[1], &byte, 1) == 1, "echo");
        _exit(0);
    }
    close(to[0]);
    for (unsigned i = 0; i < ROUNDS; i++) {
        uint64_t before = counter();
        must(write(to[1], &byte, 1) == 1 && read(from[0], &byte, 1) == 1, "round trip");
        samples[i] = counter() - before;
    }
    report("pipe_round_trip");
    close(to[1]);
    waitpid(child, &status, 0);
}

int main(int count, char **arguments)
{
    if (count > 1)
        return 0; /* the program that call_fork_exec starts */
    program = arguments[0];
    mkdir("/tmp", 0777);
    file = open("/tmp/cost", O_RDWR | O_CREAT, 0600);
    must(file >= 0, "open");
    fresh = mmap(NULL, (size_t)ROUNDS * PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    must(fresh != MAP_FAILED, "mmap");
    madvise(fresh, (size_t)ROUNDS * PAGE_BYTES, MADV_NOHUGEPAGE);
    measure("getpid", call_getpid);
    measure("write_1", call_write_1);
    measure("read_1", call_read_1);
    measure("write_64k", call_write_64k);
    measure("read_64k", call_read_64k);
    measure_pipe();
    measure("fork_exit", call_fork_exit);
    measure("fork_exec", call_fork_exec);
    measure("page_fault", touch_page);
    printf("bench ends\n");
    fflush(stdout);
    if (getpid() == 1)
        reboot(RB_AUTOBOOT);
    return 0;
}
