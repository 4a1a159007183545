/* Many viewers of an MJPEG stream in one process. They read as fast as they can and count complete parts.
 *
 *     viewers ADDRESS PORT PATH [spin]
 *
 * It reads one command per line from standard input, and answers each with a line of JSON:
 *
 *     add N SECONDS   connect N more viewers; the answer follows when each has its first part, or after SECONDS
 *     reset           forget all counts and ages
 *     report          parts per viewer since the reset, and for the first 64 viewers each part's arrival and age
 *     drop            close all connections
 *
 * It parses a part's head and trusts its Content-Length. It discards the picture inside the kernel without copying it
 * (MSG_TRUNC), so that one core can run thousands of viewers. It does not decode chunks: it ignores all bytes between
 * two parts. With `spin` it never sleeps, so it costs the server no wake-ups, as if the viewers were on another host.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MAX_VIEWERS 16384
#define HEAD_BYTES 768
#define DATED_VIEWERS 64
#define MAX_DATED 2000000
#define MAX_CONNECTING 256
#define COMMANDS MAX_VIEWERS /* the epoll data of standard input */

struct viewer {
    int fd;
    int held;       /* bytes in head */
    long body_left; /* of the picture and the line end behind it; 0 while a head is read */
    long parts;
    double asked_at, first_at, captured_at;
    char head[HEAD_BYTES + 1];
};

struct dated {
    int viewer;
    double at, age;
};

static struct viewer viewers[MAX_VIEWERS];
static struct dated dated[MAX_DATED];
static int viewer_count, waiting, closed, dated_count, epoll;
static double reset_at, addable_until;
static int to_add;
static struct sockaddr_in server;
static char request[1024];

static double now(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void leave(struct viewer *viewer)
{
    close(viewer->fd);
    viewer->fd = -1;
    closed++;
    if (viewer->first_at == 0)
        waiting--;
}

static void connect_one(void)
{
    int i = viewer_count++;
    struct viewer *viewer = &viewers[i];
    *viewer = (struct viewer){.asked_at = now(CLOCK_MONOTONIC)};
    viewer->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    waiting++;
    struct epoll_event event = {.events = EPOLLOUT, .data.u32 = (unsigned)i};
    if (viewer->fd < 0 || (connect(viewer->fd, (struct sockaddr *)&server, sizeof server) < 0 && errno != EINPROGRESS)
        || epoll_ctl(epoll, EPOLL_CTL_ADD, viewer->fd, &event) < 0)
        leave(viewer);
}

static void ask(struct viewer *viewer, unsigned i)
{
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = i};
    if (send(viewer->fd, request, strlen(request), MSG_NOSIGNAL) < 0)
        leave(viewer);
    else
        epoll_ctl(epoll, EPOLL_CTL_MOD, viewer->fd, &event);
}

static void count_part(struct viewer *viewer)
{
    viewer->parts++;
    if (viewer->first_at == 0) {
        viewer->first_at = now(CLOCK_MONOTONIC);
        waiting--;
    }
    int i = (int)(viewer - viewers);
    if (i < DATED_VIEWERS && viewer->captured_at > 0 && dated_count < MAX_DATED) {
        double at = now(CLOCK_REALTIME);
        dated[dated_count++] = (struct dated){i, at, at - viewer->captured_at};
    }
}

/* Parse a head if `head` holds a whole one. The bytes after it in `head` belong to the picture. */
static void read_head(struct viewer *viewer)
{
    viewer->head[viewer->held] = 0;
    char *start = memmem(viewer->head, (size_t)viewer->held, "--frame\r\n", 9);
    if (start == NULL) { /* keep bytes that may be the beginning of a boundary */
        int keep = viewer->held < 8 ? viewer->held : 8;
        memmove(viewer->head, viewer->head + viewer->held - keep, (size_t)keep);
        viewer->held = keep;
        return;
    }
    char *end = memmem(start, (size_t)(viewer->head + viewer->held - start), "\r\n\r\n", 4);
    if (end == NULL) {
        if (viewer->held == HEAD_BYTES) {
            viewer->held -= (int)(start - viewer->head);
            memmove(viewer->head, start, (size_t)viewer->held);
            if (viewer->held == HEAD_BYTES)
                leave(viewer);
        }
        return;
    }
    *end = 0;
    char *length = strcasestr(start, "\r\nContent-Length: "), *stamp = strcasestr(start, "\r\nX-Timestamp: ");
    long extra = viewer->head + viewer->held - (end + 4);
    viewer->captured_at = stamp ? strtod(stamp + 15, NULL) : 0;
    viewer->body_left = length ? strtol(length + 18, NULL, 10) + 2 - extra : 0;
    viewer->held = 0;
    if (viewer->body_left <= 0) /* no length, or a picture smaller than HEAD_BYTES */
        leave(viewer);
}

static void take(struct viewer *viewer)
{
    ssize_t size = 0;
    if (viewer->body_left == 0) {
        size = recv(viewer->fd, viewer->head + viewer->held, (size_t)(HEAD_BYTES - viewer->held), 0);
        if (size > 0) {
            viewer->held += (int)size;
            read_head(viewer);
        }
    }
    if (viewer->fd >= 0 && viewer->body_left > 0) {
        size = recv(viewer->fd, NULL, (size_t)viewer->body_left, MSG_TRUNC);
        if (size > 0 && (viewer->body_left -= size) == 0)
            count_part(viewer);
    }
    if (viewer->fd >= 0 && (size == 0 || (size < 0 && errno != EAGAIN)))
        leave(viewer);
}

static void report(void)
{
    printf("{\"seconds\": %.4f, \"closed\": %d, \"parts\": [", now(CLOCK_MONOTONIC) - reset_at, closed);
    for (int i = 0; i < viewer_count; i++)
        printf("%s%ld", i ? ", " : "", viewers[i].parts);
    printf("], \"first_seconds\": [");
    for (int i = 0; i < viewer_count; i++)
        printf("%s%.4f", i ? ", " : "", viewers[i].first_at ? viewers[i].first_at - viewers[i].asked_at : -1.0);
    printf("], \"dated\": [");
    for (int i = 0; i < dated_count; i++)
        printf("%s[%d, %.4f, %.4f]", i ? ", " : "", dated[i].viewer, dated[i].at, dated[i].age);
    printf("]}\n");
}

static void drop(void)
{
    for (int i = 0; i < viewer_count; i++)
        if (viewers[i].fd >= 0)
            close(viewers[i].fd);
    viewer_count = waiting = closed = dated_count = 0;
    printf("{}\n");
}

/* Run one command; return 0 at the end of the input. */
static int obey(void)
{
    char line[128];
    double seconds;
    if (fgets(line, sizeof line, stdin) == NULL)
        return 0;
    if (sscanf(line, "add %d %lf", &to_add, &seconds) == 2) {
        addable_until = now(CLOCK_MONOTONIC) + seconds;
        if (to_add > MAX_VIEWERS - viewer_count)
            to_add = MAX_VIEWERS - viewer_count;
        return 1; /* answered later */
    }
    if (strncmp(line, "reset", 5) == 0) {
        for (int i = 0; i < viewer_count; i++)
            viewers[i].parts = 0;
        dated_count = 0;
        reset_at = now(CLOCK_MONOTONIC);
        printf("{}\n");
    } else if (strncmp(line, "report", 6) == 0) {
        report();
    } else {
        drop();
    }
    fflush(stdout);
    return 1;
}

static void add_more(void)
{
    while (to_add > 0 && waiting < MAX_CONNECTING) {
        connect_one();
        to_add--;
    }
    if (waiting == 0 || now(CLOCK_MONOTONIC) > addable_until) {
        int without = to_add;
        for (int i = 0; i < viewer_count; i++)
            without += viewers[i].first_at == 0;
        printf("{\"without_a_part\": %d}\n", without);
        fflush(stdout);
        addable_until = to_add = 0;
    }
}

int main(int argc, char **argv)
{
    static struct epoll_event events[4096];
    if (argc < 4)
        return 2;
    int spins = argc > 4;
    server = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((unsigned short)atoi(argv[2]))};
    if (inet_pton(AF_INET, argv[1], &server.sin_addr) != 1)
        return 2;
    snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: %s:%s\r\nAccept: */*\r\n\r\n", argv[3], argv[1], argv[2]);
    epoll = epoll_create1(0);
    struct epoll_event commands = {.events = EPOLLIN, .data.u32 = COMMANDS};
    epoll_ctl(epoll, EPOLL_CTL_ADD, STDIN_FILENO, &commands);
    reset_at = now(CLOCK_MONOTONIC);
    for (;;) {
        int count = epoll_wait(epoll, events, 4096, spins ? 0 : addable_until ? 20 : -1);
        for (int k = 0; k < count; k++) {
            unsigned i = events[k].data.u32;
            if (i == COMMANDS) {
                if (!obey())
                    return 0;
            } else if ((int)i < viewer_count && viewers[i].fd >= 0) {
                if (events[k].events & EPOLLOUT)
                    ask(&viewers[i], i);
                else
                    take(&viewers[i]);
            }
        }
        if (addable_until)
            add_more();
    }
}
