#include <hostws.h>
#include <stdio.h>
#include <unistd.h>

/* Runs on a thread of the library: it only leaves a note for the program's own loop. */
static void wake_loop(void *user_data)
{
    int pipe_end = *(int *)user_data;
    (void)!write(pipe_end, "", 1);
}

/* `pipe_end` must live until the function is replaced or the queue is freed. */
void attach(ws_queue queue, int *pipe_end)
{
    if (ws_queue_on_wakeup(queue, wake_loop, pipe_end) < 0)
        fprintf(stderr, "%s\n", ws_last_error_message());
}
