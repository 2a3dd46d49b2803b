/* Signals: handlers, masks, what they interrupt, and what a handler may do. */

#define _GNU_SOURCE
#include "check.h"

#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <ucontext.h>

static volatile sig_atomic_t caught, caught_code, caught_pid;
static void *volatile caught_address;

static void catch (int number, siginfo_t *info, void *context)
{
    (void)context;
    caught = number;
    caught_code = info->si_code;
    caught_pid = info->si_pid;
    caught_address = info->si_addr;
}

static void handle(int number, int flags)
{
    struct sigaction action = {.sa_sigaction = catch, .sa_flags = SA_SIGINFO | flags};
    CHECK(sigaction(number, &action, NULL) == 0);
    caught = 0;
}

static void a_handler_learns_who_sent_it(void)
{
    handle(SIGUSR1, 0);
    kill(getpid(), SIGUSR1);
    CHECK(caught == SIGUSR1 && caught_code == SI_USER && caught_pid == getpid());
    struct sigaction old;
    CHECK(sigaction(SIGUSR1, NULL, &old) == 0 && old.sa_sigaction == catch && (old.sa_flags & SA_SIGINFO));
    CHECK(sigaction(SIGKILL, &old, NULL) == -1 && errno == EINVAL);
}

static void blocked_signals_wait(void)
{
    sigset_t set, pending;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    handle(SIGUSR2, 0);
    sigprocmask(SIG_BLOCK, &set, NULL);
    raise(SIGUSR2);
    raise(SIGUSR2);
    CHECK(caught == 0);
    CHECK(sigpending(&pending) == 0 && sigismember(&pending, SIGUSR2));
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    CHECK(caught == SIGUSR2);
    CHECK(sigpending(&pending) == 0 && !sigismember(&pending, SIGUSR2));
}

static void alarm_in_ms(long ms)
{
    struct itimerval timer = {{0, 0}, {0, ms * 1000}};
    CHECK(setitimer(ITIMER_REAL, &timer, NULL) == 0);
}

static void sigsuspend_waits_with_another_mask(void)
{
    sigset_t block, empty, now;
    sigemptyset(&block);
    sigaddset(&block, SIGALRM);
    sigemptyset(&empty);
    handle(SIGALRM, 0);
    sigprocmask(SIG_BLOCK, &block, NULL);
    alarm_in_ms(30);
    CHECK(sigsuspend(&empty) == -1 && errno == EINTR && caught == SIGALRM);
    sigprocmask(SIG_SETMASK, NULL, &now);
    CHECK(sigismember(&now, SIGALRM));
    sigprocmask(SIG_UNBLOCK, &block, NULL);
}

static void reading_is_interrupted_or_restarted(void)
{
    int ends[2];
    char byte = 0;
    CHECK(pipe(ends) == 0);
    handle(SIGALRM, 0);
    alarm_in_ms(30);
    CHECK(read(ends[0], &byte, 1) == -1 && errno == EINTR && caught == SIGALRM);

    handle(SIGALRM, SA_RESTART);
    alarm_in_ms(30);
    pid_t pid = fork();
    if (pid == 0) {
        usleep(100000);
        _exit(write(ends[1], "y", 1) != 1);
    }
    CHECK(read(ends[0], &byte, 1) == 1 && byte == 'y' && caught == SIGALRM);
    CHECK(waitpid(pid, NULL, 0) == pid);
    close(ends[0]);
    close(ends[1]);
}

static void sleeping_says_what_was_left(void)
{
    struct timespec wish = {5, 0}, left = {0, 0};
    handle(SIGALRM, SA_RESTART);
    alarm_in_ms(50);
    CHECK(nanosleep(&wish, &left) == -1 && errno == EINTR);
    CHECK(left.tv_sec == 4 || (left.tv_sec == 3 && left.tv_nsec > 0));
}

static sigjmp_buf jump;

static void jump_out(int number, siginfo_t *info, void *context)
{
    (void)context;
    caught = number;
    caught_code = info->si_code;
    caught_address = info->si_addr;
    siglongjmp(jump, 1);
}

static void faults_can_be_caught(void)
{
    struct sigaction action = {.sa_sigaction = jump_out, .sa_flags = SA_SIGINFO};
    sigaction(SIGSEGV, &action, NULL);
    sigaction(SIGFPE, &action, NULL);
    sigaction(SIGILL, &action, NULL);
    if (!sigsetjmp(jump, 1))
        *(volatile int *)0x1234 = 1;
    CHECK(caught == SIGSEGV && caught_address == (void *)0x1234 && caught_code == SEGV_MAPERR);

    void *page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (!sigsetjmp(jump, 1))
        *(volatile int *)page = 1;
    CHECK(caught == SIGSEGV && caught_address == page && caught_code == SEGV_ACCERR);
    munmap(page, 4096);

    volatile int one = 1, zero = 0;
    if (!sigsetjmp(jump, 1))
        zero = one / zero;
    CHECK(caught == SIGFPE && caught_code == FPE_INTDIV);
    if (!sigsetjmp(jump, 1))
        __asm__ volatile("ud2");
    CHECK(caught == SIGILL);
    signal(SIGSEGV, SIG_DFL);
    signal(SIGFPE, SIG_DFL);
    signal(SIGILL, SIG_DFL);
}

static char signal_stack[16384] __attribute__((aligned(16)));
static volatile int was_on_stack;

static void check_stack(int number)
{
    char here;
    (void)number;
    was_on_stack = &here >= signal_stack && &here < signal_stack + sizeof signal_stack;
}

static void a_handler_may_have_its_own_stack(void)
{
    stack_t stack = {.ss_sp = signal_stack, .ss_size = sizeof signal_stack}, old;
    struct sigaction action = {.sa_handler = check_stack, .sa_flags = SA_ONSTACK};
    CHECK(sigaltstack(&stack, NULL) == 0);
    sigaction(SIGUSR1, &action, NULL);
    raise(SIGUSR1);
    CHECK(was_on_stack);
    CHECK(sigaltstack(NULL, &old) == 0 && old.ss_sp == signal_stack && !(old.ss_flags & SS_ONSTACK));
    stack.ss_flags = SS_DISABLE;
    CHECK(sigaltstack(&stack, NULL) == 0);
}

static void change_registers(int number, siginfo_t *info, void *context)
{
    ucontext_t *user = context;
    (void)number, (void)info;
    user->uc_mcontext.gregs[REG_RAX] = 4711;
    user->uc_mcontext.gregs[REG_RIP] += 2;
}

static void a_handler_may_change_registers(void)
{
    struct sigaction action = {.sa_sigaction = change_registers, .sa_flags = SA_SIGINFO};
    long value;
    sigaction(SIGILL, &action, NULL);
    __asm__ volatile("ud2" : "=a"(value));
    CHECK(value == 4711);
    signal(SIGILL, SIG_DFL);
}

static volatile int depth, deepest;

static void nest(int number)
{
    depth++;
    if (depth > deepest)
        deepest = depth;
    if (depth < 3)
        raise(number);
    depth--;
}

static void a_handler_is_not_interrupted_by_its_own_signal(void)
{
    struct sigaction action = {.sa_handler = nest};
    sigaction(SIGUSR1, &action, NULL);
    depth = deepest = 0;
    sigset_t set;
    sigemptyset(&set);
    pid_t pid = fork();
    if (pid == 0) {
        alarm(1);
        signal(SIGALRM, SIG_DFL);
        raise(SIGUSR1);
        _exit(deepest);
    }
    int status;
    CHECK(waitpid(pid, &status, 0) == pid);
    CHECK(WIFSIGNALED(status) ? WTERMSIG(status) == SIGALRM : WEXITSTATUS(status) == 1);
    action.sa_flags = SA_NODEFER;
    sigaction(SIGUSR1, &action, NULL);
    raise(SIGUSR1);
    CHECK(deepest == 3);
}

static void children_tell_of_their_end(void)
{
    handle(SIGCHLD, SA_RESTART);
    pid_t pid = fork();
    if (pid == 0)
        _exit(3);
    while (!caught)
        usleep(1000);
    CHECK(caught == SIGCHLD && caught_code == CLD_EXITED && caught_pid == pid);
    int status;
    CHECK(waitpid(pid, &status, 0) == pid && WEXITSTATUS(status) == 3);
    signal(SIGCHLD, SIG_IGN);
    pid = fork();
    if (pid == 0)
        _exit(0);
    CHECK(waitpid(pid, NULL, 0) == -1 && errno == ECHILD);
    signal(SIGCHLD, SIG_DFL);
}

static void a_busy_program_is_interrupted(void)
{
    handle(SIGALRM, 0);
    alarm_in_ms(30);
    while (!caught)
        __asm__ volatile("" ::: "memory");
    CHECK(caught == SIGALRM);
}

static volatile int ticks;

static void tick(int number)
{
    (void)number;
    ticks++;
}

static void repeated_alarms(void)
{
    struct itimerval timer = {{0, 10000}, {0, 10000}}, off = {{0, 0}, {0, 0}};
    struct sigaction action = {.sa_handler = tick};
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &timer, NULL);
    while (ticks < 5)
        pause();
    setitimer(ITIMER_REAL, &off, NULL);
    CHECK(ticks >= 5);
}

static void broken_pipes(void)
{
    int ends[2];
    CHECK(pipe(ends) == 0);
    close(ends[0]);
    handle(SIGPIPE, 0);
    CHECK(write(ends[1], "x", 1) == -1 && errno == EPIPE && caught == SIGPIPE);
    close(ends[1]);
    signal(SIGPIPE, SIG_DFL);
}

int main(void)
{
    static const struct test tests[] = {
        TEST(a_handler_learns_who_sent_it),
        TEST(blocked_signals_wait),
        TEST(sigsuspend_waits_with_another_mask),
        TEST(reading_is_interrupted_or_restarted),
        TEST(sleeping_says_what_was_left),
        TEST(faults_can_be_caught),
        TEST(a_handler_may_have_its_own_stack),
        TEST(a_handler_may_change_registers),
        TEST(a_handler_is_not_interrupted_by_its_own_signal),
        TEST(children_tell_of_their_end),
        TEST(a_busy_program_is_interrupted),
        TEST(repeated_alarms),
        TEST(broken_pipes),
    };
    return RUN_TESTS(tests);
}
