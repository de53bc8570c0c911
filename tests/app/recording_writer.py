"""The program that dies while it records. Started by test_recording.py; says what has been written for good."""

from __future__ import annotations

import sys
from itertools import count
from pathlib import Path

from app.commission.recorded import Batch, Mark, RecordedChannel
from app.model.quantity import Reading
from app.site.sitefile import SiteFile
from tests.app.recordings import ALL

ROUND = 5


def record(path: Path) -> None:
    """Record two devices without end."""
    site = SiteFile.open(path)
    site.drafts.save("test:1", "", "test.section", {}, {"kept": True})
    channels = [RecordedChannel(f"test:{n}", f"Meter {n}", "", f"Meter {n}", "live", "Live", ALL) for n in (1, 2)]
    recording = site.recordings.begin("Cut off", 1000.0, channels)
    site.recordings.mark(recording, Mark(1000.5, "kettle on"))
    print("begun", recording, flush=True)
    for number in count():
        times = [1000.0 + number * ROUND + index for index in range(ROUND)]
        site.recordings.write(
            recording, Batch({place: [Reading(at, (at, at + place, 50.0)) for at in times] for place in (0, 1)})
        )
        print("written", number + 1, flush=True)


if __name__ == "__main__":
    record(Path(sys.argv[1]))
