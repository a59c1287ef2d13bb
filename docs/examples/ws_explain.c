#include <hostws.h>
#include <stdio.h>

void on_terminate(ws_id ws, const ws_event *event, void *user_data)
{
    char text[65536], error[1024];
    (void)event;
    (void)user_data;
    ws_explain(ws, text, sizeof text);
    if (ws_json_get(text, -1, "/error", error, sizeof error) > 0)
        printf("%s\n", error);
    if (ws_json_get(text, -1, "/attempts/0/phase", error, sizeof error) > 0)
        printf("the first attempt came as far as: %s\n", error);
}
