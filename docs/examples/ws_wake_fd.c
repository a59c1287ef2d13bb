#include <hostws.h>
#include <errno.h>
#include <signal.h>
#include <unistd.h>

static int wake_fd;
static volatile sig_atomic_t stop;

static void on_interrupt(int signal)
{
    int error = errno;
    stop = signal;
    (void)!write(wake_fd, "", 1);
    errno = error;
}

/* Serves connections until Ctrl-C. */
void run(void)
{
    wake_fd = (int)ws_wake_fd(0);
    signal(SIGINT, on_interrupt);
    while (!stop && ws_poll(0, -1, 0) >= 0) {
    }
}
