"""A cable in user space, with the same machine at both its ends: what is sent to the far address comes back as if it
came from there. It needs one network namespace and the kernel's tun device, and none of its traffic shapers.
"""

import fcntl
import heapq
import os
import random
import select
import struct
import subprocess
import threading
import time

TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
NAME = "wire"
NEAR, FAR = "10.9.0.1", "10.9.0.2"
NEAR_V6, FAR_V6 = "2001:db8::1", "2001:db8::2"  # documentation's: what is local is asked for after IPv4
# Of a line with a rate: how long what is sent may wait for its turn; the rest is lost.
QUEUE = 0.1


def ip(*words):
    subprocess.run(["ip", *words], check=True)


class Link:
    """delay in seconds each way; loss from 0 to 1; rate in bytes a second. What is sent over IPv6 is never heard of."""

    def __init__(self, delay=0.0, loss=0.0, rate=None, has_v6=False):
        self.delay, self.loss, self.rate = delay, loss, rate
        self.carried = 0
        self.is_cut = False
        self.dice = random.Random(6455)
        self.tun = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
        fcntl.ioctl(self.tun, TUNSETIFF, struct.pack("16sH22x", NAME.encode(), IFF_TUN | IFF_NO_PI))
        ip("addr", "add", f"{NEAR}/24", "dev", NAME)
        if has_v6:
            ip("addr", "add", f"{NEAR_V6}/64", "dev", NAME, "nodad")
        ip("link", "set", NAME, "up")
        threading.Thread(target=self.run, daemon=True).start()

    def cut(self):
        """From here on nothing arrives, and nobody is told."""
        self.is_cut = True

    def down(self):
        """The machine sees that the cable is out: it has no way to the far end any more."""
        ip("link", "set", NAME, "down")

    def run(self):
        on_the_way = []  # when it is due, a number for the order, the packet
        count = 0
        free_at = 0.0
        while True:
            wait = max(0.0, on_the_way[0][0] - time.monotonic()) if on_the_way else None
            if select.select([self.tun], [], [], wait)[0]:
                now = time.monotonic()
                packet = self.read()
                free_at = max(free_at, now)
                if packet and self.takes(packet, free_at - now):
                    free_at += len(packet) / self.rate if self.rate else 0
                    count += 1
                    heapq.heappush(on_the_way, (free_at + self.delay, count, packet))
            while on_the_way and on_the_way[0][0] <= time.monotonic():
                self.deliver(heapq.heappop(on_the_way)[2])

    def read(self):
        try:
            return os.read(self.tun, 65536)
        except OSError:  # it is down
            time.sleep(0.01)
            return b""

    def takes(self, packet, queued):
        is_v4 = packet[0] >> 4 == 4
        return is_v4 and not self.is_cut and queued <= QUEUE and self.dice.random() >= self.loss

    def deliver(self, packet):
        """With its two addresses changed for each other, which leaves all checksums right."""
        if self.is_cut:
            return
        try:
            os.write(self.tun, packet[:12] + packet[16:20] + packet[12:16] + packet[20:])
            self.carried += len(packet)
        except OSError:  # it is down
            pass
