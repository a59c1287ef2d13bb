#!/usr/bin/env python3
"""The client that Autobahn|Testsuite judges, by the driver of a binding:

    autobahn.py DRIVER... -- AGENT [--deflate] [--parallel N] URL...

A driver for each server and each place; every case runs on the first that is free. `sh ctests/autobahn/run.sh` starts
the servers and says how the cases went; here the exit status only tells whether each was run to its end.
"""

import itertools
import sys
import threading
import time
from typing import Iterator, List

sys.dont_write_bytecode = True
from driver import Driver, Lost  # noqa: E402

# The suite counts frames, and sends more than the defaults allow.
OPTIONS = ["open_timeout_ms=60000", "ping_interval_ms=-1", "max_message=-1", "send_queue_max=-1"]
DEFLATE = ["deflate=1", "deflate_threshold=-1"]
# Longer than any case: the longest have taken two minutes, on a machine that did much else.
CASE = 900


class Testee:
    def __init__(self, command: List[str], agent: str, options: List[str]):
        self._driver = Driver(command, CASE)
        self._agent, self._options = agent, options

    def _said(self, answer: List[str], wanted: str) -> List[str]:
        if answer[0] != wanted:
            raise Lost(f"{answer} instead of {wanted}")
        return answer

    def _echo(self, url: str) -> None:
        # At once: what the suite sends first is on its way, and some cases want it back before they break the protocol.
        self._driver.say(["open", "a", url, *self._options])
        self._driver.say(["mirror", "a"])
        self._said(self._driver.hear(), "open")
        self._said(self._driver.hear(), "closed")

    def count(self, url: str) -> int:
        self._said(self._driver.ask(["open", "a", url + "/getCaseCount", *self._options]), "open")
        count = bytes.fromhex(self._said(self._driver.ask(["recv", "a", "60000"]), "text")[1])
        self._said(self._driver.ask(["mirror", "a"]), "closed")
        return int(count)

    def case(self, url: str, number: int) -> None:
        self._echo(f"{url}/runCase?case={number}&agent={self._agent}")

    def report(self, url: str) -> None:
        self._echo(f"{url}/updateReports?agent={self._agent}")

    def end(self) -> None:
        self._driver.end()


def main(arguments: List[str]) -> None:
    if "--" not in arguments[:-1]:
        sys.exit(__doc__)
    place = len(arguments) - 1 - arguments[::-1].index("--")
    command, (agent, *rest) = arguments[:place], arguments[place + 1:]
    urls = [argument for argument in rest if argument.startswith("ws")]
    parallel = int(rest[rest.index("--parallel") + 1]) if "--parallel" in rest else 1
    if not command or not urls:
        sys.exit(__doc__)
    options = OPTIONS + (DEFLATE if "--deflate" in rest else [])
    testees = {url: [Testee(command, agent, options) for _ in range(parallel)] for url in urls}
    counts = {testees[url][0].count(url) for url in urls}
    if len(counts) != 1:
        sys.exit(f"the servers have different cases: {counts}")
    numbers: Iterator[int] = iter(range(1, counts.pop() + 1))
    lock, stuck = threading.Lock(), []

    def work(testee: Testee, url: str) -> None:
        while True:
            with lock:
                number = next(numbers, None)
            if number is None:
                return
            try:
                testee.case(url, number)
            except Lost as error:
                stuck.append(f"case {number}: {error}")
                return

    start = time.monotonic()
    threads = [threading.Thread(target=work, args=(testee, url)) for url in urls for testee in testees[url]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(f"run in {time.monotonic() - start:.1f} s", *stuck, sep="\n")
    for url in urls:
        testees[url][0].report(url)
    for testee in itertools.chain(*testees.values()):
        testee.end()
    sys.exit(bool(stuck))


if __name__ == "__main__":
    main(sys.argv[1:])
