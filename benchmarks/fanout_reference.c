/* The floor of a fan-out: one write() of the same prebuilt part per viewer per frame, and nothing else.
 *
 *     fanout_reference PORT FPS PART_FILE
 *
 * Accepts viewers on 127.0.0.1, answers every request with the head of an MJPEG stream, and writes the bytes of
 * PART_FILE to each of them FPS times a second. A viewer whose socket is full is skipped; a part that was taken in
 * part is completed before the next one. It ends with its standard input.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define MAX_VIEWERS 16384

static const char head[] = "HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=frame\r\n"
                           "Connection: close\r\n\r\n";

struct viewer {
    int fd;
    size_t unwritten; /* of the last part */
};

static struct viewer viewers[MAX_VIEWERS];
static int viewer_count;

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static int listen_on(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), on = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0 || listen(fd, 2048) < 0)
        fail("listen");
    return fd;
}

/* On loopback the request arrives in one segment. The short wait per new viewer ends before the measurement starts. */
static void welcome(int listener)
{
    char request[4096];
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK), on = 1;
    if (fd < 0)
        return;
    struct pollfd readable = {.fd = fd, .events = POLLIN};
    if (viewer_count == MAX_VIEWERS || poll(&readable, 1, 1000) != 1 || read(fd, request, sizeof request) <= 0
        || write(fd, head, sizeof head - 1) != sizeof head - 1) {
        close(fd);
        return;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    viewers[viewer_count++] = (struct viewer){.fd = fd};
}

static void show(const char *part, size_t size)
{
    for (int i = 0; i < viewer_count; i++) {
        struct viewer *viewer = &viewers[i];
        size_t due = viewer->unwritten ? viewer->unwritten : size;
        ssize_t written = write(viewer->fd, part + size - due, due);
        if (written >= 0) {
            viewer->unwritten = due - (size_t)written;
        } else if (errno != EAGAIN) {
            close(viewer->fd);
            viewers[i--] = viewers[--viewer_count];
        }
    }
}

int main(int argc, char **argv)
{
    if (argc != 4)
        return 2;
    signal(SIGPIPE, SIG_IGN);
    int listener = listen_on(atoi(argv[1]));
    long period_ns = 1000000000L / atoi(argv[2]);
    int file = open(argv[3], O_RDONLY);
    struct stat status;
    if (file < 0 || fstat(file, &status) < 0)
        fail(argv[3]);
    size_t size = (size_t)status.st_size;
    char *part = malloc(size);
    if (part == NULL || read(file, part, size) != (ssize_t)size)
        fail(argv[3]);
    struct itimerspec every = {{0, period_ns}, {0, period_ns}};
    int timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
    timerfd_settime(timer, 0, &every, NULL);
    struct pollfd events[] = {{timer, POLLIN, 0}, {listener, POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}};
    while (poll(events, 3, -1) > 0 && !events[2].revents) {
        uint64_t periods;
        if (events[0].revents && read(timer, &periods, sizeof periods) == sizeof periods)
            show(part, size);
        if (events[1].revents)
            welcome(listener);
    }
    return 0;
}
