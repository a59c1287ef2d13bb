"""What the figures were measured on."""

import os
import pathlib
import platform
import re
import subprocess


def first_line(*command):
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        return done.stdout.splitlines()[0].strip()
    except (OSError, IndexError):
        return "none"


def processor():
    names = re.findall(r"^model name\s*:\s*(.+)$", pathlib.Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return names[0] if names else platform.machine()


def memory():
    kib = int(re.search(r"MemTotal:\s*(\d+)", pathlib.Path("/proc/meminfo").read_text())[1])
    return f"{kib / 2**20:.1f} GiB"


def facts():
    return {
        "processor": f"{processor()}, {len(os.sched_getaffinity(0))} of {os.cpu_count()} cores",
        "memory": memory(),
        "system": f"{platform.system()} {platform.release()}, {' '.join(platform.libc_ver())}",
        "compilers": f"{first_line('cc', '--version')}; {first_line('rustc', '--version')}",
        "TLS": first_line("openssl", "version"),
    }
