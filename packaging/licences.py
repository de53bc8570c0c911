"""Writes resources/licences.json: every library that the runtime lock names, and the licence it states."""

import json
import re
import sys
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "packaging" / "lock" / "runtime.txt"
TARGET = ROOT / "resources" / "licences.json"


def locked_names() -> list[str]:
    """The names in the lock, once each, in its order."""
    names = re.findall(r"^([A-Za-z0-9._-]+)==", LOCK.read_text(encoding="utf-8"), re.MULTILINE)
    return list(dict.fromkeys(names))


def licence_of(found: metadata.PackageMetadata) -> str:
    """The licence that a package states, in the shortest of the ways in which packages state it."""
    if expression := found.get("License-Expression"):
        return expression
    stated_ones = (line for line in found.get_all("Classifier") or [] if "License ::" in line)
    classifiers = [line.rsplit("::", 1)[1].strip() for line in stated_ones]
    stated = (found.get("License") or "").strip()
    if classifiers:
        return ", ".join(dict.fromkeys(classifiers))
    return stated.splitlines()[0][:60] if stated else "see the package"


def table() -> list[dict[str, str]]:
    """The libraries that are installed here; those of other systems are left out."""
    rows = []
    for name in locked_names():
        try:
            found = metadata.metadata(name)
        except metadata.PackageNotFoundError:
            continue
        rows.append({"name": found["Name"], "version": found["Version"], "licence": licence_of(found)})
    return sorted(rows, key=lambda row: row["name"].lower())


def main() -> int:
    """Write the file."""
    TARGET.write_text(json.dumps(table(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
