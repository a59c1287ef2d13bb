"""The driver for Python: driver.py blocking|asyncio. ../README.md says what it is told, and what it answers."""

import asyncio
import inspect
import json
import sys
import threading
import time

import hostws
import hostws.aio

is_async = sys.argv[1] == "asyncio"


async def now(result):
    """What the asyncio connection gives must be awaited; the blocking one's is there."""
    return await result if inspect.isawaitable(result) else result


connections, events, objects = {}, {}, set()


async def receive(name, seconds=30.0):
    ws = connections[name]
    if not is_async:
        return ws.recv(seconds)
    try:
        return await asyncio.wait_for(ws.recv(), seconds)
    except asyncio.TimeoutError:
        raise TimeoutError from None


async def ended(name):
    """How the connection has ended, which every call says from then on, as an exception."""
    while True:
        await receive(name)


async def do_open(name, url, *options):
    given, headers, events[name] = {}, [], []
    for option in options:
        key, sign, value = min(option.partition("="), option.partition(":"), key=lambda parts: len(parts[0]))
        if key == "headers":
            headers.append(tuple(value.split(": ", 1)))
        else:
            given[key] = int(value) if sign == "=" else value
    (objects.add if given.get("data_type") == "object" else objects.discard)(name)
    on_event = lambda _, event: events[name].append(event.type)  # noqa: E731
    connect = hostws.aio.connect if is_async else hostws.connect
    connections[name] = await now(connect(url, headers=headers, on_event=on_event, **given))
    return ("open",)


async def do_send(name, kind, payload):
    make = {"blob": bytes, "text": bytes.decode, "object": json.loads}[kind]
    await now(connections[name].send(make(bytes.fromhex(payload))))
    return ("sent",)


async def do_recv(name, ms):
    message = await receive(name, int(ms) / 1000)
    if name in objects:
        return "object", json.dumps(message).encode().hex()
    return ("text", message.encode().hex()) if isinstance(message, str) else ("blob", message.hex())


async def do_echo(name, kind, size):
    text = ("abcdefghijklmnopqrstuvw" * (int(size) // 23 + 1))[:int(size)]
    message = text if kind == "text" else text.encode()
    await now(connections[name].send(message))
    return ("same" if await receive(name) == message else "different",)


async def do_flood(name, count):
    for expected in range(int(count)):
        message = await now(connections[name].recv())
        number = message.split(":" if isinstance(message, str) else b":", 1)[0]
        if int(number) != expected:
            return "different", f"{number} instead of {expected}"
    return ("ordered",)


async def do_mirror(name):
    ws = connections[name]
    while True:
        message = await now(ws.recv())
        try:
            await now(ws.send(message))
        except hostws.ConnectionClosed:
            await ended(name)


async def do_close(name, code, reason):
    await now(connections[name].close(int(code), bytes.fromhex(reason).decode()))
    await ended(name)


async def do_abort(name):
    connections[name].abort()
    await ended(name)


async def do_await(name, event, ms):
    for _ in range(int(ms) // 10):
        if event in events[name]:
            events[name].remove(event)
            return (event,)
        try:
            await receive(name, 0.01)
        except TimeoutError:
            pass
    return ("timeout",)


async def do_ping(name, payload):
    connections[name].ping(bytes.fromhex(payload))
    return ("sent",)


async def do_get(name, fact):
    headers = {"header:" + key.lower(): value for key, value in connections[name].response_headers}
    return (headers[fact] if ":" in fact else getattr(connections[name], fact) or "",)


async def do_sleep(ms):
    await now((asyncio if is_async else time).sleep(int(ms) / 1000))
    return ("slept",)


async def do_cancel(name):
    if not is_async:
        return ("unsupported",)
    waiting = asyncio.ensure_future(connections[name].recv())
    await asyncio.sleep(0.05)
    waiting.cancel()
    try:
        await waiting
    except asyncio.CancelledError:
        return ("cancelled",)


async def do_threads(name, count, each):
    if is_async:  # a connection belongs to its loop
        return ("unsupported",)
    ws, seen = connections[name], [0] * int(count)
    for i in range(len(seen)):
        threading.Thread(target=lambda i=i: [ws.send(f"{i}:{j}") for j in range(int(each))]).start()
    for _ in range(len(seen) * int(each)):
        i, j = map(int, (await receive(name)).split(":"))
        if j != seen[i]:
            return "different", f"{i}:{j} instead of {i}:{seen[i]}"
        seen[i] += 1
    return ("ordered",)


async def do_interrupt(name):
    print("waiting", flush=True)
    await receive(name, None)


def components(error):
    return ",".join(cause.component for cause in error.errors)


async def answer(line):
    command, *fields = line.rstrip("\n").split("\t")
    if "do_" + command not in globals():
        return ("unsupported",)
    try:
        return await globals()["do_" + command](*fields)
    except hostws.OptionError as error:
        return "refused", error
    except hostws.OpenError as error:
        headers = {name.lower(): value for name, value in error.headers}
        return "failed", error.status or 0, components(error), error.body.hex(), error, headers.get("www-authenticate", "")
    except hostws.ConnectionClosed as error:
        return "closed", error.code, "yes" if error.was_clean else "no", error.reason.encode().hex(), components(error)
    except TimeoutError:
        return ("timeout",)
    except Exception as error:
        return "error", repr(error)


async def serve():
    while True:
        # An event loop runs on meanwhile.
        line = await asyncio.to_thread(sys.stdin.readline) if is_async else sys.stdin.readline()
        if line in ("", "exit\n"):
            return
        print(*(" ".join(str(field).split()) for field in await answer(line)), sep="\t", flush=True)


try:
    # In the blocking one nothing is awaited.
    asyncio.run(serve()) if is_async else serve().send(None)
except StopIteration:
    pass
except KeyboardInterrupt:
    sys.exit(130)
