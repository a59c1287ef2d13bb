"""Packs a folder, so that equal folders give equal bytes: pack.py FOLDER FILE EPOCH

    FILE   NAME.tar.gz or NAME.zip
    EPOCH  the time of every file, in seconds since 1970
"""

import gzip
import io
import sys
import tarfile
import time
import zipfile
from pathlib import Path

FOLDER, FILE, EPOCH = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
# A zip knows no time before.
EARLIEST = 315532800


def entries():
    return sorted(FOLDER.rglob("*"), key=lambda path: path.relative_to(FOLDER).as_posix())


def name(path):
    return path.relative_to(FOLDER.parent).as_posix()


def mode(path):
    return 0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644


def tar():
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path in entries():
            entry = archive.gettarinfo(path, name(path))
            entry.uid = entry.gid = 0
            entry.uname = entry.gname = ""
            entry.mtime = EPOCH
            entry.mode = 0o777 if entry.issym() else mode(path)
            archive.addfile(entry, path.open("rb") if entry.isreg() else None)
    with open(FILE, "wb") as file, gzip.GzipFile("", "wb", 9, file, mtime=EPOCH) as packer:
        packer.write(packed.getvalue())


def zipped():
    date = time.gmtime(max(EPOCH, EARLIEST))[:6]
    with zipfile.ZipFile(FILE, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in entries():
            if path.is_file():
                entry = zipfile.ZipInfo(name(path), date)
                entry.compress_type = zipfile.ZIP_DEFLATED
                entry.create_system = 3
                entry.external_attr = mode(path) << 16
                archive.writestr(entry, path.read_bytes())


zipped() if FILE.endswith(".zip") else tar()
