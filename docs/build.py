#!/usr/bin/env python3
"""Builds the site and the manual pages.

    python3 docs/build.py           the site: build/docs/html/index.html
    python3 docs/build.py --man     the manual pages alone; needs nothing but Python

Sphinx with MyST and the theme furo: Markdown for whoever writes the guide, a search that works without a server,
and a layout for narrow screens. The reference is not written twice: docs/reference reads include/hostws.h.
"""

import argparse
import shutil
import subprocess
import sys
import time
import venv
from pathlib import Path

DOCS = Path(__file__).resolve().parent
ROOT = DOCS.parent
sys.path.insert(0, str(DOCS / "reference"))
sys.dont_write_bytecode = True

import man  # noqa: E402
import pages  # noqa: E402


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--man", action="store_true", help="only the manual pages")
    parser.add_argument("--output", type=Path, default=ROOT / "build" / "docs", metavar="FOLDER")
    arguments = parser.parse_args()
    output = arguments.output.resolve()
    version = man.version_of_crate()
    print(f"{len(man.write(output / 'man', version))} manual pages in {output / 'man'}")
    if not arguments.man:
        source = output / "source"
        assemble(source)
        build_site(source, output / "html", output / "venv", version)


def assemble(source: Path) -> None:
    """One folder with all that Sphinx reads."""
    shutil.rmtree(source, ignore_errors=True)
    others = ("__pycache__", "build.py", "requirements.txt", "constraints.txt", "reference")
    shutil.copytree(DOCS, source, ignore=shutil.ignore_patterns(*others))
    shutil.copytree(ROOT / "examples", source / "programs")
    pages.write(source / "reference")


def build_site(source: Path, html: Path, environment: Path, version: str) -> None:
    python = environment / "bin" / "python"
    if not python.exists():
        venv.create(environment, with_pip=True)
    install = [python, "-m", "pip", "install", "-q", "--disable-pip-version-check", "-r", DOCS / "requirements.txt",
               "-c", DOCS / "constraints.txt"]
    # A server may fail to send a package.
    for left in (2, 1, 0):
        if subprocess.run(install, check=left == 0).returncode == 0:
            break
        time.sleep(5)
    # Warnings are errors: a link to nowhere, a page in no list.
    subprocess.run([python, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html", "-d", source.parent / "doctrees",
                    "-D", f"release={version}", "-D", f"version={version}", "-D", f"html_title=hostws {version}",
                    source, html], check=True)
    print(f"the site: {html / 'index.html'}")


if __name__ == "__main__":
    main()
