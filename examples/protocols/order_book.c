/*
 * order_book: keeps an exchange's order book from a feed, over gaps and losses.
 *
 *     order_book URL [UPDATES]        ends after so many updates
 *
 * The feed begins with a snapshot, then sends updates that are numbered without gaps:
 *
 *     {"type": "snapshot", "sequence": 7, "bids": [[99.5, 10], ...], "asks": [[100.5, 4], ...]}
 *     {"type": "update", "sequence": 8, "side": "bids", "price": 99.5, "quantity": 0}
 *
 * A quantity of 0 removes the price. After a gap the client asks for a snapshot: {"snapshot": true}. After a loss it
 * resumes behind the last update that it has seen (?after=8), and the server sends what it missed, or a snapshot.
 */

#include <hostws.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LEVELS = 256 };

struct level {
    double price, quantity;
};

struct side {
    struct level levels[LEVELS];
    int count;
};

struct book {
    const char *url;
    struct side bids, asks;
    long sequence; /* of the last update; -1: a snapshot is awaited */
    long updates, gaps, resumes, until;
};

static double number(const char *json, int64_t length, const char *pointer, double otherwise)
{
    char text[32];
    int64_t size = ws_json_get(json, length, pointer, text, sizeof text);
    return size > 0 && size < (int64_t)sizeof text ? strtod(text, NULL) : otherwise;
}

static void set_level(struct side *side, double price, double quantity)
{
    int at = 0;
    while (at < side->count && side->levels[at].price != price)
        at++;
    if (quantity == 0) {
        if (at < side->count)
            side->levels[at] = side->levels[--side->count];
    } else if (at < LEVELS) {
        side->levels[at] = (struct level){price, quantity};
        side->count += at == side->count;
    }
}

static void read_side(struct side *side, const ws_event *event, const char *name)
{
    side->count = 0;
    for (int i = 0; i < LEVELS; i++) {
        char price[32], quantity[32];
        snprintf(price, sizeof price, "/%s/%d/0", name, i);
        snprintf(quantity, sizeof quantity, "/%s/%d/1", name, i);
        double value = number(event->data, event->length, price, -1);
        if (value < 0)
            break;
        set_level(side, value, number(event->data, event->length, quantity, 0));
    }
}

/* sign 1: the highest price, -1: the lowest */
static double best(const struct side *side, int sign)
{
    double price = 0;
    for (int i = 0; i < side->count; i++)
        if (i == 0 || sign * (side->levels[i].price - price) > 0)
            price = side->levels[i].price;
    return price;
}

static void on_message(ws_id ws, const ws_event *event, void *user_data)
{
    struct book *book = user_data;
    char type[16] = "";
    ws_json_get(event->data, event->length, "/type", type, sizeof type);
    long sequence = (long)number(event->data, event->length, "/sequence", -1);

    if (strcmp(type, "snapshot") == 0) {
        read_side(&book->bids, event, "bids");
        read_side(&book->asks, event, "asks");
        book->sequence = sequence;
        return;
    }
    if (strcmp(type, "update") != 0 || book->sequence < 0 || sequence <= book->sequence)
        return; /* nothing for us, or what we have already */
    if (sequence != book->sequence + 1) {
        book->gaps++;
        book->sequence = -1;
        ws_send(ws, "{\"snapshot\": true}", -1, HOSTWS_OBJECT);
        return;
    }
    char side[8] = "";
    ws_json_get(event->data, event->length, "/side", side, sizeof side);
    set_level(strcmp(side, "bids") == 0 ? &book->bids : &book->asks,
              number(event->data, event->length, "/price", 0), number(event->data, event->length, "/quantity", 0));
    book->sequence = sequence;
    if (++book->updates == book->until)
        ws_terminate(ws, 1000, NULL);
}

static void on_event(ws_id ws, const ws_event *event, void *user_data)
{
    struct book *book = user_data;
    if (event->type == HOSTWS_EVENT_RECONNECTING && book->sequence >= 0) {
        char url[512];
        snprintf(url, sizeof url, "%s?after=%ld", book->url, book->sequence);
        ws_set_url(ws, url);
    } else if (event->type == HOSTWS_EVENT_RECONNECTED) {
        book->resumes++;
    }
}

static void on_error(ws_id ws, const ws_event *event, void *user_data)
{
    (void)ws, (void)user_data;
    fprintf(stderr, "%s\n", event->errors[event->error_count - 1].message);
}

int main(int argc, char **argv)
{
    static struct book book;
    book.url = argc > 1 ? argv[1] : "";
    book.until = argc > 2 ? strtol(argv[2], NULL, 10) : -1;
    book.sequence = -1;
    ws_handler handler = {
        .struct_size = sizeof handler,
        .data_type = HOSTWS_OBJECT,
        .user_data = &book,
        .on_message = on_message,
        .on_event = on_event,
        .on_error = on_error,
    };
    ws_options options = {.struct_size = sizeof options, .reconnect_max = -1, .reconnect_min_ms = 100};
    if (ws_new(book.url, &handler, &options) < 0) {
        fprintf(stderr, "%s\n", ws_last_error_message());
        return 1;
    }
    while (ws_poll(0, -1, 0) >= 0) {
    }
    printf("sequence %ld, best bid %.2f, best ask %.2f, gaps %ld, resumes %ld\n", book.sequence, best(&book.bids, 1),
           best(&book.asks, -1), book.gaps, book.resumes);
    return 0;
}
