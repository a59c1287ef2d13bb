#include <hostws.h>
#include <stdio.h>

/* Reads {"quotes": [{"price": 12.5}]} without a JSON parser. */
void show_price(const ws_event *event)
{
    char price[32];
    if (ws_json_get(event->data, event->length, "/quotes/0/price", price, sizeof price) > 0)
        printf("price: %s\n", price);
}
