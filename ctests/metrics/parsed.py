"""Runs a program that writes what ws_metrics() says into a file, and parses that:

    python3 parsed.py FILE PROGRAM...
"""

import pathlib
import subprocess
import sys

from prometheus_client.openmetrics import parser

UNITS = {"hostws_opening_seconds": "seconds", "hostws_payload_bytes": "bytes", "hostws_wire_bytes": "bytes",
         "hostws_waiting_bytes": "bytes"}
COUNTERS = {"hostws_openings", "hostws_reconnects", "hostws_ends", "hostws_tls_handshakes", "hostws_messages", "hostws_payload_bytes",
            "hostws_wire_bytes", "hostws_pings"}
OTHERS = {"hostws_build": "info", "hostws_connections": "gauge", "hostws_waiting_bytes": "gauge",
          "hostws_opening_seconds": "histogram"}


def main():
    path = pathlib.Path(sys.argv[1])
    subprocess.run([*sys.argv[2:], path], check=True, timeout=100)
    families = {family.name: family for family in parser.text_string_to_metric_families(path.read_text())}
    types = {name: family.type for name, family in families.items()}
    assert types == {**{name: "counter" for name in COUNTERS}, **OTHERS}, types
    for name, family in families.items():
        assert family.documentation.endswith("."), name
        assert family.unit == UNITS.get(name, ""), (name, family.unit)

    def value(name, **labels):
        return next(sample.value for family in families.values() for sample in family.samples
                    if sample.name == name and sample.labels == labels)

    # The program has checked the others, each by itself.
    assert value("hostws_connections", status="connected") == 1
    assert value("hostws_openings_total", result="open") == value("hostws_opening_seconds_count") == 2
    assert value("hostws_openings_total", result="tcp") == 2
    assert value("hostws_ends_total", code="1015") == 1
    assert value("hostws_payload_bytes_total", direction="sent") == 22
    assert value("hostws_wire_bytes_total", direction="sent") > 22
    assert 0 < value("hostws_opening_seconds_sum") < 100


main()
