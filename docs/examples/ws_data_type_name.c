#include <hostws.h>
#include <stdio.h>

void show_type(const ws_event *event)
{
    printf("%s of %lld bytes\n", ws_data_type_name(event->data_type), (long long)event->length);
}
