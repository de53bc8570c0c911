"""Every request that the whatwatt's manual documents, for the table of what the program covers."""

from __future__ import annotations

from app.model.resource import Resource

_TABLE = """
2.3 | GET /api/v1/system | Device, supply, clouds, meter, network || device search; every connection
3.1 | GET /api/v1/report | The meter's last report
3.2 | GET /api/v1/live | Values as the meter sends them
4 | GET /api/v1/mqtt/settings | The MQTT client
4 | POST /api/v1/mqtt/settings | The MQTT client, replaced
4 | PUT /api/v1/mqtt/settings | The MQTT client, changed
4.1.2 | GET /api/v1/variables | Variables of message templates
5.2 | GET /api/v1/settings | Name, protection, services
5.2 | POST /api/v1/settings | Name, protection, services, replaced
5.2 | PUT /api/v1/settings | Name, protection, services, changed
5.3 | GET /api/v1/meter/settings | The port to the meter
5.3 | POST /api/v1/meter/settings | The port to the meter, replaced
5.3 | PUT /api/v1/meter/settings | The port to the meter, changed
5.4 | GET /api/v1/wifi/sta/settings | The wireless network to join
5.4 | POST /api/v1/wifi/sta/settings | The wireless network, replaced
5.4 | PUT /api/v1/wifi/sta/settings | The wireless network, changed
5.4 | DELETE /api/v1/wifi/sta/settings | The wireless network, forgotten
5.5 | GET /api/v1/wifi/scan | Wireless networks in reach
5.6 | POST /api/v1/wifi/wps | Pair by WPS
5.7 | GET /api/v1/eth/settings | The wired port
5.7 | POST /api/v1/eth/settings | The wired port, replaced
5.7 | PUT /api/v1/eth/settings | The wired port, changed
5.8 | POST /api/v1/reboot | Restart
5.9 | POST /api/v1/restore | Factory reset
5.10 | GET /sdcard/<path> | Folders and files of the memory card
5.11 | POST /load | New firmware
"""


def _read(number: int, line: str) -> Resource:
    declared, _, used_by = line.partition(" || ")
    manual, name, title = (part.strip() for part in declared.split(" | "))
    return Resource(
        number=number,
        name=name,
        title=title,
        manual=manual,
        used_by=tuple(use.strip() for use in used_by.split(";") if use),
    )


RESOURCES: tuple[Resource, ...] = tuple(
    _read(number, line) for number, line in enumerate(_TABLE.strip().splitlines(), start=1)
)
