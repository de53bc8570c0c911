"""The first command a newcomer types does the right thing on machines that this one is not."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

import pytest

import bootstrap
import checks
import environment
import first_start
import qt_libraries
import system_packages
from system_packages import SetupFailed, SystemPackage

ROOT = Path(__file__).resolve().parent.parent
LOCKS = [ROOT / "packaging" / "lock" / name for name in ("runtime.txt", "dev.txt")]

LDD = """\
/venv/PySide6/Qt/plugins/platforms/libqxcb.so:
\tlinux-vdso.so.1 (0x00007ffc)
\tlibQt6XcbQpa.so.6 => /venv/PySide6/Qt/plugins/platforms/../../lib/libQt6XcbQpa.so.6 (0x00007f)
\tlibxcb-cursor.so.0 => not found
\tlibxcb-icccm.so.4 => not found
/venv/PySide6/Qt/lib/libQt6Gui.so.6:
\tlibEGL.so.1 => not found
\tlibnovel.so.7 => not found
\tlibc.so.6 => /lib/libc.so.6 (0x00007f)
"""


# An old or a bare machine


@pytest.mark.parametrize("version", [(2, 7), (3, 6), (3, 10)])
def test_an_old_python_is_told_what_to_do(version: tuple[int, int]) -> None:
    message = bootstrap.too_old((*version, 0))

    assert "needs Python 3.11" in message
    assert f"this is Python {version[0]}.{version[1]}" in message
    assert "packaging/bootstrap.py demo" in message


@pytest.mark.parametrize("version", [(3, 11), (3, 14), (4, 0)])
def test_a_new_python_is_taken(version: tuple[int, int]) -> None:
    assert not bootstrap.too_old((*version, 0))


def test_an_old_python_can_read_the_first_file() -> None:
    source = (ROOT / "packaging" / "bootstrap.py").read_text(encoding="ascii")
    tree = ast.parse(source, feature_version=(3, 4))

    assert not [node for node in ast.walk(tree) if isinstance(node, ast.JoinedStr | ast.AnnAssign | ast.NamedExpr)]
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.returns]


# Qt's system libraries


def test_what_the_loader_does_not_find_is_told_apart() -> None:
    missing = qt_libraries.missing_in(LDD)

    assert missing == {"libxcb-cursor.so.0", "libxcb-icccm.so.4", "libEGL.so.1", "libnovel.so.7"}


def test_missing_libraries_become_packages_and_one_command() -> None:
    packages, unknown = qt_libraries.packages_for(qt_libraries.missing_in(LDD))

    assert unknown == {"libnovel.so.7"}
    assert system_packages.command(packages, "apt") == (
        "sudo apt-get update && sudo apt-get install -y --no-install-recommends libegl1 libxcb-cursor0 libxcb-icccm4"
    )
    assert system_packages.command(packages, "dnf") == "sudo dnf install -y libglvnd-egl xcb-util-cursor xcb-util-wm"
    assert "Debian calls them: libegl1 libxcb-cursor0 libxcb-icccm4" in system_packages.command(packages, "")


def test_where_we_may_not_install_we_say_how(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(qt_libraries, "may_install", lambda _: False)
    monkeypatch.setattr(qt_libraries, "this_family", lambda: "apt")

    with pytest.raises(SetupFailed, match="apt-get install -y --no-install-recommends libegl1"):
        qt_libraries.supply({"libEGL.so.1"}, font=True)


def test_without_a_font_we_go_on_having_said_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(qt_libraries, "may_install", lambda _: False)
    monkeypatch.setattr(qt_libraries, "this_family", lambda: "apt")

    qt_libraries.supply(set(), font=False)

    assert "fonts-dejavu-core" in capsys.readouterr().out


def test_a_font_is_found_however_deep(tmp_path: Path) -> None:
    assert not qt_libraries.has_font([tmp_path, tmp_path / "nowhere"])

    (tmp_path / "truetype" / "dejavu").mkdir(parents=True)
    (tmp_path / "truetype" / "dejavu" / "DejaVuSans.ttf").touch()
    assert qt_libraries.has_font([tmp_path])


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, ("offscreen",)),
        ({"DISPLAY": ":0"}, ("xcb",)),
        ({"DISPLAY": ":0", "WAYLAND_DISPLAY": "wayland-0"}, ("wayland", "xcb")),
        ({"DISPLAY": ":0", "QT_QPA_PLATFORM": "offscreen:size=1x1"}, ("offscreen",)),
    ],
)
def test_only_the_libraries_of_the_display_at_hand_are_asked_for(
    variables: dict[str, str], expected: tuple[str, ...]
) -> None:
    assert qt_libraries.platforms(variables) == expected


@pytest.mark.parametrize(
    ("os_release", "family"),
    [
        ("ID=debian\nVERSION_ID=12\n", "apt"),
        ('ID=linuxmint\nID_LIKE="ubuntu debian"\n', "apt"),
        ('ID="rocky"\nID_LIKE="rhel centos fedora"\n', "dnf"),
        ("ID=arch\n", "pacman"),
        ("ID=nixos\n", ""),
    ],
)
def test_the_distribution_is_known_by_its_family(os_release: str, family: str) -> None:
    assert system_packages.family_of(os_release) == family


# The display


def test_without_a_display_the_demo_becomes_the_tour(capsys: pytest.CaptureFixture[str]) -> None:
    assert first_start.verb_for_machine("demo", ["--site", "x"], display=False) == (
        "tour",
        ["--out", "build/demo-pictures"],
    )
    assert "No display" in capsys.readouterr().out


def test_without_a_display_the_window_is_refused_with_a_way_out() -> None:
    with pytest.raises(SetupFailed, match="python -m app"):
        first_start.verb_for_machine("run", [], display=False)


def test_with_a_display_arguments_pass_through() -> None:
    assert first_start.verb_for_machine("demo", ["--site", "x"], display=True) == ("demo", ["--site", "x"])


@pytest.mark.parametrize("verb", ["tour", "test", "build", "bench"])
def test_jobs_without_a_window_need_no_display(verb: str) -> None:
    assert first_start.verb_for_machine(verb, ["-x"], display=False) == (verb, ["-x"])


@pytest.mark.parametrize(
    ("platform", "variables", "display"),
    [
        ("linux", {}, False),
        ("linux", {"DISPLAY": ""}, False),
        ("linux", {"WAYLAND_DISPLAY": "wayland-0"}, True),
        ("linux", {"QT_QPA_PLATFORM": "vnc"}, True),
        ("darwin", {}, True),
        ("win32", {}, True),
    ],
)
def test_a_display_is_known_by_its_variables(platform: str, variables: dict[str, str], display: bool) -> None:
    assert first_start.has_display(platform, variables) is display


# The environment


def checkout(folder: Path, **locks: str) -> Path:
    """A folder with lock files and nothing else."""
    (folder / "packaging" / "lock").mkdir(parents=True, exist_ok=True)
    for name, text in locks.items():
        (folder / "packaging" / "lock" / f"{name}.txt").write_text(text)
    return folder


def test_an_environment_is_used_as_it_is_while_its_locks_are_unchanged(tmp_path: Path) -> None:
    root = checkout(tmp_path, runtime="a", dev="b")
    environment.State.wanted(root, ("runtime",)).save(tmp_path / "state.json")
    found = environment.State.load(tmp_path / "state.json")

    assert found is not None
    assert found.can_become(environment.State.wanted(root, ("runtime", "dev")))

    checkout(tmp_path, runtime="changed")
    assert not found.can_become(environment.State.wanted(root, ("runtime", "dev")))


def test_an_environment_of_another_place_or_python_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = environment.State.wanted(checkout(tmp_path / "here", runtime="a"), ("runtime",))
    there = environment.State.wanted(checkout(tmp_path / "there", runtime="a"), ("runtime",))
    assert not here.can_become(there)

    monkeypatch.setattr(sys.implementation, "cache_tag", "cpython-399")
    assert not here.can_become(environment.State.wanted(tmp_path / "here", ("runtime",)))


@pytest.mark.parametrize("left_behind", [None, "", "{", "[]", '{"made_for": "x"}'])
def test_a_half_made_environment_is_known(tmp_path: Path, left_behind: str | None) -> None:
    state = tmp_path / "state.json"
    if left_behind is not None:
        state.write_text(left_behind)

    assert environment.State.load(state) is None


def test_line_ends_do_not_change_a_lock(tmp_path: Path) -> None:
    (tmp_path / "unix").write_bytes(b"a==1\nb==2\n")
    (tmp_path / "windows").write_bytes(b"a==1\r\nb==2\r\n")

    assert environment.lock_digest(tmp_path / "unix") == environment.lock_digest(tmp_path / "windows")


@pytest.mark.parametrize(
    ("pip_said", "advice"),
    [
        ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device", "The disk is full"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.", "not the one that was locked"),
        ("WARNING: Retrying: NewConnectionError('Temporary failure in name resolution')", "WATTWRIGHT_WHEELS"),
        ("ERROR: No matching distribution found for numpy==2.4.6", "no build for Python"),
    ],
)
def test_a_failed_installation_says_what_to_do(pip_said: str, advice: str) -> None:
    assert advice in environment.remedy(pip_said, "runtime")


# The lock


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.stem)
def test_the_lock_names_no_host(lock: Path) -> None:
    text = lock.read_text(encoding="ascii")

    assert "://" not in text
    assert not re.search(r"^\s*(-i|--index-url|--extra-index-url|--find-links|--trusted-host)", text, re.MULTILINE)


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.stem)
def test_every_locked_package_has_a_version_and_a_hash(lock: Path) -> None:
    entries = lock.read_text(encoding="ascii").replace("\\\n", " ").splitlines()

    assert len(entries) > 30
    for entry_line in entries:
        assert re.match(r"[a-z0-9._-]+==\S+ .*--hash=sha256:[0-9a-f]{64}", entry_line), entry_line


def test_the_development_lock_is_the_runtime_lock_and_more() -> None:
    runtime, development = (set(re.findall(r"^[a-z0-9._-]+==[^ ]+", lock.read_text(), re.MULTILINE)) for lock in LOCKS)

    assert runtime < development


def test_no_python_below_3_12_gets_a_pyside6_that_loses_references() -> None:
    pinned = dict(re.findall(r"^pyside6-essentials==(\d+\.\d+)\S* ; (.+?) \\$", LOCKS[0].read_text(), re.MULTILINE))

    assert pinned == {"6.11": "python_full_version < '3.12'", "6.12": "python_full_version >= '3.12'"}


# The checks and the frozen program


@pytest.mark.parametrize(
    "line",
    [
        "============ 12 passed in 3.45s ============",
        "====== 1 failed, 12 passed, 2 skipped in 63.45s (0:01:03) ======",
        "========================= no tests ran in 0.01s =========================",
    ],
)
def test_the_closing_line_of_pytest_is_known(line: str) -> None:
    assert checks.CLOSING_LINE.match(line)


@pytest.mark.parametrize("line", ["=== pytest", "===== test session starts =====", "12 passed in 3.45s"])
def test_other_lines_are_not_taken_for_it(line: str) -> None:
    assert not checks.CLOSING_LINE.match(line)


@pytest.mark.parametrize("package", [*qt_libraries.PACKAGES.values(), qt_libraries.FONT])
def test_a_system_package_has_a_name_in_every_family(package: SystemPackage) -> None:
    assert all((package.apt, package.dnf, package.pacman))
