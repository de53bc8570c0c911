"""The program that dies: edits drafts and journals steps without end, and says what it has been promised.

Started by test_site_kill.py. Each line on standard output is written after the call returned: from then on the
record must survive, whatever happens to this process.
"""

from __future__ import annotations

import sys
from itertools import count
from pathlib import Path

from app.model.section import Change, Step
from app.site.sitefile import SiteFile

STEPS = 2
DRAFTS = 5


def filling(number: int) -> str:
    """Some kilobytes that depend on the number, so that a half-written value is seen."""
    return f"{number}," * (200 + number % 7 * 300)


def value(number: int) -> dict[str, object]:
    """What the draft holds after the edit of this number."""
    return {"number": number, "text": filling(number)}


def acknowledge(*words: object) -> None:
    """Say that a record is kept."""
    print(*words, flush=True)


def edit(site: SiteFile, number: int) -> None:
    """Keep a draft, or drop one."""
    target = f"meter-{number % DRAFTS}"
    if number % 11 == 10:
        site.drafts.drop("g13:1", target, "g13.clock")
        acknowledge("drop", target, number)
    else:
        site.drafts.save("g13:1", target, "g13.clock", {"number": 0}, value(number))
        acknowledge("draft", target, number)


def send(site: SiteFile, number: int) -> None:
    """Journal a sending of two steps."""
    steps = [Step("Set", "PUT", f"/{number}/{index}", {"text": filling(number)}) for index in range(STEPS)]
    change = Change("text", "", filling(number))
    operation = site.journal.begin("g13:1", "meter", "g13.clock", [change], steps, [])
    acknowledge("event", operation.id, 1)
    for index, step in enumerate(steps):
        operation.before(index, step)
        acknowledge("event", operation.id, 2 + 2 * index)
        operation.after(index, "done", filling(number))
        acknowledge("event", operation.id, 3 + 2 * index)
    operation.end("verified", {"number": number, "text": filling(number)})
    acknowledge("event", operation.id, 2 + 2 * STEPS)


def create(folder: Path) -> None:
    """Create one new site after the other."""
    for number in count():
        with SiteFile.open(folder / f"{number}.wattwright") as site:
            site.put_setting("number", str(number).encode())
            acknowledge("created", folder.name, number)


def write(path: Path, first: int) -> None:
    """Write, closing and opening the file now and then."""
    numbers = count(first)
    while True:
        with SiteFile.open(path) as site:
            for number in range(next(numbers) * 100, 10**12):
                edit(site, number)
                if number % 3 == 0:
                    send(site, number)
                if number % 100 > first % 30 + 3:
                    break


if __name__ == "__main__":
    if Path(sys.argv[1]).is_dir():
        create(Path(sys.argv[1]))
    else:
        write(Path(sys.argv[1]), int(sys.argv[2]))
