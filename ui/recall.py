"""What the last run of the program left in the site: what was cut off (sendings, recordings), and unsent drafts."""

from __future__ import annotations

from app.site.sitefile import SiteFile

from .forms.toast import Toasts
from .jobs import JobBar


def tell_what_was_left(site: SiteFile, toasts: Toasts, jobs: JobBar) -> None:
    """Say it once; a sending that was cut off is settled as unknown."""
    for record in site.journal.unfinished():
        toasts.error(
            "A sending was cut off",
            f"{record.section} of {record.device} was being sent when the program ended: its outcome is unknown.",
            hint="Open the section: it is read again, and the draft is still there.",
        )
        site.journal.settle(record.id, "unknown")
    for recording in site.recordings.settle():
        toasts.info(
            "A recording was cut off",
            f"{recording.title}: the program ended meanwhile. Its {recording.readings} readings up to then are kept.",
        )
    drafts = len(site.drafts.all())
    if drafts:
        jobs.say(f"{drafts} unsent {'draft' if drafts == 1 else 'drafts'} from the last time are kept.")
