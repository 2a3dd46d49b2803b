/* epoll with all its ways to report, and what is there to be waited for: eventfd, timerfd. */

#define _GNU_SOURCE
#include "check.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <time.h>

static int epoll, ends[2];

static void begin(void)
{
    epoll = epoll_create1(EPOLL_CLOEXEC);
    CHECK(epoll >= 0 && fcntl(epoll, F_GETFD) == FD_CLOEXEC);
    CHECK(pipe(ends) == 0);
}

static void end(void)
{
    close(epoll);
    close(ends[0]);
    close(ends[1]);
}

static int add(int file, uint32_t events)
{
    struct epoll_event event = {events, {.u64 = 0x1234567800000000u + (unsigned)file}};
    return epoll_ctl(epoll, EPOLL_CTL_ADD, file, &event);
}

static int modify(int file, uint32_t events)
{
    struct epoll_event event = {events, {.u64 = 0x1234567800000000u + (unsigned)file}};
    return epoll_ctl(epoll, EPOLL_CTL_MOD, file, &event);
}

/* What is reported at once for the only file that has something; 0: nothing. */
static uint32_t reported(int file)
{
    struct epoll_event events[4];
    int count = epoll_wait(epoll, events, 4, 0);
    CHECK(count == 0 || (count == 1 && events[0].data.u64 == 0x1234567800000000u + (unsigned)file));
    return count ? events[0].events : 0;
}

static void level_is_reported_while_it_lasts(void)
{
    char byte;
    begin();
    CHECK(add(ends[0], EPOLLIN) == 0);
    CHECK(reported(ends[0]) == 0);
    CHECK(write(ends[1], "ab", 2) == 2);
    CHECK(reported(ends[0]) == EPOLLIN && reported(ends[0]) == EPOLLIN);
    CHECK(read(ends[0], &byte, 1) == 1 && reported(ends[0]) == EPOLLIN);
    CHECK(read(ends[0], &byte, 1) == 1 && reported(ends[0]) == 0);
    CHECK(modify(ends[0], 0) == 0);
    CHECK(write(ends[1], "a", 1) == 1 && reported(ends[0]) == 0);
    CHECK(modify(ends[0], EPOLLIN) == 0 && reported(ends[0]) == EPOLLIN);
    CHECK(epoll_ctl(epoll, EPOLL_CTL_DEL, ends[0], NULL) == 0 && reported(ends[0]) == 0);
    end();
}

static void an_edge_is_reported_once(void)
{
    char byte;
    begin();
    CHECK(add(ends[0], EPOLLIN | EPOLLET) == 0);
    CHECK(write(ends[1], "ab", 2) == 2);
    CHECK(reported(ends[0]) == EPOLLIN && reported(ends[0]) == 0);
    CHECK(read(ends[0], &byte, 1) == 1 && reported(ends[0]) == 0);
    CHECK(write(ends[1], "c", 1) == 1 && reported(ends[0]) == EPOLLIN && reported(ends[0]) == 0);
    CHECK(modify(ends[0], EPOLLIN | EPOLLET) == 0 && reported(ends[0]) == EPOLLIN);
    close(ends[1]);
    CHECK(reported(ends[0]) == (EPOLLIN | EPOLLHUP) && reported(ends[0]) == 0);
    end();
}

static void one_shot_waits_to_be_armed_again(void)
{
    begin();
    CHECK(add(ends[0], EPOLLIN | EPOLLONESHOT) == 0);
    CHECK(write(ends[1], "a", 1) == 1);
    CHECK(reported(ends[0]) == EPOLLIN && reported(ends[0]) == 0);
    CHECK(write(ends[1], "a", 1) == 1 && reported(ends[0]) == 0);
    CHECK(modify(ends[0], EPOLLIN | EPOLLONESHOT) == 0 && reported(ends[0]) == EPOLLIN && reported(ends[0]) == 0);
    end();
}

static void waiting_ends_with_an_event_or_in_time(void)
{
    struct epoll_event event;
    begin();
    CHECK(add(ends[0], EPOLLIN) == 0);
    CHECK(epoll_wait(epoll, &event, 1, 20) == 0);
    pid_t pid = fork();
    if (pid == 0) {
        usleep(30000);
        _exit(write(ends[1], "x", 1) == 1 ? 0 : 1);
    }
    CHECK(epoll_wait(epoll, &event, 1, -1) == 1 && event.events == EPOLLIN);
    CHECK(waitpid(pid, NULL, 0) == pid);
    end();
}

static void all_that_is_ready_comes_in_turn(void)
{
    enum { COUNT = 10 };
    int pairs[COUNT][2], seen[COUNT] = {0};
    begin();
    for (int i = 0; i < COUNT; i++) {
        struct epoll_event event = {EPOLLIN, {.u32 = (uint32_t)i}};
        CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pairs[i]) == 0);
        CHECK(epoll_ctl(epoll, EPOLL_CTL_ADD, pairs[i][0], &event) == 0 && write(pairs[i][1], "x", 1) == 1);
    }
    for (int round = 0; round < 4; round++) {
        struct epoll_event events[5];
        int count = epoll_wait(epoll, events, 5, 0);
        CHECK(count == 5);
        for (int i = 0; i < count; i++)
            seen[events[i].data.u32]++;
    }
    for (int i = 0; i < COUNT; i++) {
        CHECK(seen[i] == 2);
        close(pairs[i][0]);
        close(pairs[i][1]);
    }
    struct epoll_event none;
    CHECK(epoll_wait(epoll, &none, 1, 0) == 0);
    end();
}

static void a_closed_file_is_forgotten(void)
{
    begin();
    CHECK(add(ends[0], EPOLLIN) == 0 && write(ends[1], "x", 1) == 1);
    int copy = dup(ends[0]);
    close(ends[0]);
    struct epoll_event event;
    CHECK(epoll_wait(epoll, &event, 1, 0) == 1); /* the file is open still */
    close(copy);
    CHECK(epoll_wait(epoll, &event, 1, 0) == 0);
    ends[0] = open("/dev/null", O_RDONLY);
    end();
}

static void one_epoll_in_another(void)
{
    begin();
    int outer = epoll_create1(0);
    struct epoll_event event = {EPOLLIN, {.u32 = 7}};
    CHECK(add(ends[0], EPOLLIN) == 0);
    CHECK(epoll_ctl(outer, EPOLL_CTL_ADD, epoll, &event) == 0);
    CHECK(epoll_wait(outer, &event, 1, 0) == 0);
    CHECK(write(ends[1], "x", 1) == 1);
    CHECK(epoll_wait(outer, &event, 1, 0) == 1 && event.data.u32 == 7);
    struct pollfd entry = {outer, POLLIN, 0};
    CHECK(poll(&entry, 1, 0) == 1 && entry.revents == POLLIN);
    CHECK(epoll_ctl(epoll, EPOLL_CTL_ADD, outer, &event) == -1 && errno == ELOOP);
    CHECK(epoll_ctl(epoll, EPOLL_CTL_ADD, epoll, &event) == -1 && errno == EINVAL);
    close(outer);
    end();
}

static void wrong_calls_are_refused(void)
{
    struct epoll_event event = {EPOLLIN, {0}};
    begin();
    CHECK(add(ends[0], EPOLLIN | EPOLLEXCLUSIVE) == 0);
    CHECK(add(ends[0], EPOLLIN) == -1 && errno == EEXIST);
    CHECK(modify(ends[1], EPOLLOUT) == -1 && errno == ENOENT);
    CHECK(epoll_ctl(epoll, EPOLL_CTL_DEL, ends[1], &event) == -1 && errno == ENOENT);
    CHECK(epoll_ctl(epoll, 9, ends[1], &event) == -1 && errno == EINVAL);
    CHECK(epoll_ctl(epoll, EPOLL_CTL_ADD, 99, &event) == -1 && errno == EBADF);
    CHECK(epoll_ctl(ends[0], EPOLL_CTL_ADD, ends[1], &event) == -1 && errno == EINVAL);
    int file = open("/proc/self/exe", O_RDONLY);
    CHECK(epoll_ctl(epoll, EPOLL_CTL_ADD, file, &event) == -1 && errno == EPERM);
    close(file);
    CHECK(epoll_wait(epoll, &event, 0, 0) == -1 && errno == EINVAL);
    CHECK(write(ends[1], "x", 1) == 1);
    CHECK(epoll_wait(epoll, (struct epoll_event *)8, 1, 0) == -1 && errno == EFAULT);
    CHECK(epoll_wait(epoll, &event, 1, 0) == 1);
    end();
}

static void note_signal(int number)
{
    (void)number;
}

static void a_mask_for_the_time_of_the_wait(void)
{
    struct sigaction action = {.sa_handler = note_signal, .sa_flags = SA_RESTART};
    struct epoll_event event;
    sigset_t alarm_only, none;
    sigemptyset(&none);
    sigemptyset(&alarm_only);
    sigaddset(&alarm_only, SIGALRM);
    begin();
    sigaction(SIGALRM, &action, NULL);
    sigprocmask(SIG_BLOCK, &alarm_only, NULL);
    raise(SIGALRM);
    CHECK(epoll_pwait(epoll, &event, 1, 10, &alarm_only) == 0);
    CHECK(epoll_pwait(epoll, &event, 1, -1, &none) == -1 && errno == EINTR);
    sigprocmask(SIG_UNBLOCK, &alarm_only, NULL);
    end();
}

static void an_event_file_counts(void)
{
    uint64_t value = 0;
    int file = eventfd(3, EFD_NONBLOCK | EFD_CLOEXEC);
    CHECK(file >= 0);
    begin();
    CHECK(add(file, EPOLLIN | EPOLLOUT) == 0 && reported(file) == (EPOLLIN | EPOLLOUT));
    CHECK(eventfd_write(file, 4) == 0);
    CHECK(read(file, &value, 8) == 8 && value == 7);
    CHECK(read(file, &value, 8) == -1 && errno == EAGAIN && reported(file) == EPOLLOUT);
    CHECK(eventfd_write(file, UINT64_MAX - 1) == 0 && reported(file) == EPOLLIN);
    CHECK(eventfd_write(file, 1) == -1 && errno == EAGAIN);
    CHECK(write(file, &(uint64_t){UINT64_MAX}, 8) == -1 && errno == EINVAL);
    CHECK(write(file, &value, 7) == -1 && errno == EINVAL);
    close(file);
    file = eventfd(2, EFD_SEMAPHORE);
    CHECK(read(file, &value, 8) == 8 && value == 1 && read(file, &value, 8) == 8 && value == 1);
    pid_t pid = fork();
    if (pid == 0)
        _exit(eventfd_write(file, 1) == 0 ? 0 : 1);
    CHECK(read(file, &value, 8) == 8 && value == 1);
    CHECK(waitpid(pid, NULL, 0) == pid);
    close(file);
    end();
}

static void a_timer_file_is_readable_in_time(void)
{
    uint64_t times = 0;
    struct timespec before, after;
    struct itimerspec once = {{0, 0}, {0, 30000000}}, often = {{0, 5000000}, {0, 5000000}}, left;
    int file = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
    CHECK(file >= 0);
    begin();
    CHECK(add(file, EPOLLIN) == 0 && reported(file) == 0);
    clock_gettime(CLOCK_MONOTONIC, &before);
    CHECK(timerfd_settime(file, 0, &once, NULL) == 0);
    CHECK(timerfd_gettime(file, &left) == 0 && left.it_value.tv_nsec > 0 && left.it_value.tv_nsec <= 30000000);
    CHECK(read(file, &times, 8) == 8 && times == 1);
    clock_gettime(CLOCK_MONOTONIC, &after);
    CHECK((after.tv_sec - before.tv_sec) * 1000000000 + after.tv_nsec - before.tv_nsec >= 30000000);
    CHECK(timerfd_gettime(file, &left) == 0 && left.it_value.tv_nsec == 0);
    CHECK(timerfd_settime(file, 0, &often, NULL) == 0);
    usleep(40000);
    CHECK(reported(file) == EPOLLIN);
    CHECK(read(file, &times, 8) == 8 && times >= 7);
    once.it_value = after; /* long ago */
    CHECK(timerfd_settime(file, TFD_TIMER_ABSTIME, &once, &left) == 0 && left.it_interval.tv_nsec == 5000000);
    CHECK(read(file, &times, 8) == 8 && times == 1);
    CHECK(timerfd_settime(ends[0], 0, &once, NULL) == -1 && errno == EINVAL);
    CHECK(timerfd_create(77, 0) == -1 && errno == EINVAL);
    close(file);
    end();
}

int main(void)
{
    static const struct test tests[] = {
        TEST(level_is_reported_while_it_lasts),
        TEST(an_edge_is_reported_once),
        TEST(one_shot_waits_to_be_armed_again),
        TEST(waiting_ends_with_an_event_or_in_time),
        TEST(all_that_is_ready_comes_in_turn),
        TEST(a_closed_file_is_forgotten),
        TEST(one_epoll_in_another),
        TEST(wrong_calls_are_refused),
        TEST(a_mask_for_the_time_of_the_wait),
        TEST(an_event_file_counts),
        TEST(a_timer_file_is_readable_in_time),
    };
    return RUN_TESTS(tests);
}
