/*
 * TCP, UDP and raw IPv4 of this machine with itself (127.0.0.1).
 *
 * With the argument `restart` what only the host test shows quickly or at all: what is left of sockets when the network server was
 * restarted. A datagram to port 9 restarts the server of the host test; there is no such thing on Linux.
 */

#define _GNU_SOURCE
#include "check.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>

#define ADDRESS(address) (struct sockaddr *)&(address), sizeof(address)

static struct sockaddr_in local(unsigned port)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static struct sockaddr_in own_name(int socket)
{
    struct sockaddr_in name = {0};
    socklen_t length = sizeof name;
    CHECK(getsockname(socket, (struct sockaddr *)&name, &length) == 0 && length == sizeof name);
    return name;
}

static int listening(struct sockaddr_in *at)
{
    struct sockaddr_in address = local(0);
    int on = 1, listener = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(listener >= 0);
    CHECK(setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0);
    CHECK(bind(listener, ADDRESS(address)) == 0);
    CHECK(listen(listener, 5) == 0);
    *at = own_name(listener);
    CHECK(at->sin_port != 0 && at->sin_addr.s_addr == htonl(INADDR_LOOPBACK));
    return listener;
}

/* Two ends of a connection. */
static void connected(int ends[2])
{
    struct sockaddr_in at;
    int listener = listening(&at);
    ends[0] = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(connect(ends[0], ADDRESS(at)) == 0);
    ends[1] = accept(listener, NULL, NULL);
    CHECK(ends[1] >= 0);
    close(listener);
}

static short ready(int descriptor, short wanted, int milliseconds)
{
    struct pollfd entry = {descriptor, wanted, 0};
    CHECK(poll(&entry, 1, milliseconds) >= 0);
    return entry.revents;
}

enum { SECONDS_10 = 10000 };

static void a_connection_has_two_names(void)
{
    struct sockaddr_in at, peer = {0};
    socklen_t length = sizeof peer;
    int listener = listening(&at);
    int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP);
    CHECK(connect(client, ADDRESS(at)) == 0);
    CHECK(ready(listener, POLLIN, SECONDS_10) == POLLIN);
    int server = accept(listener, (struct sockaddr *)&peer, &length);
    CHECK(server >= 0 && length == sizeof peer);
    struct sockaddr_in own = own_name(client);
    CHECK(peer.sin_port == own.sin_port && peer.sin_addr.s_addr == own.sin_addr.s_addr);
    CHECK(own_name(server).sin_port == at.sin_port);
    CHECK(getpeername(client, (struct sockaddr *)&peer, &length) == 0 && peer.sin_port == at.sin_port);
    CHECK(connect(client, ADDRESS(at)) == -1 && errno == EISCONN);

    char bytes[16];
    CHECK(send(client, "hello", 5, 0) == 5);
    CHECK(recv(server, bytes, 2, MSG_PEEK) >= 1 && bytes[0] == 'h');
    CHECK(recv(server, bytes, 5, MSG_WAITALL) == 5 && !memcmp(bytes, "hello", 5));
    CHECK(recv(server, bytes, 5, MSG_DONTWAIT) == -1 && errno == EAGAIN);
    CHECK(write(server, "ok", 2) == 2 && recv(client, bytes, 2, MSG_WAITALL) == 2);
    close(server);
    CHECK(read(client, bytes, 1) == 0);
    close(client);
    close(listener);
}

static unsigned char pattern(unsigned at, unsigned salt)
{
    return (unsigned char)(at * 31 + at / 251 + salt);
}

/* Writes and reads in pieces of all sizes; how many bytes were wrong. */
static int talk(int socket, unsigned total, unsigned salt_out, unsigned salt_in, bool writes)
{
    static unsigned char buffer[70000];
    unsigned at = 0, piece = 1, wrong = 0;
    while (at < total) {
        piece = piece * 7 % 65537;
        unsigned bytes = piece < total - at ? piece : total - at;
        for (unsigned i = 0; i < bytes && writes; i++)
            buffer[i] = pattern(at + i, salt_out);
        ssize_t done = writes ? write(socket, buffer, bytes) : read(socket, buffer, bytes);
        if (done <= 0)
            return -1;
        for (unsigned i = 0; i < (unsigned)done && !writes; i++)
            wrong += buffer[i] != pattern(at + i, salt_in);
        at += (unsigned)done;
    }
    return (int)wrong;
}

static void much_goes_both_ways_at_once(void)
{
    enum { TOTAL = 1500000 };
    int ends[2], status;
    connected(ends);
    pid_t pids[3];
    for (int i = 0; i < 3; i++) {
        pids[i] = fork();
        if (pids[i] == 0) {
            int wrong = talk(ends[i == 2], TOTAL, i == 2, i != 2, i != 1);
            _exit(wrong == 0 ? 0 : 1);
        }
    }
    CHECK(talk(ends[1], TOTAL, 0, 0, false) == 0);
    for (int i = 0; i < 3; i++)
        CHECK(waitpid(pids[i], &status, 0) == pids[i] && status == 0);
    close(ends[0]);
    char byte;
    CHECK(read(ends[1], &byte, 1) == 0);
    close(ends[1]);
}

static void one_direction_is_shut(void)
{
    int ends[2];
    char bytes[8];
    connected(ends);
    CHECK(write(ends[0], "last", 4) == 4);
    CHECK(shutdown(ends[0], SHUT_WR) == 0);
    CHECK(send(ends[0], "x", 1, MSG_NOSIGNAL) == -1 && errno == EPIPE);
    CHECK(recv(ends[1], bytes, 8, MSG_WAITALL) == 4);
    CHECK(read(ends[1], bytes, 8) == 0);
    CHECK(ready(ends[1], POLLIN | POLLRDHUP | POLLOUT, 0) == (POLLIN | POLLRDHUP | POLLOUT));
    CHECK(write(ends[1], "more", 4) == 4);
    CHECK(recv(ends[0], bytes, 4, MSG_WAITALL) == 4);
    close(ends[1]);
    CHECK(read(ends[0], bytes, 1) == 0);
    CHECK(ready(ends[0], POLLIN, 0) == (POLLIN | POLLHUP));
    close(ends[0]);
}

static void unread_bytes_reset_the_peer(void)
{
    int ends[2];
    char bytes[8];
    connected(ends);
    CHECK(write(ends[0], "unread", 6) == 6);
    CHECK(ready(ends[1], POLLIN, SECONDS_10) == POLLIN);
    close(ends[1]);
    CHECK(ready(ends[0], POLLIN, SECONDS_10) & POLLERR);
    CHECK(read(ends[0], bytes, 8) == -1 && errno == ECONNRESET);
    CHECK(read(ends[0], bytes, 8) == 0);
    CHECK(send(ends[0], "x", 1, MSG_NOSIGNAL) == -1 && errno == EPIPE);
    close(ends[0]);
}

static void linger_of_no_time_resets(void)
{
    int ends[2];
    char byte;
    struct linger at_once = {1, 0};
    connected(ends);
    CHECK(setsockopt(ends[0], SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once) == 0);
    close(ends[0]);
    CHECK(read(ends[1], &byte, 1) == -1 && errno == ECONNRESET);
    close(ends[1]);
}

static void nobody_listens(void)
{
    struct sockaddr_in at;
    int error = 0, gone = listening(&at);
    socklen_t length = sizeof error;
    close(gone);
    int client = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(connect(client, ADDRESS(at)) == -1 && errno == ECONNREFUSED);
    close(client);
    client = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    CHECK(connect(client, ADDRESS(at)) == -1 && (errno == EINPROGRESS || errno == ECONNREFUSED));
    if (errno == EINPROGRESS) {
        CHECK(ready(client, POLLOUT, SECONDS_10) & POLLERR);
        CHECK(getsockopt(client, SOL_SOCKET, SO_ERROR, &error, &length) == 0 && error == ECONNREFUSED);
        CHECK(getsockopt(client, SOL_SOCKET, SO_ERROR, &error, &length) == 0 && error == 0);
    }
    close(client);
    client = socket(AF_INET, SOCK_STREAM, 0);
    char byte;
    CHECK(read(client, &byte, 1) == -1 && errno == ENOTCONN);
    CHECK(send(client, "x", 1, MSG_NOSIGNAL) == -1 && errno == EPIPE);
    CHECK(getpeername(client, (struct sockaddr *)&at, &length) == -1 && errno == ENOTCONN);
    CHECK(shutdown(client, SHUT_RDWR) == -1 && errno == ENOTCONN);
    CHECK(accept(client, NULL, NULL) == -1 && errno == EINVAL);
    close(client);
}

static void connecting_without_waiting(void)
{
    struct sockaddr_in at;
    int error = -1, listener = listening(&at);
    socklen_t length = sizeof error;
    int client = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    int result = connect(client, ADDRESS(at));
    CHECK(result == 0 || errno == EINPROGRESS);
    CHECK(ready(client, POLLOUT, SECONDS_10) == POLLOUT);
    CHECK(getsockopt(client, SOL_SOCKET, SO_ERROR, &error, &length) == 0 && error == 0);
    CHECK(fcntl(listener, F_SETFL, O_NONBLOCK) == 0);
    int server = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
    CHECK(server >= 0);
    CHECK(accept(listener, NULL, NULL) == -1 && errno == EAGAIN);
    char byte;
    CHECK(read(server, &byte, 1) == -1 && errno == EAGAIN);
    close(client);
    close(server);
    close(listener);
}

/* A port is taken by one; who listens without binding gets one. */
static void ports_are_not_shared(void)
{
    struct sockaddr_in at;
    int listener = listening(&at), other = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(bind(other, ADDRESS(at)) == -1 && errno == EADDRINUSE);
    CHECK(bind(other, (struct sockaddr *)&at, 8) == -1 && errno == EINVAL);
    struct sockaddr_in foreign = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0xc0000201)};
    CHECK(bind(other, ADDRESS(foreign)) == -1 && errno == EADDRNOTAVAIL);
    CHECK(listen(other, 1) == 0 && own_name(other).sin_port != 0);
    CHECK(bind(other, ADDRESS(at)) == -1 && errno == EINVAL);
    close(listener);
    close(other);
}

static void connections_in_a_row(int count)
{
    struct sockaddr_in at;
    int listener = listening(&at);
    for (int i = 0; i < count; i++) {
        char byte = 0;
        int client = socket(AF_INET, SOCK_STREAM, 0);
        CHECK(client >= 0 && connect(client, ADDRESS(at)) == 0);
        int server = accept(listener, NULL, NULL);
        CHECK(server >= 0 && write(client, &(char){(char)i}, 1) == 1);
        CHECK(read(server, &byte, 1) == 1 && byte == (char)i);
        close(i % 2 ? client : server);
        close(i % 2 ? server : client);
    }
    close(listener);
}

static void a_few_connections_in_a_row(void)
{
    connections_in_a_row(20);
}

/* The server has 256 sockets. */
static void more_connections_than_sockets(void)
{
    connections_in_a_row(300);
}

static void several_wait_to_be_accepted(void)
{
    enum { CLIENTS = 4 };
    struct sockaddr_in at;
    int clients[CLIENTS], listener = listening(&at);
    for (int i = 0; i < CLIENTS; i++) {
        clients[i] = socket(AF_INET, SOCK_STREAM, 0);
        CHECK(connect(clients[i], ADDRESS(at)) == 0 && write(clients[i], "x", 1) == 1);
    }
    for (int i = 0; i < CLIENTS; i++) {
        char byte = 0;
        int server = accept(listener, NULL, NULL);
        CHECK(server >= 0 && read(server, &byte, 1) == 1 && byte == 'x');
        close(server);
        close(clients[i]);
    }
    int waiting = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(connect(waiting, ADDRESS(at)) == 0);
    CHECK(ready(listener, POLLIN, SECONDS_10) == POLLIN);
    close(listener); /* without accepting: the peer learns it */
    char byte;
    CHECK(read(waiting, &byte, 1) <= 0);
    close(waiting);
}

static void epoll_sees_edges(void)
{
    int ends[2];
    struct epoll_event event = {EPOLLIN | EPOLLOUT | EPOLLET | EPOLLRDHUP, {0}};
    char bytes[8];
    connected(ends);
    int epoll = epoll_create1(0);
    CHECK(epoll_ctl(epoll, EPOLL_CTL_ADD, ends[0], &event) == 0);
    CHECK(epoll_wait(epoll, &event, 1, SECONDS_10) == 1 && event.events == EPOLLOUT);
    CHECK(epoll_wait(epoll, &event, 1, 0) == 0);
    CHECK(write(ends[1], "x", 1) == 1);
    CHECK(epoll_wait(epoll, &event, 1, SECONDS_10) == 1 && (event.events & EPOLLIN));
    CHECK(read(ends[0], bytes, 8) == 1);
    close(ends[1]);
    do
        CHECK(epoll_wait(epoll, &event, 1, SECONDS_10) == 1);
    while (!(event.events & EPOLLRDHUP));
    CHECK(read(ends[0], bytes, 8) == 0);
    close(epoll);
    close(ends[0]);
}

static void a_full_connection_does_not_wait(void)
{
    static char bytes[200000];
    int ends[2];
    long sent = 0, got = 0;
    connected(ends);
    CHECK(fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0 && fcntl(ends[1], F_SETFL, O_NONBLOCK) == 0);
    for (;;) {
        ssize_t part = write(ends[0], bytes, sizeof bytes);
        if (part > 0)
            sent += part;
        else if (errno != EAGAIN || !(ready(ends[0], POLLOUT, 200) & POLLOUT))
            break;
    }
    CHECK(errno == EAGAIN && sent > 10000);
    while (got < sent) {
        ssize_t part = read(ends[1], bytes, sizeof bytes);
        if (part > 0)
            got += part;
        else if (part == 0 || errno != EAGAIN || !(ready(ends[1], POLLIN, SECONDS_10) & POLLIN))
            break;
    }
    CHECK(got == sent);
    CHECK(ready(ends[0], POLLOUT, SECONDS_10) == POLLOUT);
    close(ends[0]);
    close(ends[1]);
}

static void datagrams_have_senders(void)
{
    struct sockaddr_in any = local(0), one_name, other_name, from;
    socklen_t length = sizeof from;
    char bytes[32];
    int one = socket(AF_INET, SOCK_DGRAM, 0), other = socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP);
    CHECK(bind(one, ADDRESS(any)) == 0 && bind(other, ADDRESS(any)) == 0);
    one_name = own_name(one);
    other_name = own_name(other);
    CHECK(send(one, "x", 1, 0) == -1 && errno == EDESTADDRREQ);
    CHECK(sendto(one, "first", 5, 0, ADDRESS(other_name)) == 5);
    CHECK(sendto(one, "", 0, 0, ADDRESS(other_name)) == 0);
    CHECK(sendto(one, "the third one", 13, 0, ADDRESS(other_name)) == 13);
    CHECK(recvfrom(other, bytes, 32, 0, (struct sockaddr *)&from, &length) == 5 && !memcmp(bytes, "first", 5));
    CHECK(length == sizeof from && from.sin_port == one_name.sin_port && from.sin_addr.s_addr == any.sin_addr.s_addr);
    CHECK(recv(other, bytes, 32, 0) == 0);
    CHECK(recv(other, bytes, 3, MSG_TRUNC | MSG_PEEK) == 13);
    int waiting = 0;
    CHECK(ioctl(other, FIONREAD, &waiting) == 0 && waiting == 13);
    CHECK(recv(other, bytes, 3, 0) == 3 && recv(other, bytes, 3, MSG_DONTWAIT) == -1 && errno == EAGAIN);

    CHECK(connect(other, ADDRESS(one_name)) == 0);
    CHECK(write(other, "reply", 5) == 5 && read(one, bytes, 32) == 5);
    struct iovec pieces[2] = {{"in ", 3}, {"pieces", 6}};
    CHECK(writev(other, pieces, 2) == 9 && read(one, bytes, 32) == 9);
    CHECK(getpeername(other, (struct sockaddr *)&from, &length) == 0 && from.sin_port == one_name.sin_port);
    CHECK(ready(one, POLLIN | POLLOUT, 0) == POLLOUT);
    close(one);
    close(other);
}

static void a_large_datagram_is_whole(void)
{
    static unsigned char out[60000], in[60001];
    struct sockaddr_in name = local(0);
    int one = socket(AF_INET, SOCK_DGRAM, 0), other = socket(AF_INET, SOCK_DGRAM, 0);
    CHECK(bind(one, ADDRESS(name)) == 0);
    name = own_name(one);
    for (unsigned i = 0; i < sizeof out; i++)
        out[i] = pattern(i, 3);
    CHECK(sendto(other, out, sizeof out, 0, ADDRESS(name)) == sizeof out);
    CHECK(recv(one, in, sizeof in, 0) == sizeof out && !memcmp(in, out, sizeof out));
    CHECK(sendto(other, out, 70000, 0, ADDRESS(name)) == -1 && (errno == EMSGSIZE || errno == EFAULT));
    close(one);
    close(other);
}

static void options_are_kept(void)
{
    int ends[2], number = 1;
    socklen_t length = sizeof number;
    connected(ends);
    CHECK(setsockopt(ends[0], IPPROTO_TCP, TCP_NODELAY, &number, sizeof number) == 0);
    CHECK(setsockopt(ends[0], SOL_SOCKET, SO_KEEPALIVE, &number, sizeof number) == 0);
    number = 30;
    CHECK(setsockopt(ends[0], IPPROTO_TCP, TCP_KEEPIDLE, &number, sizeof number) == 0);
    number = 9;
    CHECK(setsockopt(ends[0], IPPROTO_IP, IP_TTL, &number, sizeof number) == 0);
    number = 0;
    CHECK(getsockopt(ends[0], IPPROTO_TCP, TCP_NODELAY, &number, &length) == 0 && number == 1);
    CHECK(getsockopt(ends[0], SOL_SOCKET, SO_KEEPALIVE, &number, &length) == 0 && number == 1);
    CHECK(getsockopt(ends[0], IPPROTO_TCP, TCP_KEEPIDLE, &number, &length) == 0 && number == 30);
    CHECK(getsockopt(ends[0], IPPROTO_IP, IP_TTL, &number, &length) == 0 && number == 9);
    CHECK(getsockopt(ends[1], IPPROTO_IP, IP_TTL, &number, &length) == 0 && number == 64);
    CHECK(getsockopt(ends[1], SOL_SOCKET, SO_PROTOCOL, &number, &length) == 0 && number == IPPROTO_TCP);
    number = 300;
    CHECK(setsockopt(ends[0], IPPROTO_IP, IP_TTL, &number, sizeof number) == -1 && errno == EINVAL);
    CHECK(setsockopt(ends[0], IPPROTO_TCP, 9999, &number, sizeof number) == -1 && errno == ENOPROTOOPT);
    CHECK(socket(AF_INET, SOCK_STREAM, IPPROTO_UDP) == -1 && errno == EPROTONOSUPPORT);
    CHECK(socketpair(AF_INET, SOCK_STREAM, 0, (int[2]){0}) == -1 && errno == EOPNOTSUPP);
    close(ends[0]);
    close(ends[1]);
}

static void note_signal(int number)
{
    (void)number;
}

static void waiting_ends_in_time_or_by_a_signal(void)
{
    int ends[2];
    char byte;
    struct sigaction action = {.sa_handler = note_signal};
    /* Again and again: one alone could come before it is waited for. */
    struct itimerval often = {{0, 30000}, {0, 30000}}, never = {{0, 0}, {0, 0}};
    struct timeval limit = {0, 30000};
    struct sockaddr_in at;
    connected(ends);
    int listener = listening(&at);
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &often, NULL);
    CHECK(read(ends[0], &byte, 1) == -1 && errno == EINTR);
    CHECK(accept(listener, NULL, NULL) == -1 && errno == EINTR);
    setitimer(ITIMER_REAL, &never, NULL);
    CHECK(setsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) == 0);
    CHECK(read(ends[0], &byte, 1) == -1 && errno == EAGAIN);
    close(listener);
    close(ends[0]);
    close(ends[1]);
}

static void an_echo_comes_back(void)
{
    unsigned char request[16] = {8, 0, 0, 0, 0x12, 0x34, 0, 1, 'p', 'i', 'n', 'g'}, answer[64];
    struct sockaddr_in at = local(0);
    int raw = socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
    if (raw < 0 && errno == EPERM)
        return; /* on Linux, for root only */
    unsigned sum = 0;
    for (int i = 0; i < 16; i += 2)
        sum += (unsigned)request[i] << 8 | request[i + 1];
    sum = ~((sum & 0xffff) + (sum >> 16)) & 0xffff;
    request[2] = (unsigned char)(sum >> 8);
    request[3] = (unsigned char)sum;
    CHECK(sendto(raw, request, 16, 0, ADDRESS(at)) == 16);
    ssize_t got;
    do
        got = recv(raw, answer, sizeof answer, 0);
    while (got > 20 && answer[20] == 8); /* the request itself comes by too */
    CHECK(got == 36 && answer[0] >> 4 == 4 && answer[9] == IPPROTO_ICMP && answer[20] == 0);
    CHECK(!memcmp(answer + 24, request + 4, 12));
    close(raw);
}

static void the_loopback_is_an_interface(void)
{
    struct ifreq requests[8], request = {0};
    struct ifconf list = {.ifc_len = sizeof requests, .ifc_req = requests};
    int any = socket(AF_INET, SOCK_DGRAM, 0);
    CHECK(ioctl(any, SIOCGIFCONF, &list) == 0 && list.ifc_len >= (int)sizeof request);
    CHECK(!strcmp(requests[0].ifr_name, "lo"));
    CHECK(((struct sockaddr_in *)&requests[0].ifr_addr)->sin_addr.s_addr == htonl(INADDR_LOOPBACK));
    strcpy(request.ifr_name, "lo");
    CHECK(ioctl(any, SIOCGIFFLAGS, &request) == 0);
    CHECK((request.ifr_flags & (IFF_UP | IFF_LOOPBACK)) == (IFF_UP | IFF_LOOPBACK));
    CHECK(ioctl(any, SIOCGIFNETMASK, &request) == 0);
    CHECK(((struct sockaddr_in *)&request.ifr_netmask)->sin_addr.s_addr == htonl(0xff000000));
    CHECK(if_nametoindex("lo") == 1);
    strcpy(request.ifr_name, "none0");
    CHECK(ioctl(any, SIOCGIFFLAGS, &request) == -1 && errno == ENODEV);
    close(any);
}

/* What a restart of the server leaves */

/* Has happened when it returns. */
static void restart_server(void)
{
    struct sockaddr_in at = local(9);
    int ends[2], any = socket(AF_INET, SOCK_DGRAM, 0);
    char byte;
    connected(ends);
    CHECK(sendto(any, "restart", 7, 0, ADDRESS(at)) == 7);
    CHECK(read(ends[0], &byte, 1) == -1 && errno == ECONNRESET);
    close(any);
    close(ends[0]);
    close(ends[1]);
}

static void restart_resets_connections(void)
{
    int ends[2];
    char byte;
    connected(ends);
    pid_t pid = fork();
    if (pid == 0) {
        restart_server();
        _exit(0);
    }
    CHECK(read(ends[0], &byte, 1) == -1 && errno == ECONNRESET); /* and waited */
    CHECK(read(ends[0], &byte, 1) == -1 && errno == ECONNRESET); /* not the end of the stream */
    CHECK(ready(ends[1], POLLIN, SECONDS_10) & POLLERR);
    CHECK(send(ends[1], "x", 1, MSG_NOSIGNAL) == -1 && errno == ECONNRESET);
    CHECK(send(ends[1], "x", 1, MSG_NOSIGNAL) == -1 && errno == EPIPE);
    CHECK(read(ends[1], &byte, 1) == -1 && errno == ECONNRESET); /* though a send was told */
    CHECK(waitpid(pid, NULL, 0) == pid);
    close(ends[0]);
    close(ends[1]);
    connected(ends);
    CHECK(write(ends[0], "x", 1) == 1 && read(ends[1], &byte, 1) == 1);
    close(ends[0]);
    close(ends[1]);
}

static void restart_leaves_listeners_and_datagrams(void)
{
    struct sockaddr_in at, name = local(0);
    char bytes[8];
    int listener = listening(&at), receiver = socket(AF_INET, SOCK_DGRAM, 0), sender = socket(AF_INET, SOCK_DGRAM, 0);
    CHECK(bind(receiver, ADDRESS(name)) == 0);
    name = own_name(receiver);
    CHECK(connect(sender, ADDRESS(name)) == 0);
    pid_t pid = fork();
    if (pid == 0) {
        restart_server();
        int client = socket(AF_INET, SOCK_STREAM, 0);
        for (int i = 0; i < 100 && connect(client, ADDRESS(at)) != 0; i++) {
            close(client);
            usleep(10000);
            client = socket(AF_INET, SOCK_STREAM, 0);
        }
        _exit(write(client, "after", 5) == 5 ? 0 : 1);
    }
    int server = accept(listener, NULL, NULL), status = -1;
    CHECK(server >= 0 && recv(server, bytes, 5, MSG_WAITALL) == 5);
    CHECK(waitpid(pid, &status, 0) == pid && status == 0);
    CHECK(write(sender, "again", 5) == 5 && read(receiver, bytes, 8) == 5);
    close(server);
    close(listener);
    close(receiver);
    close(sender);
}

/* Servers come and go while many programs talk: each sees its own bytes or an error, and nobody waits for ever. */
static void restarts_under_load(void)
{
    enum { TALKERS = 4, ROUNDS = 15, RESTARTS = 12 };
    pid_t pids[TALKERS];
    for (int i = 0; i < TALKERS; i++) {
        pids[i] = fork();
        if (pids[i] != 0)
            continue;
        for (int round = 0; round < ROUNDS; round++) {
            static unsigned char bytes[20000];
            struct sockaddr_in at = local(0);
            int listener = socket(AF_INET, SOCK_STREAM, 0);
            if (bind(listener, ADDRESS(at)) != 0 || listen(listener, 2) != 0)
                _exit(2);
            at = own_name(listener);
            int client = socket(AF_INET, SOCK_STREAM, 0), server = -1;
            if (connect(client, ADDRESS(at)) == 0)
                server = accept4(listener, NULL, NULL, 0);
            for (unsigned j = 0; j < sizeof bytes; j++)
                bytes[j] = pattern(j, (unsigned)(i + round));
            if (server >= 0 && send(client, bytes, sizeof bytes, MSG_NOSIGNAL) > 0) {
                shutdown(client, SHUT_WR);
                ssize_t got = recv(server, bytes, sizeof bytes, MSG_WAITALL);
                for (unsigned j = 0; got > 0 && j < (unsigned)got; j++) {
                    if (bytes[j] != pattern(j, (unsigned)(i + round)))
                        _exit(3);
                }
            }
            close(listener);
            close(client);
            if (server >= 0)
                close(server);
        }
        _exit(0);
    }
    for (int i = 0; i < RESTARTS; i++) {
        usleep(20000);
        restart_server();
    }
    for (int i = 0; i < TALKERS; i++) {
        int status = -1;
        CHECK(waitpid(pids[i], &status, 0) == pids[i]);
        CHECK(status == 0);
    }
}

int main(int argc, char **argv)
{
    static const struct test tests[] = {
        TEST(a_connection_has_two_names), TEST(much_goes_both_ways_at_once),
        TEST(one_direction_is_shut),      TEST(unread_bytes_reset_the_peer),
        TEST(linger_of_no_time_resets),   TEST(nobody_listens),
        TEST(connecting_without_waiting), TEST(ports_are_not_shared),
        TEST(a_few_connections_in_a_row), TEST(several_wait_to_be_accepted),
        TEST(epoll_sees_edges),           TEST(a_full_connection_does_not_wait),
        TEST(datagrams_have_senders),     TEST(a_large_datagram_is_whole),
        TEST(options_are_kept),           TEST(waiting_ends_in_time_or_by_a_signal),
        TEST(an_echo_comes_back),         TEST(the_loopback_is_an_interface),
    };
    static const struct test restart_tests[] = {
        TEST(more_connections_than_sockets),
        TEST(restart_resets_connections),
        TEST(restart_leaves_listeners_and_datagrams),
        TEST(restarts_under_load),
    };
    bool restarts = argc > 1 && !strcmp(argv[1], "restart");
    return restarts ? RUN_TESTS(restart_tests) : RUN_TESTS(tests);
}
