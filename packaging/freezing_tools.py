"""What PyInstaller needs of a Linux besides Python packages: binutils, and Python as a shared library."""

from __future__ import annotations

import ctypes.util
import shutil
import sys
import sysconfig
from pathlib import Path

from system_packages import SystemPackage, apt_install, command, may_install, this_family

BINUTILS = SystemPackage("binutils", "binutils", "binutils")


def shared_python() -> bool:
    """Whether this Python's code can be had as a library, as PyInstaller wants it."""
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    beside = Path(sysconfig.get_config_var("LIBDIR") or "/") / str(sysconfig.get_config_var("INSTSONAME"))
    is_library = ".so" in beside.name and beside.exists()
    return is_library or ctypes.util.find_library(name) is not None


def missing() -> list[SystemPackage]:
    """The system packages without which nothing can be frozen here."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    wanted = []
    if not all(shutil.which(tool) for tool in ("objdump", "objcopy", "strip")):
        wanted.append(BINUTILS)
    if not shared_python():
        wanted.append(SystemPackage(f"lib{version}", "python3-libs", "python"))
    return wanted


def ensure() -> None:
    """Install them where we may; where we may not, say how, and go on: all but the freezing works without them."""
    packages = missing()
    if not packages:
        return
    family = this_family()
    if may_install(family):
        apt_install(packages)
    else:
        print(f"Freezing the program needs system packages:\n    {command(packages, family)}", flush=True)
