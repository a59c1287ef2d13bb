"""The licences that a package carries: those of hostws, and those of everything that is inside its library."""

import sys
from pathlib import Path
from typing import Dict, List, Mapping

ROOT = Path(__file__).resolve().parents[1]
THIRD_PARTY = "THIRD-PARTY-LICENSES.txt"


def own() -> List[Path]:
    return sorted(ROOT.glob("LICENSE-*"))


def inside(library: Path) -> Path:
    """What is inside a library. It lies beside it, or a folder above, as in the release archives and the build folder."""
    library = library.absolute()
    for folder in (library.parent, library.parent.parent):
        if (folder / THIRD_PARTY).is_file():
            return folder / THIRD_PARTY
    sys.exit(f"There is no {THIRD_PARTY} beside {library}, and none a folder above.")


def of(libraries: Mapping[str, Path]) -> Dict[str, bytes]:
    """The files for a package with the libraries of several platforms, each of which has other things inside."""
    files = {path.name: path.read_bytes() for path in own()}
    for platform, library in libraries.items():
        files[THIRD_PARTY.replace(".", f".{platform}.")] = inside(library).read_bytes()
    return files
