"""The verbs of `bootstrap.py`: which lock each needs, what it needs of the system, and what it starts."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import environment
import freezing_tools
import qt_libraries
from system_packages import SetupFailed


@dataclass(frozen=True)
class Verb:
    """One job: what starts it inside `.venv`, and what has to be there first."""

    help: str
    arguments: tuple[str, ...]
    development: bool = False
    window: bool = False
    """Whether a person looks at it; otherwise it paints without a screen, the same on every machine."""
    freezes: bool = False
    """Whether it makes the program for others, who have displays even where this machine has none."""


VERBS: Mapping[str, Verb] = {
    "demo": Verb("open the window on a demo site with simulated devices", ("-m", "ui.main", "--demo"), window=True),
    "run": Verb("open the window", ("-m", "ui.main"), window=True),
    "tour": Verb("write a picture of every page", ("-m", "ui.tour")),
    "test": Verb("run every check and test", ("packaging/checks.py",), development=True),
    "build": Verb("make the program that needs no Python", ("packaging/build.py",), development=True, freezes=True),
    "bench": Verb("measure, as ratios against baselines", ("-m", "tests.bench"), development=True),
}
NO_DISPLAY = "No display: neither DISPLAY nor WAYLAND_DISPLAY is set"


def has_display(platform: str, variables: Mapping[str, str]) -> bool:
    """Whether a window can be shown: Windows and macOS always can, and a chosen Qt platform is taken at its word."""
    if not platform.startswith("linux"):
        return True
    return any(variables.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))


def verb_for_machine(name: str, extra: Sequence[str], display: bool) -> tuple[str, list[str]]:
    """The verb that this machine can do, with its arguments. Raises SetupFailed when there is none."""
    if display or not VERBS[name].window:
        return name, list(extra)
    if name == "demo":
        print(f"{NO_DISPLAY}, so this makes the tour instead: a picture of every page of the demo.", flush=True)
        return "tour", ["--out", "build/demo-pictures"]
    raise SetupFailed(
        f"{NO_DISPLAY}, so no window can be shown.\n"
        "Everything it does can be done without one: python -m app --help, with the Python in .venv.\n"
        "For pictures of the window: python3 packaging/bootstrap.py tour"
    )


def main(arguments: Sequence[str]) -> int:
    """Set up what the verb needs, then become that job; its exit code is ours."""
    parser = argparse.ArgumentParser(prog="bootstrap.py", description=(__doc__ or "").splitlines()[0])
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    for name, verb in VERBS.items():
        verbs.add_parser(name, help=verb.help, add_help=False)
    chosen, extra = parser.parse_known_args(arguments)
    try:
        name, extra = verb_for_machine(chosen.verb, extra, has_display(sys.platform, os.environ))
        verb = VERBS[name]
        variables = dict(os.environ)
        if not verb.window:
            variables.setdefault("QT_QPA_PLATFORM", "offscreen")
        python = environment.ensure(verb.development)
        if sys.platform.startswith("linux"):
            platforms = ("xcb",) if verb.freezes else qt_libraries.platforms(variables)
            qt_libraries.ensure(environment.site_packages(python.parent.parent), platforms, variables)
            if verb.development:
                freezing_tools.ensure()
    except SetupFailed as failure:
        print(f"\n{failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped. The next start goes on from here.", file=sys.stderr)
        return 130
    return become([str(python), *verb.arguments, *extra], variables)


def become(command: Sequence[str], variables: Mapping[str, str]) -> int:
    """Run the job in our place, so that a signal sent to us reaches it; Windows cannot, there we wait."""
    sys.stdout.flush()
    os.chdir(environment.ROOT)
    if os.name != "nt":
        os.execve(command[0], list(command), dict(variables))
    return subprocess.run(command, env=dict(variables)).returncode
