#include <hostws.h>
#include <stdio.h>

void show_event(const ws_event *event)
{
    printf("%d: %s\n", (int)event->ws, ws_event_name(event->type));
}
