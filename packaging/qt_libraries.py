"""Which system libraries Qt really lacks on this Linux: its own message blames xcb-cursor whatever is missing."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from system_packages import SetupFailed, SystemPackage, apt_install, command, may_install, this_family


def _named(apt: str, dnf: str, pacman: str) -> SystemPackage:
    return SystemPackage(apt, dnf, pacman)


# Soname without its version -> the packages that bring it.
PACKAGES: Mapping[str, SystemPackage] = {
    "libGL": _named("libgl1", "libglvnd-glx", "libglvnd"),
    "libGLX": _named("libglx0", "libglvnd-glx", "libglvnd"),
    "libOpenGL": _named("libopengl0", "libglvnd-opengl", "libglvnd"),
    "libEGL": _named("libegl1", "libglvnd-egl", "libglvnd"),
    "libglib-2.0": _named("libglib2.0-0", "glib2", "glib2"),
    "libgthread-2.0": _named("libglib2.0-0", "glib2", "glib2"),
    "libfontconfig": _named("libfontconfig1", "fontconfig", "fontconfig"),
    "libfreetype": _named("libfreetype6", "freetype", "freetype2"),
    "libdbus-1": _named("libdbus-1-3", "dbus-libs", "dbus"),
    "libgssapi_krb5": _named("libgssapi-krb5-2", "krb5-libs", "krb5"),
    "libz": _named("zlib1g", "zlib", "zlib"),
    "libzstd": _named("libzstd1", "libzstd", "zstd"),
    "libxkbcommon": _named("libxkbcommon0", "libxkbcommon", "libxkbcommon"),
    "libxkbcommon-x11": _named("libxkbcommon-x11-0", "libxkbcommon-x11", "libxkbcommon-x11"),
    "libX11": _named("libx11-6", "libX11", "libx11"),
    "libX11-xcb": _named("libx11-xcb1", "libX11-xcb", "libx11"),
    "libSM": _named("libsm6", "libSM", "libsm"),
    "libICE": _named("libice6", "libICE", "libice"),
    "libxcb": _named("libxcb1", "libxcb", "libxcb"),
    "libxcb-cursor": _named("libxcb-cursor0", "xcb-util-cursor", "xcb-util-cursor"),
    "libxcb-icccm": _named("libxcb-icccm4", "xcb-util-wm", "xcb-util-wm"),
    "libxcb-image": _named("libxcb-image0", "xcb-util-image", "xcb-util-image"),
    "libxcb-keysyms": _named("libxcb-keysyms1", "xcb-util-keysyms", "xcb-util-keysyms"),
    "libxcb-render-util": _named("libxcb-render-util0", "xcb-util-renderutil", "xcb-util-renderutil"),
    "libxcb-util": _named("libxcb-util1", "xcb-util", "xcb-util"),
    **{
        f"libxcb-{part}": _named(f"libxcb-{part}0", "libxcb", "libxcb")
        for part in ("glx", "randr", "render", "shape", "shm", "xfixes")
    },
    "libxcb-sync": _named("libxcb-sync1", "libxcb", "libxcb"),
    "libxcb-xkb": _named("libxcb-xkb1", "libxcb", "libxcb"),
    "libwayland-client": _named("libwayland-client0", "libwayland-client", "wayland"),
    "libwayland-cursor": _named("libwayland-cursor0", "libwayland-cursor", "wayland"),
    "libwayland-egl": _named("libwayland-egl1", "libwayland-egl", "wayland"),
}
FONT = _named("fonts-dejavu-core", "dejavu-sans-fonts", "ttf-dejavu")

# What has to load, inside the PySide6 folder: the Qt modules that the program imports, and each way to paint.
MODULES = ("Core", "Gui", "Widgets", "Network", "Svg", "DBus", "OpenGL", "OpenGLWidgets")
EVERYWHERE = (*(f"Qt/lib/libQt6{name}.so.6" for name in MODULES), "Qt/plugins/platforms/libqoffscreen.so")
PLATFORM_FILES: Mapping[str, tuple[str, ...]] = {
    "offscreen": (),
    "xcb": ("Qt/plugins/platforms/libqxcb.so",),
    "wayland": ("Qt/plugins/platforms/libqwayland*.so",),
}
NOT_FOUND = re.compile(r"^\s*(\S+) => not found", re.MULTILINE)


def missing_in(ldd_output: str) -> set[str]:
    """The sonames that the loader does not find."""
    return set(NOT_FOUND.findall(ldd_output))


def packages_for(sonames: Iterable[str]) -> tuple[set[SystemPackage], set[str]]:
    """The packages that bring these libraries, and the libraries that no package is known for."""
    found: set[SystemPackage] = set()
    unknown: set[str] = set()
    for soname in sonames:
        package = PACKAGES.get(soname.split(".so")[0])
        if package:
            found.add(package)
        else:
            unknown.add(soname)
    return found, unknown


def platforms(variables: Mapping[str, str]) -> tuple[str, ...]:
    """The ways to paint that Qt would try, the likeliest first."""
    forced = variables.get("QT_QPA_PLATFORM", "").split(":")[0].split(";")[0]
    if forced:
        return (forced,)
    displays = (("WAYLAND_DISPLAY", "wayland"), ("DISPLAY", "xcb"))
    return tuple(name for variable, name in displays if variables.get(variable)) or ("offscreen",)


def missing(pyside: Path, patterns: Iterable[str]) -> set[str]:
    """The sonames that these files of PySide6 want and this machine has not."""
    files = [str(file) for pattern in patterns for file in pyside.glob(pattern)]
    if not files:
        return set()
    # ldd says what the loader would do, run paths included, without loading anything.
    told = subprocess.run(["ldd", *files], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return missing_in(told.stdout)


def font_folders(variables: Mapping[str, str]) -> Iterator[Path]:
    """Where fontconfig looks, as every distribution sets it up."""
    home = Path(variables.get("HOME") or "/")
    for folder in [*variables.get("XDG_DATA_DIRS", "").split(":"), "/usr/share", "/usr/local/share"]:
        if folder:
            yield Path(folder) / "fonts"
    yield Path(variables.get("XDG_DATA_HOME") or home / ".local/share") / "fonts"
    yield home / ".fonts"


def has_font(folders: Iterable[Path]) -> bool:
    """Whether there is any scalable font: without one every text is empty boxes, and nothing fails."""
    endings = {".ttf", ".otf", ".ttc", ".pfb"}
    for folder in folders:
        for _, _, files in os.walk(folder):
            if any(Path(name).suffix.lower() in endings for name in files):
                return True
    return False


def ensure(site_packages: Path, wanted: tuple[str, ...], variables: Mapping[str, str]) -> None:
    """See to what Qt needs of the system to paint in one of the wanted ways, installing it where we may.

    Raises SetupFailed with the one command to type when a library is missing and we may not.
    """
    # The environment keeps the answer, so that the next start need not ask again.
    seen = site_packages / "wattwright-qt-libraries.txt"
    if seen.exists() and set(wanted) <= set(seen.read_text(encoding="utf-8").split()):
        return
    pyside = site_packages / "PySide6"
    always = missing(pyside, EVERYWHERE)
    per_platform = {name: missing(pyside, PLATFORM_FILES.get(name, ())) for name in wanted}
    # Qt falls back from one display to the other, so one that works is enough.
    windowed: set[str] = set() if not all(per_platform.values()) else per_platform[wanted[0]]
    lacking = always | windowed
    font = has_font(font_folders(variables))
    if lacking or not font:
        supply(lacking, font)
        lacking = missing(pyside, (*EVERYWHERE, *PLATFORM_FILES.get(wanted[0], ()))) & lacking
        if lacking:
            raise SetupFailed(f"Qt still lacks {', '.join(sorted(lacking))} after the installation.")
        font = has_font(font_folders(variables))
    if font:
        seen.write_text("\n".join(wanted) + "\n", encoding="utf-8")


def supply(lacking: set[str], font: bool) -> None:
    """Install what is missing, or say how. Only libraries stop us; without a font we go on, having said so."""
    packages, unknown = packages_for(lacking)
    if not font:
        packages.add(FONT)
    family = this_family()
    if may_install(family) and packages:
        apt_install(packages)
        return
    hint = f"\n    {command(packages, family)}" if packages else ""
    if lacking:
        nameless = f"\n(No package is known to us for {', '.join(sorted(unknown))}.)" if unknown else ""
        raise SetupFailed(f"Qt needs system libraries that are missing: {', '.join(sorted(lacking))}{nameless}{hint}")
    print(f"This machine has no font, so every text will be empty boxes. Install one:{hint}", flush=True)
