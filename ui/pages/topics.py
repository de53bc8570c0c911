"""What F1 tells on pages that no declaration describes: live, the picture of the energies, scan, recordings."""

from __future__ import annotations

from ui.forms.help import Topic

_PLOTS = (
    "Plots",
    "All plots share one axis of time, and each unit has a plot of its own. Drag marks a stretch of time and shows "
    "only that; the wheel or the keys + and - zoom; Shift and drag or the arrow keys move; 0 or a double click shows "
    "everything again.",
)
_GAPS = ("Gaps", "Where nothing was heard, the line is broken: nothing is guessed.")
_RECORD = (
    "Record",
    "What is ticked is kept in the site file, on and on, whichever page is shown; it can be replayed and "
    "exported later.",
)
_EXPORT = ("Export", "Every reading as a table (CSV), or the plots as they are on screen (PNG).")

LIVE = Topic(
    title="Live values",
    help="What is measured now, as numbers and as curves. The device's stream is open only while somebody looks or "
    "records, and it is shared by all who do.",
    parts=(
        ("Quantities", "Tick what is to be shown. At first it is what this device really measures."),
        ("Pause", "The plots stand still (Space); readings are kept all the same. Zooming pauses, too."),
        _PLOTS,
        _GAPS,
        _RECORD,
        _EXPORT,
    ),
)
SITE = Topic(
    title="Site live",
    help="Any quantities of any devices of this site on one axis of time. A device that is ticked is connected first.",
    parts=(
        ("Sums", "A sum adds and subtracts quantities of several devices, at the pace of the slowest of them: the main "
                 "meter against its sub-meters, for example."),
        ("Pause", "The plots stand still (Space); readings are kept all the same. Zooming pauses, too."),
        _PLOTS,
        _GAPS,
        _RECORD,
        _EXPORT,
    ),
)  # fmt: skip
FLOW = Topic(
    title="Energy flow",
    help="Where the power comes from and where it goes, as the device tells it with each reading. Dots move in the "
    "direction of the power, the faster the more it is; the words at each part say the same without colour or motion.",
    parts=(
        ("Old readings", "When no reading has come for some time, the picture is greyed and stands still."),
        ("Record", "The whole feed is kept in the site file, so that the picture moves again in the replay."),
    ),
)
SCAN = Topic(
    title="Device scan",
    help="Looks for meters on the buses of the gateway, and registers those that you choose.",
    parts=(
        ("Buses", "Tick where to look. Speeds and addresses that are left out are not asked: fewer are faster."),
        ("Scan", "Meters appear in the list as they answer. A scan cannot be stopped in the gateway, only no longer "
                 "watched; a new one is refused until it has ended."),
        ("Registering", "Tick meters, or press 'Add all', and give them their names. Nothing changes on the gateway "
                        "before you send; 'Preview' shows what would be sent."),
    ),
)  # fmt: skip
RECORDINGS = Topic(
    title="Recordings",
    help="What was recorded in this site. It is kept in the site file until you delete it there.",
    parts=(
        ("Replay", "Shows a recording again, as it was seen live (Return). Space plays and pauses, the slider goes to "
                   "any moment, and marks stand where somebody has set them."),
        ("In the list", "F2 gives another name, Del deletes after a question. What is still running can be neither "
                        "deleted nor replayed."),
        _PLOTS,
        ("Export", "Every reading as a table (CSV); from the replay also the plots as a picture (PNG)."),
    ),
)  # fmt: skip
