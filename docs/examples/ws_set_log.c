#include <hostws.h>
#include <stdio.h>

/* Runs on a thread of the library, and on the calling thread. */
static void to_log(int32_t level, const char *message, void *user_data)
{
    fprintf(user_data, "[%d] %s\n", (int)level, message);
}

void log_to(FILE *file)
{
    ws_set_log(HOSTWS_LOG_INFO, to_log, file);
}
