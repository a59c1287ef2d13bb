"""Messages that are like those of real servers, a JSON object a line: prices, chat, telemetry, a page of a list."""

import json
import random

MESSAGES = 1_000
MARKETS = ["BTC-EUR", "ETH-EUR", "BTC-USD", "ETH-USD", "SOL-EUR", "XRP-USD", "ADA-EUR", "DOT-USD"]
NAMES = ["amelie", "bogdan", "chidi", "dana", "emil", "farah", "goran", "hana", "ines", "jonas", "keiko", "luis"]
WORDS = """the a of to and in that is was it for on with as at by this from but not are or an be which one you had has
have were their there been if more when will would who so no out up into than them can only other new some could time
these two may then do first any my now such like our over man me even most made after also did many before must through
years where much your way well down should because each just those people how too little state good very make world""".split()


def price(draw):
    mid = draw.uniform(10, 60_000)
    side = lambda sign: [[f"{mid * (1 + sign * step / 10_000):.2f}", f"{draw.expovariate(1):.6f}"] for step in range(1, 6)]
    return {
        "type": "l2update",
        "product_id": draw.choice(MARKETS),
        "sequence": draw.randrange(10**10),
        "time": f"2024-05-{draw.randrange(1, 29):02}T{draw.randrange(24):02}:{draw.randrange(60):02}:17.{draw.randrange(10**6):06}Z",
        "bids": side(-1),
        "asks": side(1),
    }


def chat(draw):
    return {
        "event": "message.create",
        "id": f"{draw.getrandbits(64):x}",
        "channel": draw.randrange(40),
        "author": {"name": draw.choice(NAMES), "id": draw.randrange(10**6), "bot": draw.random() < 0.1},
        "content": " ".join(draw.choices(WORDS, k=draw.randrange(4, 60))),
        "mentions": draw.sample(NAMES, draw.randrange(3)),
        "edited": None,
    }


def telemetry(draw):
    return {
        "device": f"sensor-{draw.randrange(200):04}",
        "at": 1_716_000_000_000 + draw.randrange(10**8),
        "readings": {
            name: round(draw.gauss(mean, mean / 20), 3)
            for name, mean in {"temperature": 21, "humidity": 48, "pressure": 1013, "voltage": 3.3, "current": 0.12}.items()
        },
        "status": draw.choice(["ok", "ok", "ok", "degraded"]),
        "tags": {"site": draw.choice(["north", "south"]), "line": draw.randrange(8)},
    }


def page(draw):
    return {"jsonrpc": "2.0", "id": draw.randrange(1_000), "result": {"items": [chat(draw) for _ in range(8)], "next": None}}


def write(path):
    """The same file each time."""
    draw = random.Random(6455)
    kinds = draw.choices([price, chat, telemetry, page], weights=[4, 3, 3, 1], k=MESSAGES)
    path.write_text("".join(json.dumps(kind(draw), separators=(",", ":")) + "\n" for kind in kinds))
