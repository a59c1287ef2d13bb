"""What a release archive consists of: contents.py FOLDER TARGET FEATURES VERSION EPOCH [PLACE=NAME...]

    FOLDER    gets THIRD-PARTY-LICENSES.txt, the licences of everything inside, and hostws.cdx.json, a CycloneDX list
    TARGET    Rust's name of the platform
    FEATURES  of the crate
    EPOCH     the release's time, in seconds since 1970
    PLACE     a file with the licence of something that cargo does not know of, and what that is called

To be run in the root of the sources.
"""

import hashlib
import json
import re
import subprocess
import sys
import tomllib
import uuid
from datetime import datetime, timezone
from pathlib import Path

FOLDER, TARGET, FEATURES, VERSION, EPOCH, *OTHERS = sys.argv[1:]
LICENCE = re.compile(r"(licen[cs]e|copying|copyright|notice|unlicense)", re.IGNORECASE)


def output(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def shipped():
    """The packages that are linked in, by name and version. A macro only helps to compile."""
    lines = output("cargo", "tree", "--locked", "--target", TARGET, "--features", FEATURES, "--edges", "normal,no-proc-macro",
                   "--prefix", "none", "--format", "{p}").splitlines()
    return {tuple(line.split()[:2]) for line in lines if line}


def licences(folder):
    """The texts in a package's folder."""
    files = sorted(file for file in folder.iterdir() if file.is_file() and LICENCE.match(file.name))
    if not files:
        sys.exit(f"There is no licence in {folder}")
    return [file.read_text(encoding="utf-8").strip().replace("\r\n", "\n") for file in files]


def cargo_parts():
    metadata = json.loads(output("cargo", "metadata", "--locked", "--format-version", "1", "--features", FEATURES,
                                 "--filter-platform", TARGET))
    sums = {(package["name"], package["version"]): package.get("checksum")
            for package in tomllib.loads(Path("Cargo.lock").read_text())["package"]}
    linked = shipped()
    for package in sorted(metadata["packages"], key=lambda package: (package["name"], package["version"])):
        name, version, folder = package["name"], package["version"], Path(package["manifest_path"]).parent
        if name == "openssl-src" and "vendored-tls" in FEATURES:
            yield openssl(version.partition("+")[2], folder / "openssl")
        if (name, f"v{version}") not in linked or name == "hostws":
            continue
        # The older form of an expression.
        expression = (package["license"] or "").replace("/", " OR ")
        part = component(name, version, expression, f"pkg:cargo/{name}@{version}")
        part["hashes"] = [{"alg": "SHA-256", "content": sums[name, version]}]
        yield part, licences(folder)


def openssl(version, folder):
    part = component("openssl", version, "Apache-2.0", f"pkg:generic/openssl@{version}")
    part["cpe"] = f"cpe:2.3:a:openssl:openssl:{version}:*:*:*:*:*:*:*"
    return part, licences(folder)


def rust():
    """The standard library, and what it was built from."""
    version = re.search(r"release: (\S+)", output("rustc", "-vV")).group(1)
    part = component("rust-std", version, "MIT OR Apache-2.0", f"pkg:generic/rust-std@{version}")
    documents = Path(output("rustc", "--print", "sysroot").strip()) / "share/doc/rust"
    # Both names are in use, and one is a page.
    texts = [re.sub(r"<[^>]*>", "", file.read_text(encoding="utf-8"))
             for file in (documents / "COPYRIGHT", documents / "COPYRIGHT-library.html") if file.is_file()]
    texts.append(Path("LICENSE-APACHE").read_text(encoding="utf-8"))
    return part, [re.sub(r"\n\s*\n\s*\n", "\n\n", text.strip()) for text in texts]


def component(name, version, expression, purl):
    return {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl,
            "licenses": [{"expression": expression}]}


def others():
    for other in OTHERS:
        place, _, name = other.partition("=")
        yield name, Path(place).read_text(encoding="utf-8").strip()


def write_licences(parts):
    # The same words in other lines are the same licence.
    texts, users = {}, {}
    named = [(f"{part['name']} {part['version']}", text) for part, found in parts for text in found]
    for name, text in [*named, *others()]:
        words = " ".join(text.split())
        texts.setdefault(words, text)
        users.setdefault(words, []).append(name)
    chapters = [f"hostws {VERSION} for {TARGET} is MIT OR Apache-2.0: see LICENSE-MIT and LICENSE-APACHE.\n"
                "These are the licences of what it is built from and contains."]
    for words, names in sorted(users.items(), key=lambda item: item[1]):
        chapters.append(f"{'=' * 100}\n{', '.join(names)}\n{'=' * 100}\n\n{texts[words]}")
    (Path(FOLDER) / "THIRD-PARTY-LICENSES.txt").write_text("\n\n".join(chapters) + "\n", encoding="utf-8")


def write_list(parts):
    this = component("hostws", VERSION, "MIT OR Apache-2.0", f"pkg:generic/hostws@{VERSION}")
    listed = [part for part, _ in parts]
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": "urn:uuid:" + str(uuid.UUID(hashlib.sha256(
            json.dumps([this, TARGET, listed], sort_keys=True).encode()).hexdigest()[:32], version=4)),
        "version": 1,
        "metadata": {
            "timestamp": datetime.fromtimestamp(int(EPOCH), timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "component": this | {"properties": [{"name": "target", "value": TARGET}]},
        },
        "components": listed,
        "dependencies": [{"ref": this["bom-ref"], "dependsOn": [part["bom-ref"] for part in listed]}],
    }
    (Path(FOLDER) / "hostws.cdx.json").write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


parts = [*cargo_parts(), rust()]
write_licences(parts)
write_list(parts)
print(f"{len(parts)} components")
