"""The program's own Python environment, `.venv`: exactly what the lock says, mended when it was left half made."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from system_packages import SetupFailed, SystemPackage, apt_install, command, may_install, this_family

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ROOT / "packaging" / "lock"
WHEELS_VARIABLE = "WATTWRIGHT_WHEELS"
STATE_NAME = "wattwright-state.json"

# What pip prints, and what the person can do about it. The first that fits is said.
REMEDIES: tuple[tuple[str, str], ...] = (
    (
        "No space left on device",
        "The disk is full. The environment needs about 1 GB here and as much again, for a moment, in the temporary "
        "folder. Make room, or set TMPDIR to a folder with room, and start again.",
    ),
    (
        "DO NOT MATCH THE HASHES",
        "A downloaded package is not the one that was locked, so nothing of it was installed. Try again; when it "
        "stays, your package mirror serves altered files and should not be used.",
    ),
    (
        "Permission denied",
        "A folder may not be written to. Check who owns this checkout and its .venv folder.",
    ),
    (
        "certificate verify failed",
        "The package index shows a certificate that this machine does not trust. Set pip's 'cert' option (or "
        "PIP_CERT) to your organisation's certificate file.",
    ),
)
OFFLINE = (
    "The packages could not be fetched. Either this machine has no way to a package index (check the network, and "
    "pip's 'index-url' and 'proxy' settings), or the index has no build for Python {python} on {platform}.\n"
    "Without a network: on a machine that has one, of the same system and Python, run\n"
    "    python3 -m pip download --only-binary :all: --no-deps -d wheels -r packaging/lock/{lock}.txt\n"
    f"bring the folder here, and set {WHEELS_VARIABLE} to its path."
)


@dataclass(frozen=True)
class State:
    """What a finished `.venv` was made from. It is written last, so an interrupted one has none."""

    made_for: str
    locks: Mapping[str, str]

    @classmethod
    def wanted(cls, root: Path, lock_names: tuple[str, ...]) -> State:
        """The state that this checkout, this interpreter and these locks call for."""
        made_for = f"{sys.implementation.cache_tag} {sysconfig.get_platform()} {root}"
        return cls(made_for, {name: lock_digest(root / "packaging" / "lock" / f"{name}.txt") for name in lock_names})

    @classmethod
    def load(cls, path: Path) -> State | None:
        """The state written there, or None when there is none that can be read."""
        try:
            value = json.loads(path.read_text(encoding="utf-8"))
            return cls(str(value["made_for"]), dict(value["locks"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def save(self, path: Path) -> None:
        """Write it in one piece: a cut-off file would count as none."""
        path.write_text(json.dumps({"made_for": self.made_for, "locks": dict(self.locks)}), encoding="utf-8")

    def can_become(self, wanted: State) -> bool:
        """Whether what is missing can be added on top; a lock that changed means starting afresh."""
        return self.made_for == wanted.made_for and all(
            wanted.locks.get(name, digest) == digest for name, digest in self.locks.items()
        )


def lock_digest(path: Path) -> str:
    """The fingerprint of a lock file, the same whatever line ends the checkout has."""
    return hashlib.sha256(path.read_bytes().replace(b"\r\n", b"\n")).hexdigest()


def interpreter(venv: Path) -> Path:
    """The Python inside an environment."""
    return venv / "Scripts" / "python.exe" if os.name == "nt" else venv / "bin" / "python"


def site_packages(venv: Path) -> Path:
    """Where that Python keeps what is installed."""
    if os.name == "nt":
        return venv / "Lib" / "site-packages"
    return venv / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"


def ensure(development: bool) -> Path:
    """Make `.venv` hold the runtime lock, or the development lock, which includes it. Returns its interpreter."""
    venv = ROOT / ".venv"
    python = interpreter(venv)
    state_file = venv / STATE_NAME
    lock_names = ("runtime", "dev") if development else ("runtime",)
    current = State.wanted(ROOT, ("runtime", "dev"))
    found = State.load(state_file) if python.exists() else None
    usable = found is not None and found.can_become(current)
    if usable and found.locks.keys() >= set(lock_names):
        return python
    if not usable:
        if Path(sys.prefix).resolve() == venv.resolve():
            raise SetupFailed("The .venv has to be made anew: start this with the system's Python, not with its own.")
        create(venv)
    state_file.unlink(missing_ok=True)
    install(python, "dev" if development else "runtime")
    # A path file, not an editable install: nothing to build, and nothing for a build to fetch.
    (site_packages(venv) / "wattwright-checkout.pth").write_text(f"{ROOT}\n", encoding="utf-8")
    State.wanted(ROOT, lock_names).save(state_file)
    return python


def create(venv: Path) -> None:
    """A fresh, empty environment in place of whatever was there."""
    if importlib.util.find_spec("ensurepip") is None:
        need_venv_package()
    print(f"Making {venv} for Python {sys.version_info.major}.{sys.version_info.minor}", flush=True)
    if venv.is_symlink() or venv.is_file():
        raise SetupFailed(f"{venv} is not a folder of ours; move it away and start again.")
    try:
        shutil.rmtree(venv, ignore_errors=True)
        made = subprocess.run([sys.executable, "-m", "venv", str(venv)], stdout=subprocess.PIPE, text=True)
    except OSError as error:
        raise SetupFailed(f"{venv} cannot be made: {error}") from error
    if made.returncode:
        shutil.rmtree(venv, ignore_errors=True)
        raise SetupFailed(f"{made.stdout}\n{venv} cannot be made; the reason is above. Is the disk full?")


def need_venv_package() -> None:
    """Debian keeps ensurepip in a package of its own: install it, or say how."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    package = SystemPackage(apt=f"{version}-venv", dnf="python3-pip", pacman="python")
    family = this_family()
    if may_install(family):
        apt_install([package])
    else:
        raise SetupFailed(
            f"This Python cannot make environments. Install what is missing:\n    {command([package], family)}"
        )


def install(python: Path, lock_name: str) -> None:
    """Install one lock, refusing any file whose hash is not in it. Raises SetupFailed with what to do."""
    lock = LOCKS / f"{lock_name}.txt"
    pip = [
        str(python),
        "-m",
        "pip",
        "install",
        "--disable-pip-version-check",
        "--no-input",
        "--no-warn-script-location",
    ]
    pip += ["--require-hashes", "--only-binary", ":all:", "--no-deps", "-r", str(lock)]
    wheels = os.environ.get(WHEELS_VARIABLE)
    if wheels:
        pip += ["--no-index", "--find-links", wheels]
    if not sys.stdout.isatty():
        pip.append("-qq")
    print(f"Installing {lock.relative_to(ROOT)} (once; some minutes on a slow line)", flush=True)
    process = subprocess.Popen(pip, stderr=subprocess.PIPE, text=True, errors="replace")
    said = []
    for line in process.stderr or ():
        sys.stderr.write(line)
        said.append(line)
    if process.wait():
        raise SetupFailed(remedy("".join(said), lock_name))


def remedy(pip_said: str, lock_name: str) -> str:
    """What to do about a failed installation, told from pip's own words."""
    for sign, advice in REMEDIES:
        if sign in pip_said:
            return advice
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    return OFFLINE.format(python=python, platform=sysconfig.get_platform(), lock=lock_name)
