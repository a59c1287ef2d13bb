/*
 * Lua inside a program: states that come and go with open connections, several at once, and nothing is left of them.
 *
 *     lua_states URL
 */
#include <dirent.h>
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { THREADS = 3, STATES = 5, PATIENCE_MS = 60000 };

static const char SCRIPT[] =
    "local hostws, url = require 'hostws', ...\n"
    "local flood = assert(hostws.connect(url .. '/flood?n=5000&size=1000'))\n"
    "for expected = 0, 500 do assert(tonumber((flood:receive(30):match '%d+')) == expected) end\n"
    "local echo = assert(hostws.connect(url .. '/echo'))\n"
    "assert(echo:send('hello'))\n"
    "assert(echo:receive(30) == 'hello')\n"
    "hostws.open(url .. '/echo', { on = { open = function() error 'on purpose' end } })\n"
    "hostws.spawn(function() echo:receive() end)\n"
    "local fine, err = pcall(hostws.run)\n"
    "assert(not fine and err:find 'on purpose')\n";

static const char *url;

static void *live(void *unused)
{
    for (int i = 0; i < STATES; i++) {
        lua_State *L = luaL_newstate();
        luaL_openlibs(L);
        if (luaL_loadstring(L, SCRIPT) == LUA_OK) {
            lua_pushstring(L, url);
            lua_pcall(L, 1, 0, 0);
        }
        if (lua_gettop(L) > 0) {
            fprintf(stderr, "%s\n", lua_tostring(L, -1));
            exit(1);
        }
        /* With everything open. */
        lua_close(L);
    }
    return unused;
}

static int entries(const char *folder)
{
    int count = 0;
    DIR *directory = opendir(folder);
    while (readdir(directory))
        count++;
    closedir(directory);
    return count;
}

int main(int argc, char **argv)
{
    url = argv[argc - 1];
    int descriptors = entries("/proc/self/fd");
    int threads = entries("/proc/self/task");
    pthread_t others[THREADS];
    for (int i = 0; i < THREADS; i++)
        pthread_create(&others[i], NULL, live, NULL);
    for (int i = 0; i < THREADS; i++)
        pthread_join(others[i], NULL);
    /* The library's threads end some time after their last connection. */
    for (int ms = 0; ms < PATIENCE_MS; ms += 10) {
        if (entries("/proc/self/task") <= threads && entries("/proc/self/fd") <= descriptors)
            return 0;
        nanosleep(&(struct timespec){.tv_nsec = 10 * 1000 * 1000}, NULL);
    }
    fprintf(stderr, "%d threads instead of %d, %d descriptors instead of %d\n", entries("/proc/self/task"), threads,
            entries("/proc/self/fd"), descriptors);
    return 1;
}
