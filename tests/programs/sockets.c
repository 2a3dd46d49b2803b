/* Unix sockets: streams, datagrams, packets, names, files that are passed on. */

#define _GNU_SOURCE
#include "check.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>

#define PATH "/tmp/socket-test"

static struct sockaddr_un named(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strcpy(address.sun_path, path);
    return address;
}

#define ADDRESS(address) (struct sockaddr *)&(address), sizeof(address)

static int listening_at(const char *path, int type)
{
    struct sockaddr_un address = named(path);
    unlink(path);
    int listener = socket(AF_UNIX, type, 0);
    CHECK(listener >= 0);
    CHECK(bind(listener, ADDRESS(address)) == 0);
    CHECK(listen(listener, 5) == 0);
    return listener;
}

static short ready(int descriptor, short wanted)
{
    struct pollfd entry = {descriptor, wanted, 0};
    CHECK(poll(&entry, 1, 0) >= 0);
    return entry.revents;
}

static void pair_carries_bytes_both_ways(void)
{
    int ends[2];
    char bytes[10] = "";
    CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
    CHECK(fcntl(ends[0], F_GETFD) == FD_CLOEXEC);
    CHECK(write(ends[0], "hello", 5) == 5);
    CHECK(write(ends[0], " you", 4) == 4);
    CHECK(send(ends[1], "back", 4, 0) == 4);
    int waiting = 0;
    CHECK(ioctl(ends[1], FIONREAD, &waiting) == 0 && waiting == 9);
    CHECK(recv(ends[1], bytes, 3, MSG_PEEK) == 3 && !memcmp(bytes, "hel", 3));
    CHECK(read(ends[1], bytes, sizeof bytes) == 9 && !memcmp(bytes, "hello you", 9));
    CHECK(read(ends[0], bytes, 2) == 2 && !memcmp(bytes, "ba", 2));
    CHECK(recv(ends[0], bytes, 5, MSG_DONTWAIT) == 2 && !memcmp(bytes, "ck", 2));
    CHECK(recv(ends[0], bytes, 5, MSG_DONTWAIT) == -1 && errno == EAGAIN);
    struct stat status;
    CHECK(fstat(ends[0], &status) == 0 && S_ISSOCK(status.st_mode));
    CHECK(lseek(ends[0], 0, SEEK_SET) == -1 && errno == ESPIPE);
    close(ends[0]);
    close(ends[1]);
}

static void pieces_are_gathered_and_scattered(void)
{
    int ends[2];
    char one[3], other[5];
    CHECK(socketpair(AF_UNIX, SOCK_DGRAM, 0, ends) == 0);
    struct iovec out[3] = {{"ab", 2}, {"", 0}, {"cdefg", 5}}, in[2] = {{one, 3}, {other, 5}};
    CHECK(writev(ends[0], out, 3) == 7);
    CHECK(write(ends[0], "next", 4) == 4);
    CHECK(readv(ends[1], in, 2) == 7 && !memcmp(one, "abc", 3) && !memcmp(other, "defg", 4));
    CHECK(readv(ends[1], in, 2) == 4 && !memcmp(one, "nex", 3) && other[0] == 't');
    close(ends[0]);
    close(ends[1]);
}

static void a_closed_peer_is_the_end(void)
{
    int ends[2];
    char bytes[4];
    signal(SIGPIPE, SIG_IGN);
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
    CHECK(ready(ends[1], POLLIN | POLLOUT | POLLRDHUP) == POLLOUT);
    CHECK(write(ends[0], "x", 1) == 1);
    close(ends[0]);
    CHECK(ready(ends[1], POLLIN | POLLRDHUP) == (POLLIN | POLLHUP | POLLRDHUP));
    CHECK(read(ends[1], bytes, 4) == 1);
    CHECK(read(ends[1], bytes, 4) == 0);
    CHECK(write(ends[1], "x", 1) == -1 && errno == EPIPE);
    close(ends[1]);

    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
    CHECK(write(ends[0], "x", 1) == 1);
    close(ends[1]); /* with a byte that nobody has read */
    CHECK(read(ends[0], bytes, 4) == -1 && errno == ECONNRESET);
    CHECK(read(ends[0], bytes, 4) == 0);
    close(ends[0]);
    signal(SIGPIPE, SIG_DFL);
}

static void write_to_nobody(void)
{
    int ends[2];
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
    close(ends[1]);
    CHECK(send(ends[0], "x", 1, MSG_NOSIGNAL) == -1 && errno == EPIPE);
    CHECK(write(ends[0], "x", 1));
}

static void a_broken_pipe_is_a_signal_unless_unwanted(void)
{
    int status = status_of_child(write_to_nobody);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGPIPE);
}

static void shutting_down_one_direction(void)
{
    int ends[2];
    char bytes[4];
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
    CHECK(write(ends[0], "ab", 2) == 2);
    CHECK(shutdown(ends[0], SHUT_WR) == 0);
    CHECK(send(ends[0], "x", 1, MSG_NOSIGNAL) == -1 && errno == EPIPE);
    CHECK(ready(ends[1], POLLIN | POLLOUT | POLLRDHUP) == (POLLIN | POLLOUT | POLLRDHUP));
    CHECK(read(ends[1], bytes, 4) == 2);
    CHECK(read(ends[1], bytes, 4) == 0);
    CHECK(write(ends[1], "back", 4) == 4);
    CHECK(read(ends[0], bytes, 4) == 4);
    CHECK(shutdown(ends[0], 7) == -1 && errno == EINVAL);
    close(ends[0]);
    close(ends[1]);
}

/* More than fits: the writer waits for the reader, and nothing is lost or said twice. */
static void a_full_socket_makes_the_sender_wait(void)
{
    enum { TOTAL = 1000000 };
    static unsigned char bytes[TOTAL];
    int ends[2];
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
    pid_t pid = fork();
    if (pid == 0) {
        for (int i = 0; i < TOTAL; i++)
            bytes[i] = (unsigned char)(i * 7 + i / 256);
        close(ends[1]);
        _exit(write(ends[0], bytes, TOTAL) == TOTAL ? 0 : 1);
    }
    close(ends[0]);
    int got = recv(ends[1], bytes, TOTAL, MSG_WAITALL);
    CHECK(got == TOTAL);
    int wrong = 0;
    for (int i = 0; i < TOTAL; i++)
        wrong += bytes[i] != (unsigned char)(i * 7 + i / 256);
    CHECK(wrong == 0);
    int status = -1;
    CHECK(waitpid(pid, &status, 0) == pid && status == 0);
    CHECK(read(ends[1], bytes, 1) == 0);
    close(ends[1]);
}

static void a_socket_that_does_not_wait(void)
{
    static char bytes[300000];
    int ends[2], room = 0;
    CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) == 0);
    CHECK(fcntl(ends[0], F_GETFL) & O_NONBLOCK);
    CHECK(read(ends[0], bytes, 1) == -1 && errno == EAGAIN);
    int sent = 0;
    for (int part; (part = write(ends[0], bytes, sizeof bytes)) > 0;)
        sent += part;
    CHECK(errno == EAGAIN && sent > 10000);
    CHECK(ready(ends[0], POLLOUT) == 0);
    for (int part; (part = read(ends[1], bytes, sizeof bytes)) > 0;)
        room += part;
    CHECK(room == sent);
    CHECK(ready(ends[0], POLLOUT) == POLLOUT);
    int off = 0;
    CHECK(ioctl(ends[0], FIONBIO, &off) == 0 && !(fcntl(ends[0], F_GETFL) & O_NONBLOCK));
    close(ends[0]);
    close(ends[1]);
}

static void receiving_ends_after_its_time(void)
{
    int ends[2];
    char byte;
    struct timeval limit = {0, 30000}, said = {0, 0};
    socklen_t length = sizeof said;
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
    CHECK(setsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) == 0);
    CHECK(getsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &said, &length) == 0 && said.tv_usec >= 28000);
    CHECK(read(ends[0], &byte, 1) == -1 && errno == EAGAIN);
    close(ends[0]);
    close(ends[1]);
}

static void connection_by_path(int type)
{
    char bytes[8];
    struct sockaddr_un address = named(PATH), found;
    socklen_t length = sizeof found;
    int listener = listening_at(PATH, type);
    struct stat status;
    CHECK(stat(PATH, &status) == 0 && S_ISSOCK(status.st_mode));
    CHECK(open(PATH, O_RDONLY) == -1 && errno == ENXIO);
    CHECK(ready(listener, POLLIN) == 0);
    int client = socket(AF_UNIX, type, 0);
    CHECK(send(client, "x", 1, MSG_NOSIGNAL) == -1 && errno == ENOTCONN);
    CHECK(connect(client, ADDRESS(address)) == 0);
    CHECK(ready(listener, POLLIN) == POLLIN);
    CHECK(write(client, "early", 5) == 5);
    int server = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    CHECK(server >= 0);
    CHECK(read(server, bytes, 8) == 5 && !memcmp(bytes, "early", 5));
    CHECK(write(server, "late", 4) == 4 && read(client, bytes, 8) == 4);

    CHECK(getpeername(client, (struct sockaddr *)&found, &length) == 0 && !strcmp(found.sun_path, PATH));
    CHECK(length == offsetof(struct sockaddr_un, sun_path) + sizeof PATH);
    length = sizeof found;
    CHECK(getsockname(server, (struct sockaddr *)&found, &length) == 0 && !strcmp(found.sun_path, PATH));
    length = sizeof found;
    CHECK(getsockname(client, (struct sockaddr *)&found, &length) == 0 && length == sizeof(sa_family_t));
    struct ucred credentials;
    length = sizeof credentials;
    CHECK(getsockopt(server, SOL_SOCKET, SO_PEERCRED, &credentials, &length) == 0 && credentials.pid == getpid());
    CHECK(connect(client, ADDRESS(address)) == -1 && errno == EISCONN);

    close(server);
    CHECK(read(client, bytes, 8) == 0);
    close(client);
    close(listener);
    client = socket(AF_UNIX, type, 0);
    CHECK(connect(client, ADDRESS(address)) == -1 && errno == ECONNREFUSED);
    CHECK(bind(client, ADDRESS(address)) == -1 && errno == EADDRINUSE);
    CHECK(unlink(PATH) == 0);
    CHECK(connect(client, ADDRESS(address)) == -1 && errno == ENOENT);
    close(client);
}

static void streams_are_connected_by_path(void)
{
    connection_by_path(SOCK_STREAM);
}

static void packets_are_connected_by_path(void)
{
    connection_by_path(SOCK_SEQPACKET);
}

static void connecting_waits_for_room(void)
{
    struct sockaddr_un address = named(PATH);
    int listener = listening_at(PATH, SOCK_STREAM);
    CHECK(listen(listener, 0) == 0);
    pid_t pid = fork();
    if (pid == 0) {
        close(listener);
        for (int i = 0; i < 5; i++) {
            int client = socket(AF_UNIX, SOCK_STREAM, 0);
            if (connect(client, ADDRESS(address)) != 0 || write(client, "x", 1) != 1)
                _exit(1);
            close(client);
        }
        _exit(0);
    }
    for (int i = 0; i < 5; i++) {
        char byte = 0;
        int server = accept(listener, NULL, NULL);
        CHECK(server >= 0 && read(server, &byte, 1) == 1 && byte == 'x' && read(server, &byte, 1) == 0);
        close(server);
    }
    int status = -1;
    CHECK(waitpid(pid, &status, 0) == pid && status == 0);
    close(listener);
    unlink(PATH);
}

static void names_without_a_path(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "\0pecan-test"}, found;
    socklen_t length = offsetof(struct sockaddr_un, sun_path) + 11, found_length = sizeof found;
    int one = socket(AF_UNIX, SOCK_DGRAM, 0), other = socket(AF_UNIX, SOCK_DGRAM, 0);
    CHECK(bind(one, (struct sockaddr *)&address, length) == 0);
    CHECK(bind(other, (struct sockaddr *)&address, length) == -1 && errno == EADDRINUSE);
    CHECK(bind(other, (struct sockaddr *)&address, sizeof(sa_family_t)) == 0); /* any name */
    CHECK(getsockname(other, (struct sockaddr *)&found, &found_length) == 0);
    CHECK(found_length == offsetof(struct sockaddr_un, sun_path) + 6 && found.sun_path[0] == 0);
    CHECK(sendto(other, "hi", 2, 0, (struct sockaddr *)&address, length) == 2);
    char bytes[8];
    struct sockaddr_un from;
    socklen_t from_length = sizeof from;
    CHECK(recvfrom(one, bytes, 8, 0, (struct sockaddr *)&from, &from_length) == 2);
    CHECK(from_length == found_length && !memcmp(&from, &found, found_length));
    close(one);
    CHECK(sendto(other, "hi", 2, 0, (struct sockaddr *)&address, length) == -1 && errno == ECONNREFUSED);
    close(other);
}

static void datagrams_keep_their_bounds(void)
{
    int ends[2];
    char bytes[8];
    CHECK(socketpair(AF_UNIX, SOCK_DGRAM, 0, ends) == 0);
    CHECK(send(ends[0], "first", 5, 0) == 5 && send(ends[0], "", 0, 0) == 0 && send(ends[0], "third", 5, 0) == 5);
    int waiting = 0;
    CHECK(ioctl(ends[1], FIONREAD, &waiting) == 0 && waiting == 5);
    struct iovec piece = {bytes, 3};
    struct msghdr header = {.msg_iov = &piece, .msg_iovlen = 1};
    CHECK(recvmsg(ends[1], &header, MSG_PEEK) == 3 && (header.msg_flags & MSG_TRUNC));
    CHECK(recvmsg(ends[1], &header, MSG_TRUNC) == 5 && !memcmp(bytes, "fir", 3));
    CHECK(recv(ends[1], bytes, 8, 0) == 0);
    CHECK(recv(ends[1], bytes, 8, 0) == 5 && !memcmp(bytes, "third", 5));
    CHECK(recv(ends[1], bytes, 8, MSG_DONTWAIT) == -1 && errno == EAGAIN);
    close(ends[1]);
    CHECK(send(ends[0], "x", 1, 0) == -1 && errno == ECONNREFUSED);
    close(ends[0]);
}

static void several_messages_in_one_call(void)
{
    int ends[2];
    char bytes[3][4];
    CHECK(socketpair(AF_UNIX, SOCK_DGRAM, 0, ends) == 0);
    struct iovec out[2] = {{"one", 3}, {"two!", 4}}, in[3] = {{bytes[0], 4}, {bytes[1], 4}, {bytes[2], 4}};
    struct mmsghdr sent[2] = {{.msg_hdr = {.msg_iov = &out[0], .msg_iovlen = 1}},
                              {.msg_hdr = {.msg_iov = &out[1], .msg_iovlen = 1}}};
    struct mmsghdr got[3] = {{.msg_hdr = {.msg_iov = &in[0], .msg_iovlen = 1}},
                             {.msg_hdr = {.msg_iov = &in[1], .msg_iovlen = 1}},
                             {.msg_hdr = {.msg_iov = &in[2], .msg_iovlen = 1}}};
    CHECK(sendmmsg(ends[0], sent, 2, 0) == 2 && sent[0].msg_len == 3 && sent[1].msg_len == 4);
    CHECK(recvmmsg(ends[1], got, 3, MSG_WAITFORONE, NULL) == 2);
    CHECK(got[0].msg_len == 3 && got[1].msg_len == 4 && !memcmp(bytes[1], "two!", 4));
    close(ends[0]);
    close(ends[1]);
}

/* Sends a byte with descriptors; what send gave. */
static int send_files(int to, const int *files, unsigned count)
{
    union {
        struct cmsghdr head;
        char bytes[CMSG_SPACE(8 * sizeof(int))];
    } control = {
        .head = {.cmsg_len = CMSG_LEN(count * sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS}};
    memcpy(CMSG_DATA(&control.head), files, count * sizeof(int));
    struct iovec piece = {"f", 1};
    struct msghdr header = {
        .msg_iov = &piece, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = CMSG_SPACE(count * sizeof(int))};
    return sendmsg(to, &header, 0);
}

/* Receives with room for `room` descriptors; how many came, or -1. */
static int receive_files(int from, int *files, unsigned room, int flags, int *said)
{
    union {
        struct cmsghdr head;
        char bytes[CMSG_SPACE(8 * sizeof(int))];
    } control;
    char byte[4];
    struct iovec piece = {byte, 4};
    struct msghdr header = {.msg_iov = &piece,
                            .msg_iovlen = 1,
                            .msg_control = &control,
                            .msg_controllen = room ? CMSG_LEN(room * sizeof(int)) : 0};
    if (recvmsg(from, &header, flags) != 1)
        return -1;
    *said = header.msg_flags;
    if (!CMSG_FIRSTHDR(&header))
        return 0;
    int count = (int)((control.head.cmsg_len - CMSG_LEN(0)) / sizeof(int));
    memcpy(files, CMSG_DATA(&control.head), count * sizeof(int));
    return count;
}

static void files_are_passed_on(void)
{
    int ends[2], pipe_ends[2], got[8], said;
    char byte;
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0 && pipe(pipe_ends) == 0);
    CHECK(write(ends[0], "abc", 3) == 3);
    CHECK(send_files(ends[0], pipe_ends, 2) == 1);
    CHECK(write(ends[0], "d", 1) == 1);
    char bytes[8];
    CHECK(read(ends[1], bytes, 2) == 2);
    CHECK(read(ends[1], bytes, 8) >= 1); /* what is before the files, or with them */
    CHECK(write(ends[0], "e", 1) == 1);
    while (recv(ends[1], bytes, 8, MSG_DONTWAIT) > 0)
        ;
    CHECK(send_files(ends[0], pipe_ends, 2) == 1);
    CHECK(receive_files(ends[1], got, 8, MSG_CMSG_CLOEXEC, &said) == 2 && !(said & MSG_CTRUNC));
    CHECK(fcntl(got[0], F_GETFD) == FD_CLOEXEC);
    close(pipe_ends[0]);
    close(pipe_ends[1]);
    CHECK(write(got[1], "p", 1) == 1 && read(got[0], &byte, 1) == 1 && byte == 'p');

    CHECK(send_files(ends[0], got, 2) == 1);
    int few[8];
    CHECK(receive_files(ends[1], few, 1, 0, &said) == 1 && (said & MSG_CTRUNC));
    close(few[0]);
    CHECK(send_files(ends[0], (int[]){got[0], 400}, 2) == -1 && errno == EBADF);
    CHECK(send_files(ends[0], got, 2) == 1); /* and nobody takes them */
    close(got[0]);
    close(ends[0]);
    close(ends[1]);
    signal(SIGPIPE, SIG_IGN);
    CHECK(write(got[1], "p", 1) == -1 && errno == EPIPE);
    signal(SIGPIPE, SIG_DFL);
    close(got[1]);
}

/* Sockets that are only in each other's queues, and a chain of them: all end when the last descriptor does. */
static void files_in_a_circle_are_found(void)
{
    int ends[2], pipe_ends[2], chain[2], inner[2];
    char byte;
    CHECK(pipe(pipe_ends) == 0 && socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
    CHECK(send_files(ends[0], (int[]){ends[0], ends[1], pipe_ends[1]}, 3) == 1);
    CHECK(send_files(ends[1], (int[]){ends[0], pipe_ends[1]}, 2) == 1);
    close(ends[0]);
    close(ends[1]);
    close(pipe_ends[1]);
    CHECK(fcntl(pipe_ends[0], F_SETFL, O_NONBLOCK) == 0);
    /* Linux does this a moment later */
    ssize_t got = -1;
    for (int i = 0; i < 200 && got != 0; i++) {
        got = read(pipe_ends[0], &byte, 1);
        if (got != 0)
            usleep(10000);
        /* A socket that is closed is when they are looked for. */
        CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, chain) == 0);
        close(chain[0]);
        close(chain[1]);
    }
    CHECK(got == 0);
    close(pipe_ends[0]);

    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, chain) == 0);
    for (int i = 0; i < 200; i++) {
        CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, inner) == 0);
        if (send_files(inner[0], chain, 2) != 1)
            break; /* Linux has a limit */
        close(chain[0]);
        close(chain[1]);
        chain[0] = inner[0];
        chain[1] = inner[1];
    }
    close(chain[0]);
    close(chain[1]);
}

static void options_and_wrong_calls(void)
{
    int ends[2], number = -1;
    socklen_t length = sizeof number;
    CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) == 0);
    CHECK(getsockopt(ends[0], SOL_SOCKET, SO_TYPE, &number, &length) == 0 && number == SOCK_SEQPACKET && length == 4);
    CHECK(getsockopt(ends[0], SOL_SOCKET, SO_DOMAIN, &number, &length) == 0 && number == AF_UNIX);
    CHECK(getsockopt(ends[0], SOL_SOCKET, SO_ERROR, &number, &length) == 0 && number == 0);
    CHECK(getsockopt(ends[0], SOL_SOCKET, SO_ACCEPTCONN, &number, &length) == 0 && number == 0);
    number = 1;
    CHECK(setsockopt(ends[0], SOL_SOCKET, SO_REUSEADDR, &number, sizeof number) == 0);
    number = 0;
    CHECK(getsockopt(ends[0], SOL_SOCKET, SO_REUSEADDR, &number, &length) == 0 && number == 1);
    CHECK(setsockopt(ends[0], SOL_SOCKET, 9999, &number, sizeof number) == -1 && errno == ENOPROTOOPT);
    CHECK(setsockopt(ends[0], SOL_SOCKET, SO_REUSEADDR, &number, 1) == -1 && errno == EINVAL);
    CHECK(accept(ends[0], NULL, NULL) == -1 && errno == EINVAL);
    CHECK(send(1, "x", 1, 0) == -1 && errno == ENOTSOCK);
    CHECK(send(77, "x", 1, 0) == -1 && errno == EBADF);
    CHECK(send(ends[0], (char *)8, 1, 0) == -1 && errno == EFAULT);
    CHECK(send(ends[0], "x", 1, 0) == 1 && recv(ends[1], (char *)8, 1, 0) == -1 && errno == EFAULT);
    CHECK(socket(AF_UNIX, 99, 0) == -1 && errno == EINVAL);
    CHECK(socket(AF_UNIX, 4, 0) == -1 && errno == ESOCKTNOSUPPORT);
    CHECK(socket(200, SOCK_STREAM, 0) == -1 && errno == EAFNOSUPPORT);
    int datagram = socket(AF_UNIX, SOCK_DGRAM, 0);
    CHECK(listen(datagram, 1) == -1 && errno == EOPNOTSUPP);
    CHECK(send(datagram, "x", 1, 0) == -1 && errno == ENOTCONN);
    close(datagram);
    close(ends[0]);
    close(ends[1]);
}

static void credentials_come_when_wanted(void)
{
    int ends[2], on = 1;
    union {
        struct cmsghdr head;
        char bytes[CMSG_SPACE(sizeof(struct ucred))];
    } control;
    char byte;
    struct iovec piece = {&byte, 1};
    struct msghdr header = {
        .msg_iov = &piece, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    struct ucred sender;
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
    CHECK(setsockopt(ends[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof on) == 0);
    CHECK(write(ends[0], "x", 1) == 1 && recvmsg(ends[1], &header, 0) == 1);
    CHECK(CMSG_FIRSTHDR(&header) && control.head.cmsg_type == SCM_CREDENTIALS);
    memcpy(&sender, CMSG_DATA(&control.head), sizeof sender);
    CHECK(sender.pid == getpid());
    close(ends[0]);
    close(ends[1]);
}

static void note_signal(int number)
{
    (void)number;
}

static void waiting_is_ended_by_a_signal(void)
{
    int ends[2];
    char byte;
    struct sigaction action = {.sa_handler = note_signal};
    /* Again and again: one alone could come before it is waited for. */
    struct itimerval often = {{0, 30000}, {0, 30000}}, never = {{0, 0}, {0, 0}};
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
    CHECK(sigaction(SIGALRM, &action, NULL) == 0 && setitimer(ITIMER_REAL, &often, NULL) == 0);
    CHECK(read(ends[0], &byte, 1) == -1 && errno == EINTR);
    CHECK(setitimer(ITIMER_REAL, &never, NULL) == 0);
    close(ends[0]);
    close(ends[1]);
}

int main(void)
{
    static const struct test tests[] = {
        TEST(pair_carries_bytes_both_ways),  TEST(pieces_are_gathered_and_scattered),
        TEST(a_closed_peer_is_the_end),      TEST(a_broken_pipe_is_a_signal_unless_unwanted),
        TEST(shutting_down_one_direction),   TEST(a_full_socket_makes_the_sender_wait),
        TEST(a_socket_that_does_not_wait),   TEST(receiving_ends_after_its_time),
        TEST(streams_are_connected_by_path), TEST(packets_are_connected_by_path),
        TEST(connecting_waits_for_room),     TEST(names_without_a_path),
        TEST(datagrams_keep_their_bounds),   TEST(several_messages_in_one_call),
        TEST(files_are_passed_on),           TEST(files_in_a_circle_are_found),
        TEST(options_and_wrong_calls),       TEST(credentials_come_when_wanted),
        TEST(waiting_is_ended_by_a_signal),
    };
    return RUN_TESTS(tests);
}
