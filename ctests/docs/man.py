"""The manual pages are there, one for each function, and groff has nothing to say about them.

    man.py FOLDER
"""

import shutil
import subprocess
import sys
from pathlib import Path

sys.dont_write_bytecode = True
from functions import functions  # noqa: E402

folder = Path(sys.argv[1])
names = functions()
missing = sorted(name for name in names if not (folder / "man3" / f"{name}.3").exists())
if missing or not names:
    sys.exit(f"no page for {missing}")
if shutil.which("groff") is None:
    print("skipped: groff is not installed")
    sys.exit(77)
pages = sorted(folder.glob("man?/*"))
for page in pages:
    said = subprocess.run(["groff", "-man", "-Tutf8", "-ww", "-z", str(page)], capture_output=True, text=True, check=True)
    if said.stderr:
        sys.exit(said.stderr)
    if ".SH NAME\n" not in page.read_text(encoding="utf-8"):
        sys.exit(f"{page} has no NAME")
print(f"{len(pages)} pages, {len(names)} functions")
