#include <hostws.h>
#include <sys/epoll.h>

/* A loop of one's own that answers quickly: the thread that waits here also does the I/O. */
void serve(int epoll, void (*on_other)(int fd))
{
    int queue = (int)ws_queue_loop_fd(0);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = queue}; /* no EPOLLET */
    epoll_ctl(epoll, EPOLL_CTL_ADD, queue, &event);
    while (epoll_wait(epoll, &event, 1, -1) >= 0) {
        if (event.data.fd != queue)
            on_other(event.data.fd);
        else if (ws_poll(0, 0, 0) < 0)
            break;
    }
}
