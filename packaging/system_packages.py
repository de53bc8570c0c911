"""What only the operating system can supply, installed where we may and named in one command where we may not."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path


class SetupFailed(Exception):
    """Something that the person at the keyboard has to do; the text says what."""


@dataclass(frozen=True)
class SystemPackage:
    """One thing by the names that the three package families give it."""

    apt: str
    dnf: str
    pacman: str


FAMILIES: Mapping[str, str] = {
    "debian": "apt",
    "ubuntu": "apt",
    "fedora": "dnf",
    "rhel": "dnf",
    "centos": "dnf",
    "arch": "pacman",
}
COMMANDS: Mapping[str, str] = {
    "apt": "sudo apt-get update && sudo apt-get install -y --no-install-recommends",
    "dnf": "sudo dnf install -y",
    "pacman": "sudo pacman -S --needed",
}


def family_of(os_release: str) -> str:
    """`apt`, `dnf`, `pacman`, or an empty string, from the text of /etc/os-release."""
    values = dict(line.split("=", 1) for line in os_release.splitlines() if "=" in line)
    named = " ".join(values.get(key, "").strip("\"'") for key in ("ID", "ID_LIKE"))
    return next((FAMILIES[name] for name in named.split() if name in FAMILIES), "")


def this_family() -> str:
    """The package family of this machine, or an empty string where it is none we know."""
    release = Path("/etc/os-release")
    return family_of(release.read_text(encoding="utf-8")) if release.exists() else ""


def names(packages: Iterable[SystemPackage], family: str) -> list[str]:
    """The packages' names in one family, each once and sorted."""
    return sorted({getattr(package, family) for package in packages})


def command(packages: Iterable[SystemPackage], family: str) -> str:
    """The one line that a person types to install them."""
    wanted = list(packages)
    if family:
        return f"{COMMANDS[family]} {' '.join(names(wanted, family))}"
    return f"(with your system's package manager; Debian calls them: {' '.join(names(wanted, 'apt'))})"


def may_install(family: str) -> bool:
    """Whether we may install by ourselves: root, on Debian, Ubuntu or a descendant."""
    return family == "apt" and os.geteuid() == 0 and shutil.which("apt-get") is not None


def apt_install(packages: Iterable[SystemPackage]) -> None:
    """Install with apt-get. Raises SetupFailed with apt's own exit code when that fails."""
    wanted = names(packages, "apt")
    print(f"Installing system packages: {' '.join(wanted)}", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    quiet = ["-qq", "-o", "Dpkg::Use-Pty=0"]
    for step in (["update", *quiet], ["install", "-y", *quiet, "--no-install-recommends", *wanted]):
        code = subprocess.run(["apt-get", *step], env=environment, stdin=subprocess.DEVNULL).returncode
        if code:
            raise SetupFailed(
                f"apt-get {step[0]} failed with code {code}; its message is above.\n"
                f"When that is mended, start again, or install by hand:\n    {command_for_root(wanted)}"
            )


def command_for_root(wanted: Iterable[str]) -> str:
    """The apt line for someone who is root already."""
    return f"apt-get update && apt-get install -y --no-install-recommends {' '.join(wanted)}"
