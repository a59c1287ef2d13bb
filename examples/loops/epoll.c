/* hostws in a loop around epoll(7), with a timer of the program's own. */
#include <hostws.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

static int ended;

static void on_open(ws_id ws, const ws_event *event, void *user_data)
{
    (void)event, (void)user_data;
    ws_send(ws, "hello", -1, HOSTWS_TEXT);
}

static void on_message(ws_id ws, const ws_event *event, void *user_data)
{
    (void)user_data;
    puts(event->data);
    ws_terminate(ws, 1000, NULL);
}

static void on_terminate(ws_id ws, const ws_event *event, void *user_data)
{
    (void)ws, (void)user_data;
    printf("closed: %d %s\n", (int)event->code, event->reason);
    ended = 1;
}

static void watch(int epoll, int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd}; /* level-triggered: no EPOLLET */
    epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

int main(int argc, char **argv)
{
    ws_handler handler = {
        .struct_size = sizeof handler,
        .on_open = on_open,
        .on_message = on_message,
        .on_terminate = on_terminate,
    };
    if (argc < 2 || ws_new(argv[1], &handler, NULL) < 0) {
        fprintf(stderr, "%s\n", argc < 2 ? "usage: epoll URL" : ws_last_error_message());
        return 1;
    }
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    int queue = (int)ws_queue_loop_fd(0);
    int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
    struct itimerspec second = {.it_value.tv_sec = 1, .it_interval.tv_sec = 1};
    timerfd_settime(timer, 0, &second, NULL);
    watch(epoll, queue);
    watch(epoll, timer);
    while (!ended) {
        struct epoll_event events[8];
        int count = epoll_wait(epoll, events, 8, -1);
        for (int i = 0; i < count; i++) {
            unsigned long long ticks;
            if (events[i].data.fd == queue)
                ws_poll(0, 0, 0);
            else if (read(timer, &ticks, sizeof ticks) > 0)
                puts("a second has passed");
        }
    }
    close(timer);
    close(epoll);
    return 0;
}
