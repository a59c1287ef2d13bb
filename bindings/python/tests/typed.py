"""What a program with types says. mypy --strict reads it, and nobody runs it."""

import asyncio
import logging
from typing import List, Optional, Tuple

import hostws
import hostws.aio


def on_event(ws: hostws.Connection, event: hostws.Event) -> None:
    if event.type == "reconnected":
        ws.send("subscribe")
    wait: float = event.delay
    print(wait, [cause.component.upper() for cause in event.errors])


def blocking(url: str) -> Optional[int]:
    hostws.log_to(logging.getLogger("hostws"))
    try:
        with hostws.connect(url, reconnect=True, on_event=on_event, headers={"X-Key": "1"}, open_timeout_ms=10000) as ws:
            ws.send(b"bytes", timeout=5)
            for message in ws:
                print(message)
            print(ws.recv(timeout=5), ws.status.lower(), ws.url.lower(), ws.subprotocol or "")
    except hostws.OpenError as error:
        headers: List[Tuple[str, str]] = error.headers
        print(error.body.decode(), headers, error.errors[0].message)
        return error.status
    except hostws.ConnectionClosed as closed:
        return None if closed.was_clean else closed.code + len(closed.reason)
    except (hostws.OptionError, TimeoutError):
        pass
    return None


async def later(url: str) -> None:
    async with hostws.aio.connect(url, data_type="object") as ws:
        await ws.send({"price": 1})
        async for message in ws:
            print(message["price"])
        print(await asyncio.wait_for(ws.recv(), 5))
        await ws.close(1000, "done")


def callbacks(url: str) -> None:
    hostws.run(url, on_open=lambda ws: ws.send("x"), on_terminate=lambda ws, code, reason: print(code + 1, reason.upper()))


# mypy says so if one of these is no error.
wrong: int = hostws.library_version()  # type: ignore[assignment]
hostws.Event("pong").no_such_field  # type: ignore[attr-defined]
