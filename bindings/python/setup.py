"""Two wheels from one tree: with the extension (cp39-abi3) or, with HOSTWS_PURE=1, without it (py3-none).

Both hold the shared library, which wheels.py puts into src/hostws.
"""

import os
import re
import sys
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.bdist_wheel import bdist_wheel

HERE = Path(__file__).resolve().parent
PURE = os.environ.get("HOSTWS_PURE") == "1"


class Wheel(bdist_wheel):
    def finalize_options(self):
        super().finalize_options()
        self.root_is_pure = False  # the library is the platform's

    def get_tag(self):
        _, _, platform = super().get_tag()
        return ("py3", "none", platform) if PURE else ("cp39", "abi3", platform)


native = Extension(
    "hostws._native",
    [f"src/native/{name}.c" for name in ("module", "receiver", "alarm", "channel", "attempt", "waiter")],
    depends=["src/native/native.h"],
    define_macros=[("Py_LIMITED_API", "0x03090000")],
    py_limited_api=True,
    include_dirs=[os.environ.get("HOSTWS_INCLUDE", "include")],
    extra_link_args=[] if sys.platform == "win32" else [
        f"-L{HERE / 'src/hostws'}", "-l:libhostws.so.0" if sys.platform == "linux" else "-lhostws",
        "-Wl,-rpath,$ORIGIN" if sys.platform == "linux" else "-Wl,-rpath,@loader_path",
    ],
)

setup(
    version=re.search(r'"(.*)"', (HERE / "src/hostws/_version.py").read_text())[1],
    ext_modules=[] if PURE else [native],
    cmdclass={"bdist_wheel": Wheel},
)
