/*
 * The library for Lua 5.1 to 5.4 without a foreign function interface. ffi.lua is the same for LuaJIT: the same functions,
 * the same results.
 */
#include <hostws.h>
#include <lauxlib.h>
#include <lua.h>

#ifdef _WIN32
#include <windows.h>
#define EXPORT __declspec(dllexport)
#else
#include <time.h>
#define EXPORT __attribute__((visibility("default")))
#endif

enum { CAPACITY = 256, TEXT = 1024, NAME = 256, VALUE = 65536 };

/* What no int32_t holds is out of every range. */
static int32_t integer(lua_State *L, int index)
{
    lua_Integer value = luaL_checkinteger(L, index);
    return value < INT32_MIN || value > INT32_MAX ? INT32_MIN : (int32_t)value;
}

static int answer(lua_State *L, lua_Integer result)
{
    lua_pushinteger(L, result);
    return 1;
}

/* ---- time ---- */

static int now(lua_State *L)
{
#ifdef _WIN32
    lua_pushnumber(L, (lua_Number)GetTickCount64() / 1e3);
#else
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    lua_pushnumber(L, (lua_Number)time.tv_sec + (lua_Number)time.tv_nsec / 1e9);
#endif
    return 1;
}

/* ---- calls ---- */

static int open_connection(lua_State *L)
{
    char words[TEXT];
    ws_id ws = ws_open_ex(luaL_checkstring(L, 1), luaL_checkstring(L, 2), NULL, words, sizeof words);
    lua_pushinteger(L, ws);
    lua_pushstring(L, words);
    return 2;
}

static int send_message(lua_State *L)
{
    size_t length;
    const char *data = luaL_checklstring(L, 2, &length);
    return answer(L, ws_send(integer(L, 1), data, (int64_t)length, integer(L, 3)));
}

static int ping(lua_State *L)
{
    size_t length;
    const char *data = luaL_checklstring(L, 2, &length);
    /* A length that is no int32 is too long for a ping in any case. */
    return answer(L, ws_ping(integer(L, 1), data, length > INT32_MAX ? INT32_MAX : (int32_t)length));
}

static int answer_question(lua_State *L)
{
    size_t length;
    const char *value = luaL_checklstring(L, 3, &length);
    return answer(L, ws_answer(integer(L, 1), integer(L, 2), value, (int64_t)length));
}

static int pause_reading(lua_State *L)
{
    return answer(L, ws_pause(integer(L, 1), integer(L, 2)));
}

static int terminate(lua_State *L)
{
    return answer(L, ws_terminate(integer(L, 1), integer(L, 2), luaL_checkstring(L, 3)));
}

static int abort_connection(lua_State *L)
{
    return answer(L, ws_abort(integer(L, 1)));
}

static int status(lua_State *L)
{
    lua_pushstring(L, ws_status_name(ws_status(integer(L, 1))));
    return 1;
}

static int buffered_amount(lua_State *L)
{
    return answer(L, (lua_Integer)ws_buffered_amount(integer(L, 1)));
}

static int set_header(lua_State *L)
{
    return answer(L, ws_set_header(integer(L, 1), luaL_checkstring(L, 2), luaL_optstring(L, 3, NULL)));
}

static int set_url(lua_State *L)
{
    return answer(L, ws_set_url(integer(L, 1), luaL_checkstring(L, 2)));
}

static int response_status(lua_State *L)
{
    return answer(L, ws_response_status(integer(L, 1)));
}

static int queue_new(lua_State *L)
{
    return answer(L, ws_queue_new());
}

static int queue_free(lua_State *L)
{
    return answer(L, ws_queue_free(integer(L, 1)));
}

static int queue_fd(lua_State *L)
{
    return answer(L, (lua_Integer)ws_queue_fd(integer(L, 1)));
}

static int last_words(lua_State *L)
{
    lua_pushstring(L, ws_last_error_message());
    return 1;
}

static int library_version(lua_State *L)
{
    lua_pushstring(L, ws_version());
    return 1;
}

/* ---- texts ---- */

static int text(lua_State *L, int64_t (*copy)(ws_id, char *, int64_t))
{
    ws_id ws = integer(L, 1);
    char room[TEXT];
    char *buffer = room;
    int64_t size = sizeof room, length;
    while ((length = copy(ws, buffer, size)) >= size) {
        size = length + 1;
        buffer = lua_newuserdata(L, (size_t)size);
    }
    if (length < 0)
        lua_pushnil(L);
    else
        lua_pushlstring(L, buffer, (size_t)length);
    return 1;
}

static int url(lua_State *L)
{
    return text(L, ws_url);
}

static int subprotocol(lua_State *L)
{
    return text(L, ws_subprotocol);
}

static int explain(lua_State *L)
{
    return text(L, ws_explain);
}

static int response_body(lua_State *L)
{
    return text(L, ws_response_body);
}

static int response_headers(lua_State *L)
{
    ws_id ws = integer(L, 1);
    char name[NAME];
    char *value = lua_newuserdata(L, VALUE);
    int64_t length;
    lua_newtable(L);
    for (int i = 0; (length = ws_response_header_at(ws, i, name, sizeof name, value, VALUE)) >= 0; i++) {
        lua_createtable(L, 2, 0);
        lua_pushstring(L, name);
        lua_rawseti(L, -2, 1);
        lua_pushlstring(L, value, (size_t)(length < VALUE ? length : VALUE - 1));
        lua_rawseti(L, -2, 2);
        lua_rawseti(L, -2, i + 1);
    }
    return 1;
}

/* ---- events ---- */

static void set_text(lua_State *L, const char *field, const char *value)
{
    lua_pushstring(L, value ? value : "");
    lua_setfield(L, -2, field);
}

static void set_number(lua_State *L, const char *field, lua_Number value)
{
    lua_pushnumber(L, value);
    lua_setfield(L, -2, field);
}

static void set_integer(lua_State *L, const char *field, lua_Integer value)
{
    lua_pushinteger(L, value);
    lua_setfield(L, -2, field);
}

static void push_event(lua_State *L, const ws_event *event)
{
    lua_createtable(L, 0, 9);
    set_text(L, "type", ws_event_name(event->type));
    set_integer(L, "code", event->code);
    set_text(L, "reason", event->reason);
    lua_pushboolean(L, event->was_clean);
    lua_setfield(L, -2, "was_clean");
    lua_createtable(L, event->error_count, 0);
    for (int32_t i = 0; i < event->error_count; i++) {
        lua_createtable(L, 0, 3);
        set_integer(L, "code", event->errors[i].code);
        set_text(L, "component", event->errors[i].component);
        set_text(L, "message", event->errors[i].message);
        lua_rawseti(L, -2, i + 1);
    }
    lua_setfield(L, -2, "errors");
    set_number(L, "delay", (lua_Number)event->delay_ms / 1e3);
    set_number(L, "round_trip", (lua_Number)event->round_trip_us / 1e6);
    lua_pushlstring(L, event->data ? event->data : "", (size_t)event->length);
    lua_setfield(L, -2, "data");
    set_integer(L, "flags", event->flags);
}

/* What was fetched, and how many of it are in the batch. */
typedef struct {
    ws_event events[CAPACITY];
    int32_t count, copied;
} fetched;

static void put(lua_State *L, const fetched *all, int field)
{
    lua_rawseti(L, 2, 3 * all->copied + field);
}

/* copy(all, batch): Lua may raise an error in the middle, and this may be called again. */
static int copy(lua_State *L)
{
    fetched *all = lua_touserdata(L, 1);
    for (; all->copied < all->count; all->copied++) {
        const ws_event *event = &all->events[all->copied];
        int is_message = event->type == HOSTWS_EVENT_MESSAGE;
        lua_pushinteger(L, event->ws);
        put(L, all, 1);
        if (is_message)
            lua_pushlstring(L, event->data, (size_t)event->length);
        else
            push_event(L, event);
        put(L, all, 2);
        lua_pushinteger(L, is_message ? event->data_type : 0);
        put(L, all, 3);
    }
    return 0;
}

/*
 * receive(queue, timeout_ms, batch): waits for events, and puts three values for each into `batch`: the id; the message, or
 * a table; the message's data type, or 0. For a message for which there is no memory they are the id, its size and -1.
 * Returns their number, or a negative code. After an error the next call goes on where this one was.
 */
static int receive(lua_State *L)
{
    fetched *all = lua_touserdata(L, lua_upvalueindex(1));
    if (all->copied == all->count) {
        all->events[0].struct_size = sizeof all->events[0];
        all->copied = 0;
        all->count = 0;
        int32_t count = ws_next_batch(integer(L, 1), all->events, CAPACITY, integer(L, 2));
        if (count <= 0)
            return answer(L, count);
        all->count = count;
    }
    while (all->copied < all->count) {
        lua_pushvalue(L, lua_upvalueindex(2));
        lua_pushvalue(L, lua_upvalueindex(1));
        lua_pushvalue(L, 3);
        int status = lua_pcall(L, 2, 0, 0);
        if (status == 0)
            break;
        const ws_event *event = &all->events[all->copied];
        if (status != LUA_ERRMEM || event->type != HOSTWS_EVENT_MESSAGE)
            return lua_error(L);
        lua_settop(L, 3);
        lua_pushnumber(L, (lua_Number)event->length);
        lua_rawseti(L, 3, 3 * all->copied + 2);
        lua_pushinteger(L, -1);
        lua_rawseti(L, 3, 3 * all->copied + 3);
        all->copied++;
    }
    return answer(L, all->count);
}

/* ---- the module ---- */

static const luaL_Reg functions[] = {
    {"now", now},
    {"open", open_connection},
    {"send", send_message},
    {"ping", ping},
    {"answer", answer_question},
    {"pause", pause_reading},
    {"terminate", terminate},
    {"abort", abort_connection},
    {"status", status},
    {"buffered_amount", buffered_amount},
    {"set_header", set_header},
    {"set_url", set_url},
    {"response_status", response_status},
    {"queue_new", queue_new},
    {"queue_free", queue_free},
    {"fd", queue_fd},
    {"last_words", last_words},
    {"library_version", library_version},
    {"url", url},
    {"subprotocol", subprotocol},
    {"explain", explain},
    {"response_body", response_body},
    {"response_headers", response_headers},
    {NULL, NULL},
};

EXPORT int luaopen_hostws_core(lua_State *L)
{
    lua_newtable(L);
    for (const luaL_Reg *each = functions; each->name; each++) {
        lua_pushcfunction(L, each->func);
        lua_setfield(L, -2, each->name);
    }
    fetched *all = lua_newuserdata(L, sizeof *all);
    all->count = all->copied = 0;
    lua_pushcfunction(L, copy);
    lua_pushcclosure(L, receive, 2);
    lua_setfield(L, -2, "receive");
    set_integer(L, "CAPACITY", CAPACITY);
    return 1;
}

/* A package for several versions of Lua has this module for each: hostws.core501 to hostws.core504. */
#define JOIN(a, b) a##b
#define OF_VERSION(number) JOIN(luaopen_hostws_core, number)

EXPORT int OF_VERSION(LUA_VERSION_NUM)(lua_State *L)
{
    return luaopen_hostws_core(L);
}
