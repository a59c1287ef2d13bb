/* hostws in a game: sixty frames a second, and at most a hundred events of the network in each. */
#include <SDL.h>
#include <hostws.h>
#include <stdio.h>

static int playing = 1;
static int has_ended; /* the connection */
static int ball = 20; /* where the server says that it is */

static void on_open(ws_id ws, const ws_event *event, void *user_data)
{
    (void)event, (void)user_data;
    ws_send(ws, "300", -1, HOSTWS_TEXT);
}

static void on_message(ws_id ws, const ws_event *event, void *user_data)
{
    (void)user_data;
    ball = SDL_atoi(event->data);
    printf("hello, ball at %d\n", ball);
    ws_terminate(ws, 1000, NULL);
}

static void on_terminate(ws_id ws, const ws_event *event, void *user_data)
{
    (void)ws, (void)user_data;
    printf("closed: %d %s\n", (int)event->code, event->reason);
    has_ended = 1;
}

static void draw(SDL_Renderer *renderer)
{
    SDL_Rect rectangle = {.x = ball, .y = 100, .w = 40, .h = 40};
    SDL_SetRenderDrawColor(renderer, 20, 30, 60, 255);
    SDL_RenderClear(renderer);
    SDL_SetRenderDrawColor(renderer, 250, 200, 60, 255);
    SDL_RenderFillRect(renderer, &rectangle);
    SDL_RenderPresent(renderer);
}

int main(int argc, char **argv)
{
    ws_handler handler = {
        .struct_size = sizeof handler,
        .on_open = on_open,
        .on_message = on_message,
        .on_terminate = on_terminate,
    };
    SDL_Window *window;
    SDL_Renderer *renderer;
    if (SDL_Init(SDL_INIT_VIDEO) < 0 || SDL_CreateWindowAndRenderer(640, 240, 0, &window, &renderer) < 0) {
        fprintf(stderr, "%s\n", SDL_GetError());
        return 1;
    }
    if (argc < 2 || ws_new(argv[1], &handler, NULL) < 0) {
        fprintf(stderr, "%s\n", argc < 2 ? "usage: sdl URL [FRAMES]" : ws_last_error_message());
        return 1;
    }
    /* So many after the connection has ended; -1: until the window is closed. */
    int frames = argc > 2 ? SDL_atoi(argv[2]) : -1;
    while (playing && (!has_ended || frames-- != 0)) {
        SDL_Event event;
        while (SDL_PollEvent(&event))
            if (event.type == SDL_QUIT)
                playing = 0;
        ws_poll(0, 0, 100); /* callbacks run here, between two frames */
        draw(renderer);
        SDL_Delay(1000 / 60);
    }
    ws_shutdown(1000);
    SDL_Quit();
    return ball == 300 ? 0 : 1;
}
