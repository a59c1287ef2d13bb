#include <hostws.h>
#include <stdio.h>

/* Sends a file in fragments, without having it in memory. It is compressed already. */
int32_t send_file(ws_id ws, FILE *file)
{
    char part[16384];
    int32_t result = HOSTWS_OK;
    while (result == HOSTWS_OK && !feof(file)) {
        size_t length = fread(part, 1, sizeof part, file);
        uint32_t more = feof(file) ? 0 : HOSTWS_MORE;
        result = ws_send_ex(ws, part, (int64_t)length, HOSTWS_BLOB, more | HOSTWS_NO_COMPRESS);
    }
    return result;
}
