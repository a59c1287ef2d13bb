#include <hostws.h>
#include <stdio.h>

int draw_frame(void);

/* A program with frames of its own: callbacks run between them, and never wait. */
void main_loop(void)
{
    while (draw_frame()) {
        if (ws_poll(0, 0, 0) < 0)
            fprintf(stderr, "%s\n", ws_last_error_message());
    }
    ws_shutdown(2000);
}
