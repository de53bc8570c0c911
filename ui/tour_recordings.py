"""The tour's stops at recordings: something is recorded, found in the list, and played again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ui.stage import StageError, dialog, press, until, write

if TYPE_CHECKING:
    from ui.pages.live_view import LiveView
    from ui.tour_stops import Tour

READINGS = 12
MARKED_AT = 6


async def recording_stops(tour: Tour, live: LiveView) -> None:
    """Record what a live page shows, which must be on the screen; then show the recordings and replay this one."""
    window = tour.window
    press(live, live.record.objectName())
    recorder = window.bench.recording.recorder
    if recorder is None:
        raise StageError("nothing is recorded")
    await until("some readings", lambda: recorder.readings >= MARKED_AT)
    press(window, "recording.mark")
    shown = await dialog(window, "recording.mark_dialog")
    write(shown, "recording.mark_dialog.name", "kettle on")
    press(shown, "recording.mark_dialog.accept")
    await until("more readings", lambda: recorder.marks and recorder.readings >= READINGS)
    tour.clear_toasts()
    await tour.picture("recording", "Recording into the site: it goes on while other pages are shown.")
    press(window, "recording.stop")
    tour.clear_toasts()
    page = window.show_recordings()
    window.bench.recording.rename(recorder.id, "Kettle in the kitchen")
    await tour.picture("recordings", "What was recorded in this site, with replay and export.")
    page.list.open.click()
    await until("the replay", lambda: page.replay is not None and page.replay.plots is not None)
    await tour.picture("replay", "A recording is played again: never to be taken for present values.")
    page.close_replay()
