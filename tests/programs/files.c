/* Files, directories, links, pipes and terminals. */

#define _GNU_SOURCE
#include "check.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <termios.h>

static void reading_and_writing(void)
{
    char bytes[20] = {0};
    int file = open("/tmp/f", O_RDWR | O_CREAT | O_EXCL, 0640);
    struct stat state;
    CHECK(file >= 0 && open("/tmp/f", O_CREAT | O_EXCL, 0600) == -1 && errno == EEXIST);
    CHECK(write(file, "0123456789", 10) == 10 && lseek(file, 3, SEEK_SET) == 3 && read(file, bytes, 4) == 4);
    CHECK(strcmp(bytes, "3456") == 0 && lseek(file, 0, SEEK_CUR) == 7 && lseek(file, -1, SEEK_END) == 9);
    CHECK(lseek(file, -20, SEEK_CUR) == -1 && errno == EINVAL);
    CHECK(pwrite(file, "xy", 2, 20) == 2 && fstat(file, &state) == 0 && state.st_size == 22);
    CHECK(S_ISREG(state.st_mode) && (state.st_mode & 0777) == 0640 && state.st_nlink == 1);
    CHECK(pread(file, bytes, 12, 10) == 12 && bytes[0] == 0 && bytes[10] == 'x');
    CHECK(ftruncate(file, 5) == 0 && ftruncate(file, 8) == 0 && pread(file, bytes, 20, 0) == 8);
    CHECK(memcmp(bytes, "01234\0\0\0", 8) == 0);
    struct iovec pieces[2] = {{"ab", 2}, {"cde", 3}};
    CHECK(lseek(file, 0, SEEK_SET) == 0 && writev(file, pieces, 2) == 5);
    close(file);
    CHECK(read(file, bytes, 1) == -1 && errno == EBADF);

    file = open("/tmp/f", O_WRONLY | O_APPEND);
    CHECK(write(file, "+", 1) == 1 && lseek(file, 0, SEEK_SET) == 0 && write(file, "+", 1) == 1);
    CHECK(read(file, bytes, 1) == -1 && errno == EBADF);
    CHECK(fstat(file, &state) == 0 && state.st_size == 10);
    CHECK(unlink("/tmp/f") == 0 && fstat(file, &state) == 0 && state.st_nlink == 0);
    close(file);
    CHECK(open("/tmp/f", O_RDONLY) == -1 && errno == ENOENT);
}

static void a_large_file_with_holes(void)
{
    char byte = 1;
    int file = open("/tmp/large", O_RDWR | O_CREAT, 0600);
    CHECK(pwrite(file, "x", 1, 100 << 20) == 1);
    CHECK(pread(file, &byte, 1, 50 << 20) == 1 && byte == 0);
    CHECK(pread(file, &byte, 1, 100 << 20) == 1 && byte == 'x');
    CHECK(ftruncate(file, 1000) == 0 && ftruncate(file, 200 << 20) == 0);
    CHECK(pread(file, &byte, 1, 100 << 20) == 1 && byte == 0);
    close(file);
    unlink("/tmp/large");
}

static void directories(void)
{
    struct stat state;
    char path[100];
    CHECK(mkdir("/tmp/d", 0755) == 0 && mkdir("/tmp/d", 0755) == -1 && errno == EEXIST);
    CHECK(mkdir("/tmp/d/e", 0755) == 0 && stat("/tmp/d", &state) == 0 && state.st_nlink == 3);
    CHECK(chdir("/tmp/d/e") == 0 && getcwd(path, sizeof path) && strcmp(path, "/tmp/d/e") == 0);
    CHECK(stat("../../d/./e/..", &state) == 0 && S_ISDIR(state.st_mode));
    CHECK(getcwd(path, 4) == NULL && errno == ERANGE);
    CHECK(rmdir("/tmp/d") == -1 && errno == ENOTEMPTY);
    CHECK(rename("/tmp/d", "/tmp/d/e/f") == -1 && errno == EINVAL);
    CHECK(rmdir("/tmp/d/e") == 0 && getcwd(path, sizeof path) == NULL && errno == ENOENT);
    CHECK(open("x", O_CREAT | O_RDWR, 0600) == -1 && errno == ENOENT);
    CHECK(chdir("/") == 0);
    int file = open("/tmp/d", O_RDONLY | O_DIRECTORY);
    CHECK(file >= 0 && openat(file, "g", O_CREAT | O_RDWR, 0600) >= 0 && fstatat(file, "g", &state, 0) == 0);
    CHECK(read(file, path, 1) == -1 && errno == EISDIR);
    close(file);
    CHECK(unlink("/tmp/d") == -1 && errno == EISDIR && rmdir("/tmp/d/g") == -1 && errno == ENOTDIR);
    CHECK(open("/tmp/d/g/h", O_RDONLY) == -1 && errno == ENOTDIR);
    CHECK(unlink("/tmp/d/g") == 0 && rmdir("/tmp/d") == 0);
}

static void a_directory_can_be_emptied_while_it_is_read(void)
{
    char name[300];
    mkdir("/tmp/many", 0755);
    for (int i = 0; i < 300; i++) {
        snprintf(name, sizeof name, "/tmp/many/file-%d", i);
        close(open(name, O_CREAT | O_RDWR, 0600));
    }
    int count = 0;
    DIR *directory = opendir("/tmp/many");
    for (struct dirent *entry; (entry = readdir(directory));) {
        if (entry->d_name[0] == '.')
            continue;
        snprintf(name, sizeof name, "/tmp/many/%s", entry->d_name);
        count += unlink(name) == 0;
    }
    closedir(directory);
    CHECK(count == 300 && rmdir("/tmp/many") == 0);
}

static void links(void)
{
    char target[40] = {0};
    struct stat state;
    close(open("/tmp/one", O_CREAT | O_RDWR, 0600));
    CHECK(link("/tmp/one", "/tmp/two") == 0 && stat("/tmp/two", &state) == 0 && state.st_nlink == 2);
    CHECK(link("/tmp", "/tmp/x") == -1 && errno == EPERM);
    CHECK(symlink("two", "/tmp/soft") == 0 && readlink("/tmp/soft", target, sizeof target) == 3);
    CHECK(lstat("/tmp/soft", &state) == 0 && S_ISLNK(state.st_mode) && state.st_size == 3);
    CHECK(stat("/tmp/soft", &state) == 0 && S_ISREG(state.st_mode));
    CHECK(open("/tmp/soft", O_RDONLY | O_NOFOLLOW) == -1 && errno == ELOOP);
    CHECK(rename("/tmp/one", "/tmp/three") == 0 && rename("/tmp/three", "/tmp/two") == 0);
    CHECK(unlink("/tmp/two") == 0 && stat("/tmp/soft", &state) == -1 && errno == ENOENT);
    CHECK(unlink("/tmp/soft") == 0);
    CHECK(symlink("/tmp/l2", "/tmp/l1") == 0 && symlink("/tmp/l1", "/tmp/l2") == 0);
    CHECK(open("/tmp/l1", O_RDONLY) == -1 && errno == ELOOP);
    unlink("/tmp/l1");
    unlink("/tmp/l2");
    unlink("/tmp/three");
}

static void attributes(void)
{
    struct stat state;
    struct timespec times[2] = {{1000, 5}, {2000, 6}};
    close(open("/tmp/a", O_CREAT | O_RDWR, 0600));
    CHECK(chmod("/tmp/a", 0711) == 0 && chown("/tmp/a", 3, 4) == 0);
    CHECK(utimensat(AT_FDCWD, "/tmp/a", times, 0) == 0 && stat("/tmp/a", &state) == 0);
    CHECK((state.st_mode & 07777) == 0711 && state.st_uid == 3 && state.st_gid == 4);
    CHECK(state.st_mtim.tv_sec == 2000 && state.st_atim.tv_nsec == 5);
    CHECK(access("/tmp/a", X_OK) == 0 && chmod("/tmp/a", 0600) == 0 && access("/tmp/a", X_OK) == -1);
    unlink("/tmp/a");
}

static void descriptors(void)
{
    int file = open("/dev/null", O_RDWR | O_CLOEXEC);
    CHECK(fcntl(file, F_GETFD) == FD_CLOEXEC && fcntl(file, F_SETFD, 0) == 0 && fcntl(file, F_GETFD) == 0);
    int copy = fcntl(file, F_DUPFD, 50);
    CHECK(copy == 50 && dup2(file, 60) == 60 && dup2(99, 61) == -1 && errno == EBADF);
    CHECK(dup3(file, file, 0) == -1 && errno == EINVAL && dup2(file, 100000) == -1 && errno == EBADF);
    close(copy);
    close(60);
    close(file);
    int count = 0, last = -1;
    while ((file = open("/dev/null", O_RDONLY)) >= 0) {
        count++;
        last = file;
    }
    CHECK(errno == EMFILE && count > 100);
    for (int i = 3; i <= last; i++)
        close(i);
}

static void a_pipe_holds_and_passes_on(void)
{
    enum { TOTAL = 1 << 20 };
    int ends[2];
    CHECK(pipe2(ends, O_NONBLOCK) == 0);
    char buffer[4096];
    memset(buffer, 'x', sizeof buffer);
    CHECK(read(ends[0], buffer, 1) == -1 && errno == EAGAIN);
    int written = 0;
    while (write(ends[1], buffer, sizeof buffer) == sizeof buffer)
        written++;
    CHECK(errno == EAGAIN && written == 16);
    close(ends[0]);
    close(ends[1]);

    CHECK(pipe(ends) == 0);
    pid_t pid = fork();
    if (pid == 0) {
        static unsigned char bytes[TOTAL];
        for (int i = 0; i < TOTAL; i++)
            bytes[i] = (unsigned char)(i % 251);
        _exit(write(ends[1], bytes, TOTAL) != TOTAL);
    }
    close(ends[1]);
    unsigned char piece[1000];
    int total = 0, wrong = 0;
    for (ssize_t got; (got = read(ends[0], piece, sizeof piece)) > 0;) {
        for (ssize_t i = 0; i < got; i++)
            wrong += piece[i] != (total + i) % 251;
        total += (int)got;
    }
    int status;
    CHECK(waitpid(pid, &status, 0) == pid && status == 0 && total == TOTAL && wrong == 0);
    close(ends[0]);
}

static void a_pipe_can_be_opened_again(void)
{
    char name[40], byte = 0;
    int ends[2];
    CHECK(pipe(ends) == 0);
    CHECK(write(ends[1], "p", 1) == 1);
    close(ends[1]); /* no writer is left: opening a named pipe would wait */
    snprintf(name, sizeof name, "/proc/self/fd/%d", ends[0]);
    int again = open(name, O_RDONLY);
    CHECK(again >= 0 && again != ends[0]);
    CHECK(read(again, &byte, 1) == 1 && byte == 'p' && read(again, &byte, 1) == 0);
    close(again);
    close(ends[0]);
}

static void named_pipes(void)
{
    char byte = 0;
    CHECK(mkfifo("/tmp/fifo", 0600) == 0);
    CHECK(open("/tmp/fifo", O_WRONLY | O_NONBLOCK) == -1 && errno == ENXIO);
    pid_t pid = fork();
    if (pid == 0) {
        int end = open("/tmp/fifo", O_WRONLY);
        _exit(write(end, "f", 1) != 1);
    }
    int end = open("/tmp/fifo", O_RDONLY);
    CHECK(end >= 0 && read(end, &byte, 1) == 1 && byte == 'f' && read(end, &byte, 1) == 0);
    CHECK(waitpid(pid, NULL, 0) == pid);
    close(end);

    /* One that is ended while it waits for a partner leaves no end open. */
    pid = fork();
    if (pid == 0)
        _exit(open("/tmp/fifo", O_RDONLY) < 0);
    usleep(50000);
    kill(pid, SIGKILL);
    CHECK(waitpid(pid, NULL, 0) == pid);
    CHECK(open("/tmp/fifo", O_WRONLY | O_NONBLOCK) == -1 && errno == ENXIO);
    unlink("/tmp/fifo");
}

static void the_terminal(void)
{
    struct termios settings;
    struct winsize size;
    int terminal = open("/dev/tty", O_RDWR);
    if (terminal < 0)
        return; /* started without one */
    CHECK(tcgetattr(terminal, &settings) == 0 && (settings.c_cflag & CS8) == CS8);
    CHECK(ioctl(terminal, TIOCGWINSZ, &size) == 0 && size.ws_col > 0);
    CHECK(tcgetpgrp(terminal) > 0 && isatty(terminal));
    close(terminal);
    int null = open("/dev/null", O_RDONLY);
    CHECK(!isatty(null) && errno == ENOTTY);
    close(null);
}

int main(void)
{
    static const struct test tests[] = {
        TEST(reading_and_writing),
        TEST(a_large_file_with_holes),
        TEST(directories),
        TEST(a_directory_can_be_emptied_while_it_is_read),
        TEST(links),
        TEST(attributes),
        TEST(descriptors),
        TEST(a_pipe_holds_and_passes_on),
        TEST(a_pipe_can_be_opened_again),
        TEST(named_pipes),
        TEST(the_terminal),
    };
    return RUN_TESTS(tests);
}
