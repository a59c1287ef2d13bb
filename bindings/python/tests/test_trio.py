"""The package beside trio and anyio: HOSTWS_WS is the test server's address, HOSTWS_NOBODY one where nobody listens."""

import os
import unittest

import anyio
import trio

import hostws.aio
import hostws.trio

WS = os.environ["HOSTWS_WS"]
NOBODY = os.environ["HOSTWS_NOBODY"]


def run(test):
    """The test inside trio, with a time limit."""

    async def limited(self):
        with trio.fail_after(60):
            await test(self)

    return lambda self: trio.run(limited, self)


class Trio(unittest.TestCase):
    @run
    async def test_messages_come_back_and_the_iteration_ends(self):
        async with hostws.trio.connect(WS + "/echo") as ws:
            for message in ["hello", b"\x00\xff", ""]:
                await ws.send(message)
                self.assertEqual(await ws.recv(), message)
        count = 0
        async with hostws.trio.connect(WS + "/flood?n=20000&size=16") as ws:
            async for message in ws:
                self.assertEqual(int(message.split(":")[0]), count)
                count += 1
                if count == 20_000:
                    break
        ws = await hostws.trio.connect(WS + "/close?code=1000")
        self.assertEqual([message async for message in ws], [])

    @run
    async def test_errors(self):
        with self.assertRaises(hostws.OpenError):
            await hostws.trio.connect(NOBODY)
        with self.assertRaisesRegex(hostws.OptionError, "tls_cat"):
            await hostws.trio.connect(WS, tls_cat=1)
        with self.assertRaises(hostws.ConnectionClosed):
            async with hostws.trio.connect(WS + "/drop") as ws:
                await ws.recv()

    @run
    async def test_a_wait_that_is_given_up_leaves_the_connection(self):
        async with hostws.trio.connect(WS + "/echo") as ws:
            with self.assertRaises(trio.TooSlowError):
                with trio.fail_after(0.05):
                    await ws.recv()
            await ws.send("still open")
            self.assertEqual(await ws.recv(), "still open")

    @run
    async def test_many_at_once(self):
        answers = []

        async def one(number):
            async with hostws.trio.connect(WS + "/echo") as ws:
                await ws.send(str(number))
                answers.append(await ws.recv())

        async with trio.open_nursery() as nursery:
            for number in range(20):
                nursery.start_soon(one, number)
        self.assertEqual(sorted(answers, key=int), [str(number) for number in range(20)])

    @run
    async def test_a_handler_that_raises_loses_no_message(self):
        def on_event(ws, event):
            raise LookupError(event.type)

        with self.assertLogs("hostws") as logs:
            async with hostws.trio.connect(WS + "/echo", on_event=on_event) as ws:
                for number in range(20):
                    await ws.send(str(number))
                    ws.ping()
                self.assertEqual([int(await ws.recv()) for _ in range(20)], [*range(20)])
        self.assertIn("LookupError", logs.output[0])

    def test_the_end_of_the_run_with_an_open_connection(self):
        async def leave():
            ws = await hostws.trio.connect(WS + "/flood?n=1000000&size=1000")
            await ws.recv()

        for _ in range(3):
            trio.run(leave)

    def test_anyio_on_both(self):
        async def main():
            connect = (hostws.trio if self.on_trio else hostws.aio).connect
            with anyio.fail_after(60):
                async with connect(WS + "/echo") as ws:
                    with anyio.move_on_after(0.05) as scope:
                        await ws.recv()
                    self.assertTrue(scope.cancelled_caught)
                    await ws.send("hello")
                    return await ws.recv()

        for backend in ("trio", "asyncio"):
            self.on_trio = backend == "trio"
            self.assertEqual(anyio.run(main, backend=backend), "hello")


if __name__ == "__main__":
    unittest.main(verbosity=1)
