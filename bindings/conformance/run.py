#!/usr/bin/env python3
"""Runs the scenarios against the driver of a binding, beside the test server. README.md says how.

    run.py --language NAME [--result FILE] [--only SCENARIO,...] COMMAND...
"""

import argparse
import json
import os
import re
import shutil
import sys
import time
from pathlib import Path
from typing import Any, Dict, List, Optional

sys.dont_write_bytecode = True
from driver import Driver, Lost  # noqa: E402
from peer import Peer  # noqa: E402

HERE = Path(__file__).resolve().parent
# Which field of a command, and of an answer, is bytes.
SAID = {"send": 3, "close": 3, "ping": 2}
HEARD = {"text": 1, "blob": 1, "object": 1, "closed": 3, "failed": 3}
# How a process may end at Ctrl-C: not by one of these.
CRASHES = ("SIGSEGV", "SIGABRT", "SIGBUS", "SIGILL", "SIGFPE", "not within")
SKIPPED = 77
# The longest that a command may take.
ANSWER = 60
# A server that is slow is no server that does not answer.
PATIENT = "close_timeout_ms=60000"
# How long a wait has begun before it is interrupted. Too short would only test another moment.
WAITING = 0.3


class Wrong(Exception):
    """A scenario went wrong."""


def coding(kind: str) -> str:
    return "latin-1" if kind == "blob" else "utf-8"


def command(step: List[str], places: Dict[str, str]) -> List[str]:
    fields = [re.sub(r"\{([\w-]+)\}", lambda match: places.get(match[1], match[0]), field) for field in step]
    if fields[0] == "open":
        fields.append(PATIENT)
    place = SAID.get(fields[0])
    if place is not None:
        fields[place] = step[place].encode(coding(fields[2] if fields[0] == "send" else "text")).hex()
    return fields


def readable(answer: List[str]) -> List[str]:
    """The answer with its bytes as text."""
    place = HEARD.get(answer[0])
    if place is None or place >= len(answer):
        return answer
    try:
        shown = bytes.fromhex(answer[place]).decode(coding(answer[0]))
    except ValueError as error:
        raise Wrong(f"an answer's bytes: {error}") from None
    return answer[:place] + [shown] + answer[place + 1:]


def agrees(wanted: str, given: str, is_object: bool) -> bool:
    if is_object:
        return bool(json.loads(wanted) == json.loads(given))
    if wanted.startswith("~"):
        return re.fullmatch(wanted[1:], given, re.S) is not None
    return wanted in ("*", given)


def judge(step: List[str], wanted: List[str], answer: List[str], places: Dict[str, str]) -> None:
    wanted = [re.sub(r"\{([\w-]+)\}", lambda match: places.get(match[1], match[0]), field) for field in wanted]
    given = readable(answer)
    given += [""] * (len(wanted) - len(given))
    for place, field in enumerate(wanted):
        if not agrees(field, given[place], wanted[0] == "object" == given[0] and place == 1):
            raise Wrong(f'{" ".join(step)} gave "{" ".join(given)[:300]}", not "{" ".join(wanted)}"')


def scenario(driver: Driver, steps: List[Any], places: Dict[str, str]) -> bool:
    """True if the driver is still there after it."""
    memory = driver.memory()
    for step, wanted in steps:
        if step[0] == "memory":
            grown = driver.memory() - memory
            if grown > float(step[1]):
                raise Wrong(f"its memory has grown by {grown:.0f} MiB")
            continue
        driver.say(command(step, places))
        if step[0] == "exit":
            if (end := driver.ended()) != "with 0":
                raise Wrong(f"it ended {end}")
            return False
        answer = driver.hear()
        if answer == ["unsupported"]:
            raise Unsupported
        judge(step, wanted, answer, places)
        if step[0] == "interrupt":
            time.sleep(WAITING)
            driver.interrupt()
            end = driver.ended()
            if any(crash in end for crash in CRASHES):
                raise Wrong(f"it ended {end}")
            return False
    return True


class Unsupported(Exception):
    """The language cannot do what a command asks for."""


def outcome(driver: Driver, steps: List[Any], places: Dict[str, str]) -> str:
    try:
        if not scenario(driver, steps, places):
            return "ended"
        return "ok"
    except Unsupported:
        return "unsupported"
    except (Wrong, Lost) as error:
        return f"wrong: {error}"


def run(start: List[str], only: Optional[List[str]]) -> Dict[str, str]:
    results: Dict[str, str] = {}
    driver: Optional[Driver] = None
    with Peer() as peer:
        for one in json.loads((HERE / "scenarios.json").read_text(encoding="utf-8")):
            if only and one["name"] not in only:
                continue
            driver = driver or Driver(start, ANSWER)
            result = outcome(driver, one["steps"], peer.places)
            if result == f"wrong: the driver ended with {SKIPPED}":
                # It has said why.
                sys.exit(SKIPPED)
            if result != "ok":
                # It has ended, or nobody knows what it still has to say.
                driver.kill()
                driver = None
            results[one["name"]] = "ok" if result == "ended" else result
            print(f'{one["name"]}: {results[one["name"]]}', flush=True)
        if driver is not None and (end := driver.end()) != "with 0":
            results["end-of-input"] = f"wrong: it ended {end}"
            print(f'end-of-input: {results["end-of-input"]}')
    return results


def main() -> None:
    options = argparse.ArgumentParser(usage=__doc__)
    options.add_argument("--language", required=True)
    options.add_argument("--result", type=Path)
    options.add_argument("--only", type=lambda names: names.split(","))
    options.add_argument("command", nargs=argparse.REMAINDER)
    given = options.parse_args()
    if shutil.which(given.command[0]) is None:
        print(f"skipped: {given.command[0]} is not installed")
        sys.exit(SKIPPED)
    # What the environment says of proxies is not for the test server.
    os.environ["no_proxy"] = "*"
    results = run(given.command, given.only)
    if given.result:
        given.result.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps({"language": given.language, "scenarios": results}, indent=1)
        given.result.write_text(text + "\n", encoding="utf-8")
    sys.exit(any(result.startswith("wrong") for result in results.values()))


if __name__ == "__main__":
    main()
