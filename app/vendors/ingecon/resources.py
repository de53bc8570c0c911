"""Every request that the manual of INGECON SUN documents, for the table of what the program covers."""

from __future__ import annotations

from app.model.resource import Resource

RESOURCES = (
    Resource(
        1,
        "POST /inverter/properties/read/1",
        "Values, alarms and codes of an inverter",
        "2.1, 3 to 6",
        used_by=("recognition of devices",),
    ),
    Resource(
        2, "GET /system/events/sse/stream", "Live values of an EMS", "7.1, 7.2", used_by=("recognition of devices",)
    ),
    Resource(3, "POST /ems/datalogger/samples/<date>/3", "A day of an EMS in samples of three minutes", "7.4 to 7.6"),
)
