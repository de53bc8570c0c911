"""A draft on its way into the site file and back, perhaps into a newer program and onto a device that has changed."""

from __future__ import annotations

import logging
from typing import Any

from app.model.errors import UsageError
from app.model.section import AnySection, Change

from .checking import same
from .draft import Draft, carried_over
from .plain import field_from_plain, plain_of
from .records import StoredDraft

log = logging.getLogger(__name__)

NOW = "taken when sent"
"""Beside the fields of a stored draft: its time is this computer's at the moment of sending."""


def storable(section: AnySection, draft: Draft[Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the draft is based on and what is edited, as JSON types; without secrets."""
    value = {**plain_of(section, draft.value), **({NOW: True} if draft.now else {})}
    return plain_of(section, draft.base), value


def restored(section: AnySection, base: Any, stored: StoredDraft | None, *, of: str) -> Draft[Any]:
    """A draft on what was just read, with the edits that an earlier run of the program left. `of`: for the log."""
    draft: Draft[Any] = Draft(section, base)
    if stored is None or not isinstance(stored.value, dict) or not isinstance(stored.base, dict):
        return draft
    if stored.value.get(NOW):
        draft.take_now()
    for field in section.fields:
        taken_when_sent = draft.now and field.tolerance
        if field.read_only or taken_when_sent or not stored.value.keys() & stored.base.keys() & {field.name}:
            continue
        try:
            before = field_from_plain(section.model, field.name, stored.base[field.name])
            wanted = field_from_plain(section.model, field.name, stored.value[field.name])
        except UsageError:
            log.warning("%s: the stored draft of %s is of another version: dropped", of, field.name)
            continue
        if not same(field, wanted, before):
            change = Change(field.name, before, wanted)
            draft.set(field.name, carried_over(section, change, getattr(base, field.name)))
    return draft
