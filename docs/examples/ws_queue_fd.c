#include <hostws.h>
#include <poll.h>

/* A loop of one's own, here around poll(2): the keyboard and the connections. */
void chat_loop(void (*read_keyboard)(void))
{
    struct pollfd fds[2] = {{.fd = 0, .events = POLLIN}, {.fd = (int)ws_queue_fd(0), .events = POLLIN}};
    while (poll(fds, 2, -1) >= 0) {
        if (fds[0].revents)
            read_keyboard();
        if (fds[1].revents && ws_poll(0, 0, 0) < 0)
            break;
    }
}
