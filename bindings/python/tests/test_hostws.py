"""The package as it was installed, beside the test server: HOSTWS_WS is its address, HOSTWS_NOBODY one where nobody listens."""

import asyncio
import base64
import gc
import hashlib
import logging
import os
import re
import signal
import subprocess
import sys
import textwrap
import threading
import time
import unittest
from pathlib import Path

import hostws
import hostws.aio

WS = os.environ["HOSTWS_WS"]
NOBODY = os.environ["HOSTWS_NOBODY"]
PACKAGE = Path(__file__).resolve().parents[1]


def program(text, *arguments, **keywords):
    """Another interpreter that runs `text`."""
    command = [sys.executable, "-c", textwrap.dedent(text), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, **keywords)


async def breaking_server(answered):
    """Sends a text message and at once a frame that breaks the protocol. The queue `answered` gets the kind of frame that each
    connection sends first; None if it sends nothing."""

    async def serve(reader, writer):
        key = re.search(rb"(?i)sec-websocket-key: *(\S+)", await reader.readuntil(b"\r\n\r\n"))[1]
        accept = base64.b64encode(hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
        writer.write(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                     b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n\x81\x02hi\xa1\x00")
        try:
            answered.put_nowait((await reader.readexactly(1))[0] & 15)
        except (asyncio.IncompleteReadError, OSError):
            answered.put_nowait(None)
        await reader.read()
        writer.close()

    return await asyncio.start_server(serve, "127.0.0.1", 0)


class Blocking(unittest.TestCase):
    def test_text_and_bytes_come_back_as_they_were_sent(self):
        with hostws.connect(WS + "/echo") as ws:
            for message in ["hello", "héllo €, 日本 \0 end", "", b"\x00\xff", b"", "x" * (1 << 20)]:
                ws.send(message)
                self.assertEqual(ws.recv(30), message)
            ws.send(bytearray(b"abc"))
            self.assertEqual(ws.recv(30), b"abc")
            ws.send(memoryview(b"abcdef")[1:4])
            self.assertEqual(ws.recv(30), b"bcd")
            with self.assertRaises(TypeError):
                ws.send(object())

    def test_objects_are_parsed(self):
        with hostws.connect(WS + "/echo", data_type="object") as ws:
            ws.send({"price": 1.5, "names": ["ä"]})
            self.assertEqual(ws.recv(30), {"price": 1.5, "names": ["ä"]})

    def test_the_iteration_ends_with_the_connection(self):
        with hostws.connect(WS + "/close?code=1000") as ws:
            self.assertEqual([*ws], [])

    def test_a_loss_is_an_exception(self):
        with self.assertRaises(hostws.ConnectionClosed) as caught:
            with hostws.connect(WS + "/drop") as ws:
                for _ in ws:
                    pass
        self.assertEqual((caught.exception.code, caught.exception.was_clean), (1006, False))
        self.assertTrue(caught.exception.errors)

    def test_a_flood_comes_in_order(self):
        with hostws.connect(WS + "/flood?n=100000&size=16") as ws:
            for expected in range(100_000):
                self.assertEqual(int(ws.recv(30).split(":")[0]), expected)

    def test_a_reader_that_stops_stops_the_server(self):
        with hostws.connect(WS + "/flood?n=100000&size=10000", receive_queue_max=1 << 20) as ws:
            time.sleep(0.5)
            self.assertEqual(int(ws.recv(30).split(":")[0]), 0)
            self.assertLess(ws._count * 10_000, 4 << 20)
            ws.abort()

    def test_a_full_send_queue_waits_and_then_times_out(self):
        with hostws.connect(WS + "/silent", send_queue_max=200_000) as ws:
            with self.assertRaises(TimeoutError):
                for _ in range(1000):
                    ws.send(b"x" * 100_000, timeout=0.3)
            ws.abort()
        with hostws.connect(WS + "/echo", send_queue_max=200_000) as ws:
            for _ in range(100):
                ws.send(b"x" * 100_000, timeout=60)
            self.assertEqual(sum(len(ws.recv(60)) for _ in range(100)), 10_000_000)

    def test_recv_times_out(self):
        with hostws.connect(WS + "/echo") as ws:
            with self.assertRaises(TimeoutError):
                ws.recv(0.05)
            ws.send("still open")
            self.assertEqual(ws.recv(30), "still open")

    def test_arguments_are_those_that_are_told(self):
        with hostws.connect(WS + "/echo") as ws:
            self.assertIs(iter(ws), ws)
            ws.send("1", timeout=30)
            ws.send("2", 30)
            ws.send(timeout=30, message="3")
            self.assertEqual([ws.recv(timeout=30), ws.recv(30), next(ws)], ["1", "2", "3"])
            for wrong in [lambda: ws.recv(1, 2), lambda: ws.recv(time=1), lambda: ws.send(), lambda: ws.send("x", 1, 2),
                          lambda: ws.send("x", time=1), lambda: ws.send("x", message="y"), lambda: ws.send(timeout=1)]:
                self.assertRaises(TypeError, wrong)
            with self.assertRaises(TimeoutError):
                ws.recv(0)

    def test_a_refused_option_raises_the_librarys_words(self):
        with self.assertRaisesRegex(hostws.OptionError, "tls_cat"):
            hostws.connect(WS, tls_cat="x")
        with self.assertRaisesRegex(hostws.OptionError, "ws://"):
            hostws.connect("nowhere")
        with self.assertRaisesRegex(ValueError, "data_type"):
            hostws.connect(WS, data_type="blub")
        with self.assertRaisesRegex(ValueError, "stream_threshold"):
            hostws.connect(WS, stream_threshold=2000)

    def test_an_opening_that_fails_says_why(self):
        with self.assertRaises(hostws.OpenError) as caught:
            hostws.connect(NOBODY)
        self.assertIn("tcp", [error.component for error in caught.exception.errors])
        self.assertIn("refused", str(caught.exception))
        self.assertIsNone(caught.exception.status)
        with self.assertRaises(hostws.OpenError) as caught:
            hostws.connect(WS + "/no-such-path")
        self.assertEqual(caught.exception.status, 404)

    def test_headers_and_facts(self):
        headers = [("X-Test", "one"), ("X-Test", "two"), ("X-Other", "ä".encode().decode("latin-1"))]
        with hostws.connect(WS + "/echo", headers=headers[:2]) as ws:
            self.assertEqual((ws.status, ws.subprotocol), ("Connected", None))
            self.assertTrue(ws.url.endswith("/echo"))
            self.assertIn("upgrade", [name.lower() for name, _ in ws.response_headers])
            self.assertIn("url", ws.explain())
        self.assertEqual(ws.status, "Closed")

    def test_facts_outlive_the_connection(self):
        ws = hostws.connect(WS + "/silent", send_queue_max=200_000)
        with self.assertRaises(TimeoutError):
            while True:
                ws.send(bytes(100_000), timeout=0)
        ws.abort()
        with self.assertRaises(hostws.ConnectionClosed):
            ws.recv(timeout=60)
        self.assertEqual((ws.status, ws.url, ws.subprotocol), ("Closed", WS + "/silent", None))
        self.assertIn("upgrade", [name.lower() for name, _ in ws.response_headers])
        self.assertGreater(ws.buffered_amount, 0)

    def test_it_reconnects_and_tells(self):
        told = []
        readme = (PACKAGE / "README.md").read_text(encoding="utf-8")
        printed = {}
        exec(re.search(r"^```python\n(def on_event.*?)^```", readme, re.M | re.S)[1], printed)

        def on_event(ws, event):
            told.append(event.type)
            printed["on_event"](ws, event)

        # The server closes after the first message.
        options = {"reconnect": True, "reconnect_codes": "4001", "reconnect_min_ms": 1, "reconnect_max_ms": 2}
        with hostws.connect(WS + "/late-close", on_event=on_event, **options) as ws:
            ws.send("subscribe")
            deadline = time.monotonic() + 30
            while told.count("reconnected") < 3 and time.monotonic() < deadline:
                with self.assertRaises(TimeoutError):
                    ws.recv(0.02)
        self.assertEqual(told[:4], ["reconnecting", "reconnected"] * 2)

    def test_a_question_is_answered(self):
        told = []

        def on_event(ws, event):
            told.append(event.type)
            if event.type == "ask":
                self.assertIn(b"attempt", event.data)
                ws.answer(event.code, "refuse")

        options = {"reconnect": True, "reconnect_codes": "4001", "ask": 4}
        with self.assertRaises(hostws.ConnectionClosed) as caught:
            with hostws.connect(WS + "/late-close", on_event=on_event, **options) as ws:
                ws.send("x")
                ws.recv(30)
        self.assertEqual((told, caught.exception.code), (["ask"], 4001))

    def test_ping(self):
        pongs = []
        with hostws.connect(WS + "/echo", on_event=lambda _, event: pongs.append(event)) as ws:
            ws.ping(b"p")
            while not pongs:
                ws.send("x")
                ws.recv(30)
        self.assertEqual((pongs[0].type, pongs[0].data), ("pong", b"p"))
        self.assertGreater(pongs[0].round_trip, 0)

    def test_a_handler_that_raises_loses_no_message(self):
        def on_event(ws, event):
            raise LookupError(event.type)

        with hostws.connect(WS + "/echo", on_event=on_event) as ws:
            for number in range(50):
                ws.send(str(number))
                ws.ping()
            got, raised = [], 0
            while len(got) < 50:
                try:
                    got.append(int(ws.recv(30)))
                except LookupError:
                    raised += 1
            self.assertEqual(got, [*range(50)])
            self.assertGreater(raised, 0)

    def test_other_threads_send(self):
        with hostws.connect(WS + "/echo") as ws:
            threads = [threading.Thread(target=lambda: [ws.send("x") for _ in range(100)]) for _ in range(4)]
            for thread in threads:
                thread.start()
            for _ in range(400):
                self.assertEqual(ws.recv(30), "x")
            for thread in threads:
                thread.join()

    def test_one_thread_receives_and_others_close_wait_and_send(self):
        for _ in range(20):
            ws = hostws.connect(WS + "/echo")
            reading = threading.Thread(target=lambda: [*ws], daemon=True)
            reading.start()
            closing = threading.Thread(target=ws.close, daemon=True)
            closing.start()
            for thread in (closing, reading):
                thread.join(30)
                self.assertFalse(thread.is_alive())
        with hostws.connect(WS + "/echo", send_queue_max=200_000) as ws:
            got = []
            reading = threading.Thread(target=lambda: got.extend(len(ws.recv()) for _ in range(101)), daemon=True)
            reading.start()
            time.sleep(0.1)
            waiting = threading.Thread(target=lambda: self.assertRaises(TimeoutError, ws.recv, 0.1), daemon=True)
            waiting.start()
            waiting.join(30)
            self.assertFalse(waiting.is_alive())
            for _ in range(100):
                ws.send(b"x" * 100_000, timeout=60)
            ws.send(b"")
            reading.join(60)
            self.assertEqual(sum(got), 10_000_000)

    def test_arguments_that_c_would_misunderstand_are_refused(self):
        for url in (None, b"ws://localhost", 5):
            self.assertRaisesRegex(TypeError, "url is a str", hostws.connect, url)
        self.assertRaisesRegex(hostws.OptionError, "url contains a NUL", hostws.connect, WS + "/echo\0/other")
        for name, value in {"tls_ca": b"x", "open_timeout_ms": float("nan"), "headers": "abc"}.items():
            self.assertRaisesRegex(hostws.OptionError, name, hostws.connect, WS, **{name: value})
        for headers in ({"a": None}, {None: "a"}, [("a",)], 5, {b"a": "b"}):
            self.assertRaisesRegex(hostws.OptionError, "^headers", hostws.connect, WS, headers=headers)
        with hostws.connect(WS + "/echo", reconnect=True) as ws:
            for message in (None, 5, True, [65], (1, 2), {65}, range(3), iter([65])):
                self.assertRaisesRegex(TypeError, "a message is", ws.send, message)
            for timeout in (float("inf"), 1e10):
                ws.send("x")
                self.assertEqual(ws.recv(timeout), "x")
            self.assertRaises(ValueError, ws.recv, float("nan"))
            ws.ping(bytearray(b"p"))
            self.assertRaises(TypeError, ws.ping, "p")
            for wrong in [lambda: ws.close(2**32 + 4000), lambda: ws.close(4000, "a\0b"), lambda: ws.set_header("a", "b\0c"),
                          lambda: ws.set_header("a\0b", "c"), lambda: ws.set_url(WS + "/\0")]:
                self.assertRaises(hostws.OptionError, wrong)
            self.assertEqual(ws.status, "Connected")

    def test_close_ends_with_the_code_that_was_given(self):
        ws = hostws.connect(WS + "/echo", close_timeout_ms=60_000)
        ws.close(4000, "enough")
        ws.close()
        with self.assertRaises(hostws.ConnectionClosed) as caught:
            ws.recv(1)
        self.assertEqual((caught.exception.code, caught.exception.reason), (4000, "enough"))
        with self.assertRaises(hostws.ConnectionClosed):
            ws.send("x")

    def test_callbacks(self):
        told = []

        def on_message(ws, message):
            told.append(message)
            ws.close()

        hostws.run(WS + "/echo", on_open=lambda ws: ws.send("hello"), on_message=on_message)
        hostws.run(NOBODY, on_error=lambda ws, error: told.append(type(error).__name__),
                   on_terminate=lambda ws, code, reason: told.append(code))
        self.assertEqual(told, ["hello", "OpenError", 1006])

    def test_the_log_goes_to_logging(self):
        logger = logging.getLogger("hostws.test")
        logger.setLevel(logging.INFO)
        with self.assertLogs(logger, logging.INFO) as logs:
            hostws.log_to(logger)
            hostws.connect(WS + "/echo").close()
            deadline = time.monotonic() + 30
            while not any("opening ws://" in line for line in logs.output) and time.monotonic() < deadline:
                time.sleep(0.01)
            hostws.log_to(None)
        self.assertTrue(any("opening ws://" in line for line in logs.output), logs.output)


class Asyncio(unittest.IsolatedAsyncioTestCase):
    async def test_echo_and_iteration(self):
        async with hostws.aio.connect(WS + "/echo") as ws:
            for message in ["hello", b"\x00\xff", ""]:
                await ws.send(message)
                self.assertEqual(await asyncio.wait_for(ws.recv(), 30), message)
        count = 0
        async with hostws.aio.connect(WS + "/flood?n=20000&size=16") as ws:
            async for message in ws:
                self.assertEqual(int(message.split(":")[0]), count)
                count += 1
                if count == 20_000:
                    break

    async def test_large_messages_that_came_together_are_all_taken(self):
        async with hostws.aio.connect(WS + "/flood?n=100&size=100000") as ws:
            for expected in range(100):
                message = await asyncio.wait_for(ws.recv(), 30)
                self.assertEqual((int(message.split(":")[0]), len(message)), (expected, 100_000))

    async def test_many_at_once(self):
        async def one(number):
            async with hostws.aio.connect(WS + "/echo") as ws:
                await ws.send(str(number))
                return await ws.recv()

        answers = await asyncio.wait_for(asyncio.gather(*(one(number) for number in range(50))), 60)
        self.assertEqual(answers, [str(number) for number in range(50)])

    async def test_a_handler_that_raises_loses_no_message(self):
        told = []

        def on_event(ws, event):
            raise LookupError(event.type)

        asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(type(context["exception"])))
        async with hostws.aio.connect(WS + "/echo", on_event=on_event) as ws:
            for number in range(50):
                await ws.send(str(number))
                ws.ping()
            got = [int(await asyncio.wait_for(ws.recv(), 30)) for _ in range(50)]
        self.assertEqual(got, [*range(50)])
        self.assertEqual(set(told), {LookupError})

    async def test_errors(self):
        with self.assertRaises(hostws.OpenError):
            await hostws.aio.connect(NOBODY)
        with self.assertRaisesRegex(hostws.OptionError, "tls_cat"):
            await hostws.aio.connect(WS, tls_cat=1)
        with self.assertRaises(hostws.ConnectionClosed):
            async with hostws.aio.connect(WS + "/drop") as ws:
                await ws.recv()

    async def test_cancellation(self):
        async with hostws.aio.connect(WS + "/echo") as ws:
            with self.assertRaises(asyncio.TimeoutError):
                await asyncio.wait_for(ws.recv(), 0.05)
            await ws.send("still open")
            self.assertEqual(await asyncio.wait_for(ws.recv(), 30), "still open")

    async def test_a_wait_that_is_cancelled_at_any_moment_loses_no_message(self):
        async with hostws.aio.connect(WS + "/echo") as ws:
            got = []
            for number in range(120):
                waiting = asyncio.ensure_future(ws.recv())
                await ws.send(str(number))
                for _ in range(number % 8):
                    await asyncio.sleep(0.0005 if number % 3 == 0 else 0)
                waiting.cancel()
                try:
                    got.append(await waiting)
                except asyncio.CancelledError:
                    got.append(await asyncio.wait_for(ws.recv(), 30))
            self.assertEqual(got, [str(number) for number in range(120)])

    async def test_a_wait_that_is_cancelled_between_arrival_and_wake_up_leaves_the_message(self):
        async with hostws.aio.connect(WS + "/echo") as ws:
            async def first():
                message = await ws.recv()
                # The other has been chosen to go on, and is not yet told.
                other.cancel()
                return message

            one, other = asyncio.ensure_future(first()), asyncio.ensure_future(ws.recv())
            await asyncio.sleep(0)
            await ws.send("1")
            self.assertEqual(await asyncio.wait_for(one, 30), "1")
            with self.assertRaises(asyncio.CancelledError):
                await other
            await ws.send("2")
            self.assertEqual(await asyncio.wait_for(ws.recv(), 30), "2")

    async def test_what_recv_and_send_give_is_a_coroutine(self):
        async with hostws.aio.connect(WS + "/echo") as ws:
            self.assertIs(ws.__aiter__(), ws)
            next_one = ws.__anext__()
            self.assertTrue(asyncio.iscoroutine(next_one))
            next_one.close()
            await asyncio.get_running_loop().create_task(ws.send("1"))
            await asyncio.gather(ws.send("2"))
            done, _ = await asyncio.wait({asyncio.ensure_future(ws.recv())}, timeout=30)
            # What is there and what must wait are awaited alike, and only once.
            receiving = ws.recv()
            self.assertEqual([done.pop().result(), await receiving], ["1", "2"])
            with self.assertRaisesRegex(RuntimeError, "already awaited"):
                await receiving
            waiting = ws.recv()
            waiting.send(None)
            with self.assertRaises(LookupError):
                waiting.throw(LookupError("given up"))
            waiting = ws.recv()
            waiting.send(None)
            waiting.close()
            unstarted = ws.recv()
            with self.assertRaises(LookupError):
                unstarted.throw(LookupError)
            await ws.send("3")
            self.assertEqual(await asyncio.wait_for(ws.recv(), 30), "3")
            with self.assertWarnsRegex(RuntimeWarning, "recv' was never awaited"):
                ws.recv()
                gc.collect()
            with self.assertWarnsRegex(RuntimeWarning, "send' was never awaited"):
                ws.send("never sent")
                gc.collect()

    async def test_messages_that_are_tuples_and_exceptions_are_returned(self):
        for value in [(1, 2), (), LookupError("x"), None]:
            async with hostws.aio.connect(WS + "/echo", data_type="object", loads=lambda _: value) as ws:
                for _ in range(2):
                    await ws.send([])
                    self.assertIs(await asyncio.wait_for(ws.recv(), 30), value)
                await ws.send([])
                async for message in ws:
                    self.assertIs(message, value)
                    break

    async def test_a_flood_leaves_the_loop_its_turns(self):
        turns = 0

        async def tick():
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        ticking = asyncio.ensure_future(tick())
        async with hostws.aio.connect(WS + "/flood?n=200000&size=16") as ws:
            await ws.recv()
            turns = count = 0
            async for _ in ws:
                count += 1
                if count == 199_999:
                    break
            ws.abort()
        ticking.cancel()
        self.assertGreater(turns, 3)

    @unittest.skipIf(sys.implementation.name == "pypy", "PyPy counts no memory")
    async def test_nothing_is_left_of_what_is_over(self):
        import tracemalloc

        async with hostws.aio.connect(WS + "/echo") as ws:
            async def some():
                before = tracemalloc.get_traced_memory()[0]
                for number in range(100):
                    waiting = asyncio.ensure_future(ws.recv())
                    await asyncio.sleep(0)
                    if number % 2:
                        waiting.cancel()
                    await ws.send("x" * 50)
                    await asyncio.wait({waiting})
                    if waiting.cancelled():
                        await ws.recv()
                    self.assertRaises(LookupError, ws.recv().throw, LookupError())
                    await ws.send("a")
                    async for _ in ws:
                        break
                del waiting
                gc.collect()
                return tracemalloc.get_traced_memory()[0] - before

            tracemalloc.start()
            try:
                await asyncio.wait_for(some(), 60)
                # A coroutine of each round would be more.
                self.assertLess(sum([await asyncio.wait_for(some(), 60) for _ in range(4)]), 30_000)
            finally:
                tracemalloc.stop()

    async def test_a_message_before_a_fault_of_the_server_is_answered_however_late_it_is_taken(self):
        answered = asyncio.Queue()
        server = await breaking_server(answered)
        url = "ws://127.0.0.1:%d" % server.sockets[0].getsockname()[1]
        for _ in range(20):
            start = time.monotonic()
            ws = await hostws.aio.connect(url)
            was_in_time = False
            await asyncio.sleep(0.15)
            with self.assertRaises(hostws.ConnectionClosed) as caught:
                await ws.send(await ws.recv())
                # The library itself waits for half a second.
                was_in_time = time.monotonic() - start < 0.4
                await asyncio.wait_for(ws.recv(), 30)
            kind = await asyncio.wait_for(answered.get(), 30)
            if was_in_time:
                self.assertEqual((caught.exception.code, kind), (1002, 1))
                break
        else:
            self.skipTest("the machine is too slow to be in time")
        server.close()

    async def test_the_library_is_told_what_was_read_without_a_timer_of_the_loop(self):
        loop = asyncio.get_running_loop()
        timers = []

        def call_later(delay, function, *arguments, **keywords):
            timers.append(getattr(function, "__self__", None))
            return type(loop).call_later(loop, delay, function, *arguments, **keywords)

        async def told(receiver):
            while receiver.is_reading:
                await asyncio.sleep(0.001)

        loop.call_later = call_later
        try:
            async with hostws.aio.connect(WS + "/echo") as ws:
                await ws.send("hello")
                self.assertEqual(await ws.recv(), "hello")
                self.assertTrue(ws._hub.receiver.is_reading)
                await asyncio.wait_for(told(ws._hub.receiver), 20)
        finally:
            del loop.call_later
        if sys.platform == "linux" and "hostws._native" in sys.modules:
            # One would cost something in each turn of the loop.
            self.assertNotIn(ws._hub, timers)

    async def test_after_a_large_message_it_looks_for_more_before_the_loop_has_its_turn(self):
        async with hostws.aio.connect(WS + "/echo") as ws:
            for size, looks_again in [(100, False), (1 << 16, True), (100, False)]:
                await ws.send("x" * size)
                self.assertEqual(len(await ws.recv()), size)
                self.assertEqual(ws._hub.receiver.left(), looks_again)

    async def test_waits_that_are_given_up_leave_nothing(self):
        def waiters():
            gc.collect()
            return sum(type(it).__name__ == "Waiter" for it in gc.get_objects())

        async with hostws.aio.connect(WS + "/silent") as ws:
            async def give_up(rounds):
                for _ in range(rounds):
                    waiting = asyncio.ensure_future(ws.recv())
                    await asyncio.sleep(0)
                    waiting.cancel()
                    await asyncio.wait({waiting})

            await give_up(1)
            before = waiters()
            await give_up(50)
            self.assertEqual(waiters(), before)
            # So does a coroutine that nobody resumes.
            recv = ws.recv()
            recv.send(None)
            self.assertEqual(waiters(), before + 1)
            del recv
            self.assertEqual(waiters(), before)

    async def test_a_connection_that_nobody_reads_is_paused_and_others_are_not(self):
        async with hostws.aio.connect(WS + "/flood?n=1000000&size=1000") as slow:
            async with hostws.aio.connect(WS + "/echo") as quick:
                for _ in range(200):
                    await quick.send("x")
                    self.assertEqual(await asyncio.wait_for(quick.recv(), 30), "x")
                await asyncio.sleep(0.5)
                # What the queue held when it was paused still comes: receive_queue_max (16 MiB) at most, and a read of 256 KiB.
                self.assertLess(slow._count, 20_000)
                before = [await slow.recv() for _ in range(5000)]
                self.assertEqual([int(message.split(":")[0]) for message in before], [*range(5000)])
            slow.abort()

    async def test_a_full_send_queue_waits(self):
        async with hostws.aio.connect(WS + "/echo", send_queue_max=200_000) as ws:
            async def feed():
                for _ in range(100):
                    await ws.send(b"x" * 100_000)

            feeding = asyncio.ensure_future(feed())
            total = 0
            while total < 10_000_000:
                total += len(await asyncio.wait_for(ws.recv(), 60))
            await feeding

    async def test_a_loop_without_add_reader(self):
        class Proactor(asyncio.SelectorEventLoop):
            """Refuses the program's own readers, as Windows' default loop does."""

            def add_reader(self, *_):
                raise NotImplementedError

        async def main():
            async with hostws.aio.connect(WS + "/echo") as ws:
                await ws.send("hello")
                return await asyncio.wait_for(ws.recv(), 30)

        def run():
            loop = Proactor()
            try:
                return loop.run_until_complete(main())
            finally:
                loop.close()

        self.assertEqual(await asyncio.get_running_loop().run_in_executor(None, run), "hello")


class Loops(unittest.TestCase):
    def test_a_task_that_ends_the_loop_leaves_the_others_their_messages(self):
        loop = asyncio.new_event_loop()
        self.addCleanup(loop.close)

        async def ends_the_loop(ws):
            await ws.recv()
            raise KeyboardInterrupt

        async def main():
            async with hostws.aio.connect(WS + "/echo") as ws:
                tasks.extend([loop.create_task(ends_the_loop(ws)), loop.create_task(ws.recv())])
                await asyncio.sleep(0)
                await ws.send("1")
                await ws.send("2")
                return await asyncio.wait_for(tasks[1], 30)

        tasks = []
        running = loop.create_task(main())
        with self.assertRaises(KeyboardInterrupt):
            loop.run_until_complete(running)
        with self.assertRaises(KeyboardInterrupt):
            tasks[0].result()
        self.assertEqual(loop.run_until_complete(running), "2")


    @unittest.skipUnless(os.path.isdir("/proc/self/fd"), "no /proc here")
    def test_a_loop_that_ends_takes_its_connections_with_it(self):
        class Proactor(asyncio.SelectorEventLoop):
            def add_reader(self, *_):
                raise NotImplementedError

        async def main(path):
            ws = await hostws.aio.connect(WS + path)
            await ws.recv()

        def descriptors():
            gc.collect()
            return len(os.listdir("/proc/self/fd"))

        for make in (asyncio.SelectorEventLoop, Proactor):
            before = descriptors()
            for _ in range(20):
                loop = make()
                loop.run_until_complete(main("/flood?n=10&size=10"))
                loop.close()
                del loop
            deadline = time.monotonic() + 30
            while descriptors() > before + 10 and time.monotonic() < deadline:
                time.sleep(0.05)
            self.assertLessEqual(descriptors(), before + 10)


class Process(unittest.TestCase):
    def test_ctrl_c_ends_a_wait(self):
        text = """
            import sys, hostws
            ws = hostws.connect(sys.argv[1])
            print("open", flush=True)
            ws.recv()
        """
        with subprocess.Popen([sys.executable, "-c", textwrap.dedent(text), WS + "/echo"], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True) as running:
            self.assertEqual(running.stdout.readline(), "open\n")
            running.send_signal(signal.SIGINT)
            _, said = running.communicate(timeout=30)
        self.assertIn("KeyboardInterrupt", said)

    def test_ctrl_c_ends_an_await(self):
        text = """
            import asyncio, sys, hostws.aio
            async def main():
                async with hostws.aio.connect(sys.argv[1]) as ws:
                    try:
                        print("open", flush=True)
                        await ws.recv()
                    finally:
                        print("left", flush=True)
            asyncio.run(main())
        """
        with subprocess.Popen([sys.executable, "-c", textwrap.dedent(text), WS + "/echo"], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True) as running:
            self.assertEqual(running.stdout.readline(), "open\n")
            running.send_signal(signal.SIGINT)
            out, said = running.communicate(timeout=30)
        self.assertEqual(out, "left\n")
        self.assertIn("KeyboardInterrupt", said)

    def test_the_end_of_the_program_sends_what_was_sent(self):
        done = program("import sys, hostws; ws = hostws.connect(sys.argv[1]); ws.send('x' * 1000)", WS + "/echo")
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    @unittest.skipUnless(hasattr(os, "fork"), "no fork here")
    def test_a_forked_child_starts_afresh(self):
        done = program("""
            import os, sys, hostws
            ws = hostws.connect(sys.argv[1])
            child = os.fork()
            if child == 0:
                with hostws.connect(sys.argv[1]) as own:
                    own.send("child")
                    os._exit(0 if own.recv(30) == "child" else 1)
            assert os.waitpid(child, 0)[1] == 0
            ws.send("parent")
            assert ws.recv(30) == "parent"
            ws.close()
        """, WS + "/echo", env=dict(os.environ, PYTHONWARNINGS="ignore::DeprecationWarning"))
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    @unittest.skipUnless(hasattr(os, "fork"), "no fork here")
    def test_a_forked_child_gets_nothing_of_its_parents_connection(self):
        done = program("""
            import os, sys, time, hostws
            ws = hostws.connect(sys.argv[1])
            ws.recv(30)
            time.sleep(0.2)
            child = os.fork()
            if child == 0:
                try:
                    while True:
                        ws.recv(30)
                except hostws.Error:
                    os._exit(0)
                finally:
                    os._exit(1)
            assert os.waitpid(child, 0)[1] == 0
            assert [int(ws.recv(30).split(":")[0]) for _ in range(99)] == [*range(1, 100)]
        """, WS + "/flood?n=100&size=100000", env=dict(os.environ, PYTHONWARNINGS="ignore::DeprecationWarning"))
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    @unittest.skipUnless(hasattr(os, "fork"), "no fork here")
    def test_a_forked_child_does_not_wait_for_a_thread_of_its_parent(self):
        done = program("""
            import asyncio, os, signal, sys, threading, time, hostws, hostws.aio

            def child(ws):
                signal.alarm(30)
                for call in (ws.recv, ws.recv, lambda: ws.send("x")):
                    try:
                        call()
                    except hostws.ConnectionClosed as end:
                        assert "forked" in str(end), end
                    else:
                        os._exit(1)
                ws.close()
                os._exit(0)

            ws = hostws.connect(sys.argv[1])
            reading = threading.Thread(target=lambda: [*ws])
            reading.start()
            time.sleep(0.2)
            pid = os.fork()
            if pid == 0:
                child(ws)
            assert os.waitpid(pid, 0)[1] == 0
            ws.close()
            reading.join()

            async def main():
                async with hostws.aio.connect(sys.argv[1]) as ws:
                    pid = os.fork()
                    if pid == 0:
                        signal.alarm(30)
                        try:
                            await ws.recv()
                        except hostws.ConnectionClosed:
                            await ws.close()
                            os._exit(0)
                        os._exit(1)
                    assert os.waitpid(pid, 0)[1] == 0
                    # What the child has done is nothing to the loop.
                    await ws.send("parent")
                    assert await asyncio.wait_for(ws.recv(), 30) == "parent"

            asyncio.run(main())
        """, WS + "/echo", env=dict(os.environ, PYTHONWARNINGS="ignore::DeprecationWarning"))
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    @unittest.skipIf(sys.implementation.name == "pypy", "PyPy has no sub-interpreters")
    def test_a_sub_interpreter_is_refused(self):
        done = program("""
            try:
                import _interpreters as interpreters
            except ImportError:
                import _xxsubinterpreters as interpreters
            print(interpreters.run_string(interpreters.create(), "import hostws") or "")
        """)
        self.assertIn("main interpreter only, not in a sub-interpreter", done.stdout + done.stderr)

    def printed_programs(self, name):
        """What the programs of a page say that are printed there whole."""
        page = (PACKAGE / name).read_text(encoding="utf-8")
        for text in re.findall(r"^```python\n(.*?)^```", page, re.M | re.S):
            if "sys.argv" in text:
                self.assertLessEqual(len([line for line in text.splitlines() if line.strip()]), 15)
                done = program(text, WS + "/echo")
                self.assertEqual(done.stderr, "")
                yield done.stdout

    def test_the_programs_of_the_readme_run_as_they_are_printed(self):
        self.assertEqual([*self.printed_programs("README.md")], ["hello\n", "hello\n"])

    def test_the_programs_for_those_who_come_from_elsewhere_run_as_they_are_printed(self):
        said = ["hello\n", "hello\n1000\n", "{'say': 'hello'}\n"]
        self.assertEqual([*self.printed_programs("MIGRATING.md")], said)


if __name__ == "__main__":
    unittest.main(verbosity=1)
