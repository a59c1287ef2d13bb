"""A name server for one machine: UDP, A and AAAA, and as slow as it is told to be."""

import ipaddress
import socket
import struct
import threading

A, AAAA = 1, 28
NO_SUCH_NAME = 3


class Names:
    """entries: by name the addresses, or a pair of seconds and addresses; None is never answered. What is not among
    them does not exist."""

    def __init__(self, entries):
        self.entries = entries
        self.asked = []
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 53))
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            query, client = self.socket.recvfrom(2048)
            name, end = self.name(query)
            self.asked.append(name)
            entry = self.entries.get(name, [])
            if entry is None:
                continue
            delay, addresses = entry if isinstance(entry, tuple) else (0, entry)
            answer = self.answer(query, end, addresses, exists=name in self.entries)
            threading.Timer(delay, self.socket.sendto, (answer, client)).start()

    @staticmethod
    def name(query):
        """What is asked for, and where the question ends."""
        labels, at = [], 12
        while query[at]:
            labels.append(query[at + 1:at + 1 + query[at]].decode())
            at += 1 + query[at]
        return ".".join(labels).lower(), at + 5

    @staticmethod
    def answer(query, end, addresses, exists):
        kind, = struct.unpack_from("!H", query, end - 4)
        version = {A: 4, AAAA: 6}.get(kind)
        found = [ip.packed for ip in map(ipaddress.ip_address, addresses) if ip.version == version]
        flags = 0x8180 | (0 if exists else NO_SUCH_NAME)
        head = query[:2] + struct.pack("!HHHHH", flags, 1, len(found), 0, 0)
        # 0xC00C: the name of the question.
        records = [struct.pack("!HHHIH", 0xC00C, kind, 1, 0, len(data)) + data for data in found]
        return head + query[12:end] + b"".join(records)
