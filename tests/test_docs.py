"""The documentation keeps its promises: links lead somewhere, pictures exist, every verb is described."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import typer

from app.cli.commands import COMMANDS
from app.model.errors import ExitCode

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"(!?)\[[^\]]*\]\(([^)\s]+)\)")
CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)
EVERYWHERE = {
    "--json",
    "--help",
    *(f"--{name}" for name in ("vendor", "user", "accept-certificate", "fingerprint", "site")),
}
"""Options that stand in a table of their own, not with each verb."""

# A heading's anchor, as the forges make it.
NOT_IN_ANCHOR = re.compile(r"[^\w\- ]")

# Whoever installs behind a mirror has another host; whoever reads on another machine has other folders.
PACKAGE_HOSTS = re.compile(r"pypi\.|pythonhosted|files\.python|anaconda\.|simple/index|npmjs", re.IGNORECASE)
MACHINE_PATHS = re.compile(r"(?<![\w.~])/(?:work|root|tmp|Users)/")


def pages() -> pytest.MarkDecorator:
    return pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())


def links(page: Path) -> list[tuple[bool, str]]:
    """Every link of a page, and whether it is a picture."""
    text = CODE.sub("", page.read_text(encoding="utf-8"))
    return [(bool(mark), target) for mark, target in LINK.findall(text)]


def anchors(page: Path) -> set[str]:
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    headings = re.findall(r"^#+ +(.+)$", text, re.MULTILINE)
    return {NOT_IN_ANCHOR.sub("", heading.strip().lower()).replace(" ", "-") for heading in headings}


def test_the_pages_that_a_newcomer_looks_for_are_there() -> None:
    named = {page.relative_to(ROOT).as_posix() for page in PAGES}
    assert named >= {
        "README.md",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "docs/architecture.md",
        "docs/devices.md",
        "docs/user-guide.md",
        "docs/command-line.md",
        "docs/decisions/README.md",
    }
    assert (ROOT / "LICENSE").is_file()


@pages()
def test_every_relative_link_and_picture_leads_somewhere(page: Path) -> None:
    broken = []
    for picture, target in links(page):
        if "://" in target or target.startswith("mailto:"):
            assert not picture, f"{target}: pictures lie in docs/pictures"
            continue
        name, _, anchor = target.partition("#")
        found = (page.parent / name).resolve() if name else page
        inside = found.is_relative_to(ROOT) and found.exists()
        if not inside or (anchor and anchor not in anchors(found)):
            broken.append(target)
    assert not broken


@pages()
def test_every_picture_says_what_it_shows_and_comes_from_the_tour(page: Path) -> None:
    text = CODE.sub("", page.read_text(encoding="utf-8"))
    for words, target in re.findall(r"!\[([^\]]*)\]\(([^)\s]+)\)", text):
        assert words.strip(), f"{target} has no words for those who cannot see it"
        assert (page.parent / target).resolve().parent == ROOT / "docs" / "pictures", target


@pages()
def test_no_page_names_a_package_host_or_a_folder_of_our_machines(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for pattern in (PACKAGE_HOSTS, MACHINE_PATHS):
        found = pattern.search(text)
        assert found is None, found


def test_every_decision_stands_in_the_index() -> None:
    folder = ROOT / "docs" / "decisions"
    listed = {target for _, target in links(folder / "README.md")}
    assert {page.name for page in folder.glob("[0-9]*.md")} <= listed


def test_the_map_names_only_files_that_are_there() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    there = {file.name for folder in ("app", "ui", "packaging") for file in (ROOT / folder).rglob("*.py")}
    named = set(re.findall(r"\b\w+\.py\b", text))
    assert named
    assert named <= there


def described() -> dict[str, str]:
    """The verbs of the command line's page, each with its text."""
    text = (ROOT / "docs" / "command-line.md").read_text(encoding="utf-8")
    _, _, verbs = text.partition("\n## The verbs\n")
    parts = re.split(r"^### (\S+)$", verbs, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def declared() -> dict[str, set[str]]:
    """The verbs of the program, each with its long options."""
    group = typer.main.get_command(COMMANDS)
    return {
        name: {
            option
            for parameter in command.params
            if not getattr(parameter, "hidden", False)
            for option in parameter.opts
            if option.startswith("--")
        }
        for name, command in group.commands.items()  # type: ignore[attr-defined]
    }


def test_every_verb_is_described_and_no_other() -> None:
    assert set(described()) == set(declared())


def test_every_option_of_a_verb_is_described_and_no_other() -> None:
    page = (ROOT / "docs" / "command-line.md").read_text(encoding="utf-8")
    for option in EVERYWHERE - {"--help"}:
        assert f"`{option}" in page, option
    for verb, options in declared().items():
        told = set(re.findall(r"--[a-z][a-z-]*", described()[verb]))
        assert options - EVERYWHERE <= told, verb
        assert told <= options | EVERYWHERE, verb


def test_every_exit_code_is_described() -> None:
    text = (ROOT / "docs" / "command-line.md").read_text(encoding="utf-8")
    told = {int(code) for code in re.findall(r"^\| (\d+) \|", text, re.MULTILINE)}
    assert told >= {int(code) for code in ExitCode}


def test_every_error_that_an_installer_can_meet_stands_in_the_table_of_messages() -> None:
    from app.model import errors

    guide = (ROOT / "docs" / "user-guide.md").read_text(encoding="utf-8")
    shared = {errors.AppError, errors.UsageError, errors.TooSoon}
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.AppError)]
    for kind in kinds:
        if kind not in shared:
            assert f"| {kind.title} |" in guide, kind.__name__
