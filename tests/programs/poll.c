/* poll with a negative timeout: its third argument, -1, is a call number of the kernel below. */

#include "check.h"

#include <poll.h>
#include <signal.h>
#include <sys/time.h>

static void poll_without_limit(void)
{
    int ends[2];
    CHECK(pipe(ends) == 0);
    pid_t pid = fork();
    if (pid == 0) {
        usleep(50000);
        _exit(write(ends[1], "x", 1) == 1 ? 0 : 1);
    }
    struct pollfd entry = {ends[0], POLLIN, 0};
    CHECK(poll(&entry, 1, -1) == 1);
    CHECK(entry.revents == POLLIN);
    CHECK(waitpid(pid, NULL, 0) == pid);
    close(ends[0]);
    close(ends[1]);
}

static void third_arguments_from_minus_1_to_minus_40(void)
{
    struct pollfd entry = {1, POLLOUT, 0};
    for (int timeout = -1; timeout >= -40; timeout--) {
        entry.revents = 0;
        CHECK(poll(&entry, 1, timeout) == 1 && entry.revents == POLLOUT);
    }
}

static void poll_with_limit(void)
{
    struct timeval before, after;
    gettimeofday(&before, NULL);
    CHECK(poll(NULL, 0, 100) == 0);
    gettimeofday(&after, NULL);
    long ms = (after.tv_sec - before.tv_sec) * 1000 + (after.tv_usec - before.tv_usec) / 1000;
    CHECK(ms >= 99 && ms < 5000);
}

static void poll_sees_a_closed_pipe(void)
{
    int ends[2];
    CHECK(pipe(ends) == 0);
    close(ends[1]);
    struct pollfd entries[3] = {{ends[0], POLLIN, 0}, {-1, POLLIN, 0}, {77, POLLIN, 0}};
    CHECK(poll(entries, 3, -1) == 2);
    CHECK((entries[0].revents & POLLHUP) && entries[1].revents == 0 && entries[2].revents == POLLNVAL);
    close(ends[0]);
}

static void ignore_alarm(int number)
{
    (void)number;
}

static void poll_is_ended_by_a_signal(void)
{
    struct sigaction action = {.sa_handler = ignore_alarm, .sa_flags = SA_RESTART};
    /* Again and again: one alone could come before it is waited for. */
    struct itimerval often = {{0, 50000}, {0, 50000}}, never = {{0, 0}, {0, 0}};
    sigaction(SIGALRM, &action, NULL);
    CHECK(setitimer(ITIMER_REAL, &often, NULL) == 0);
    CHECK(poll(NULL, 0, -1) == -1 && errno == EINTR);
    CHECK(setitimer(ITIMER_REAL, &never, NULL) == 0);
}

int main(void)
{
    static const struct test tests[] = {
        TEST(poll_without_limit),        TEST(third_arguments_from_minus_1_to_minus_40),
        TEST(poll_with_limit),           TEST(poll_sees_a_closed_pipe),
        TEST(poll_is_ended_by_a_signal),
    };
    return RUN_TESTS(tests);
}
