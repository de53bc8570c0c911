"""What the system page and the polled report say, topic by topic (manual 2.3 and 3.1)."""

from __future__ import annotations

from typing import Annotated

import msgspec

from app.model.field import YES_NO, Choice, Field
from app.vendors.whatwatt.places import At

Text = str | None
Number = float | None
Count = int | None
Switch = bool | None

METER_STATUS = (
    Choice("OK", "OK"),
    Choice("NOT CONNECTED", "Not connected"),
    Choice("NO DATA", "No data"),
    Choice("RECOGNITION", "Recognition in progress"),
    Choice("ENCRYPTION KEY", "Encryption key does not fit"),
    Choice("KEY REQUIRED", "Key required"),
    Choice("NOT RECOGNIZED", "Not recognised"),
)
INTERFACE = (
    Choice("NONE", "None"),
    Choice("P1", "P1"),
    Choice("MBUS", "M-Bus"),
    Choice("TTL", "TTL"),
    Choice("MEP", "MEP"),
)
WIFI_MODE = (Choice("STA", "Client of an access point"),)


class DeviceInfo(msgspec.Struct, frozen=True):
    """The device itself."""

    name: Annotated[Text, Field("Name", manual="2.3"), At("device.name")] = None
    id: Annotated[Text, Field("Identifier", help="Printed on the device", manual="2.3"), At("device.id")] = None
    model: Annotated[Text, Field("Model", manual="2.3"), At("device.model")] = None
    firmware: Annotated[Text, Field("Firmware", manual="2.3"), At("device.firmware")] = None
    build: Annotated[Text, Field("Build"), At("device.build")] = None
    upgradable: Annotated[
        Switch, Field("Can be upgraded", choices=YES_NO, manual="2.3"), At("device.upgrade_capable")
    ] = None
    clock: Annotated[
        Text, Field("Device's clock", help="In the device's own time zone", manual="2.3"), At("device.date device.time")
    ] = None
    clock_ahead_s: Annotated[
        Count,
        Field(
            "Clock against this computer",
            unit="s",
            help="Above zero: ahead. The device's zone is not known, so whole quarters of an hour are left out.",
        ),
    ] = None
    running_s: Annotated[
        Count,
        Field("Running for", unit="s", help="Since the last restart", manual="2.3"),
        At("device.time_since_boot", ("device.time_since_reboot",)),
    ] = None
    restarted: Annotated[
        Text, Field("Last restart", manual="2.3"), At("device.last_reboot.date device.last_reboot.time")
    ] = None
    licence: Annotated[
        Text,
        Field("Licence", help="The polled report and MQTT need the maker's Plus licence"),
        At("device.license.type"),
    ] = None
    plus: Annotated[
        Text, Field("Polled report", help="Whether the device lets its report be read; asked once on a connection")
    ] = None
    licensed_since: Annotated[Text, Field("Licensed since"), At("device.license.activation_date")] = None
    skipped_events: Annotated[
        int, Field("Live events left out", help="Since connecting: those that could not be read", manual="3.2")
    ] = 0


class Supply(msgspec.Struct, frozen=True):
    """Where the device takes its power from."""

    v_usb: Annotated[Number, Field("USB", unit="V", decimals=2, manual="2.3"), At("device.plug.v_usb")] = None
    v_mbus: Annotated[Number, Field("M-Bus", unit="V", decimals=2, manual="2.3"), At("device.plug.v_mbus")] = None
    v_p1: Annotated[Number, Field("P1", unit="V", decimals=2, manual="2.3"), At("device.plug.v_p1")] = None
    v_scap: Annotated[
        Number,
        Field(
            "Buffer", unit="V", decimals=2, help="The capacitor that carries the device, 4.5 V or more", manual="2.3"
        ),
        At("device.plug.v_scap"),
    ] = None
    v_scap_change: Annotated[
        Number,
        Field("Buffer since connecting", unit="V", decimals=2, help="Below zero: it is being drained", manual="2.3"),
    ] = None


class Clouds(msgspec.Struct, frozen=True):
    """The services that the device reports to."""

    whatwatt: Annotated[Switch, Field("whatwatt cloud", manual="2.3"), At("clouds.whatwatt.enabled")] = None
    whatwatt_connected: Annotated[
        Switch, Field("whatwatt cloud connected", choices=YES_NO, manual="2.3"), At("clouds.whatwatt.connected")
    ] = None
    mystrom: Annotated[Switch, Field("myStrom", manual="2.3"), At("clouds.mystrom.enabled")] = None
    mystrom_status: Annotated[Text, Field("myStrom status", manual="2.3"), At("clouds.mystrom.status")] = None
    solar_manager: Annotated[Switch, Field("Solar Manager", manual="2.3"), At("clouds.solar_manager.enabled")] = None
    solar_manager_connected: Annotated[
        Switch, Field("Solar Manager connected", choices=YES_NO, manual="2.3"), At("clouds.solar_manager.connected")
    ] = None
    mqtt: Annotated[Switch, Field("MQTT client", manual="2.3"), At("clouds.mqtc.enabled")] = None
    mqtt_connected: Annotated[
        Switch, Field("MQTT client connected", choices=YES_NO, manual="2.3"), At("clouds.mqtc.connected")
    ] = None
    stromkonto: Annotated[Switch, Field("Stromkonto"), At("clouds.stromkonto.enabled")] = None
    stromkonto_connected: Annotated[
        Switch, Field("Stromkonto connected", choices=YES_NO), At("clouds.stromkonto.connected")
    ] = None
    script: Annotated[Text, Field("Script"), At("services.berry.execution_status.state")] = None


class MeterInfo(msgspec.Struct, frozen=True):
    """The meter on the customer interface."""

    status: Annotated[
        Text, Field("Status", choices=METER_STATUS, suggestions=True, manual="2.3"), At("meter.status")
    ] = None
    interface: Annotated[
        Text, Field("Interface", choices=INTERFACE, suggestions=True, manual="2.3"), At("meter.interface")
    ] = None
    id: Annotated[Text, Field("Identifier", manual="2.3"), At("meter.id")] = None
    manufacturer: Annotated[Text, Field("Manufacturer", manual="2.3"), At("meter.manufacturer")] = None
    type: Annotated[Text, Field("Type", manual="2.3"), At("meter.type")] = None
    model: Annotated[Text, Field("Model", manual="2.3"), At("meter.model")] = None
    protocol: Annotated[Text, Field("Protocol", manual="2.3"), At("meter.protocol")] = None
    protocol_version: Annotated[Text, Field("Protocol version", manual="2.3"), At("meter.protocol_version")] = None
    report_interval_s: Annotated[
        Number, Field("Report interval", unit="s", decimals=1, manual="2.3"), At("meter.report_interval")
    ] = None
    encrypted: Annotated[Switch, Field("Encrypted", choices=YES_NO), At("meter.enc_en")] = None
    authenticated: Annotated[Switch, Field("Authenticated", choices=YES_NO), At("meter.auth_en")] = None
    tariff: Annotated[
        Count, Field("Tariff now", help="0: the meter does not say", manual="2.3"), At("meter.tariff")
    ] = None
    clock: Annotated[
        Text, Field("Meter's clock", help="In the meter's own time zone", manual="2.3"), At("meter.date meter.time")
    ] = None
    clock_ahead_s: Annotated[
        Count,
        Field(
            "Meter's clock against the device's",
            unit="s",
            help="Above zero: ahead. Whole quarters of an hour are left out, as the zones may differ.",
        ),
    ] = None


class Wifi(msgspec.Struct, frozen=True):
    """The wireless connection."""

    status: Annotated[Text, Field("Status", manual="2.3"), At("wifi.status")] = None
    mode: Annotated[Text, Field("Mode", choices=WIFI_MODE, suggestions=True, manual="2.3"), At("wifi.mode")] = None
    ssid: Annotated[Text, Field("Network", manual="2.3"), At("wifi.ssid")] = None
    signal: Annotated[Count, Field("Signal", unit="%", manual="2.3"), At("wifi.signal")] = None
    rssi: Annotated[Count, Field("Signal level", unit="dBm", manual="2.3"), At("wifi.rssi")] = None
    channel: Annotated[Count, Field("Channel", manual="2.3"), At("wifi.channel")] = None
    ip: Annotated[Text, Field("IP address", manual="2.3"), At("wifi.ip")] = None
    mask: Annotated[Text, Field("Network mask", manual="2.3"), At("wifi.mask")] = None
    gateway: Annotated[Text, Field("Default gateway", manual="2.3"), At("wifi.gateway")] = None
    dns: Annotated[Text, Field("DNS server", manual="2.3"), At("wifi.dns")] = None
    mac: Annotated[Text, Field("MAC address", manual="2.3"), At("wifi.mac")] = None
    bssid: Annotated[Text, Field("Access point", help="Its MAC address", manual="2.3"), At("wifi.bssid")] = None
    auth_mode: Annotated[Text, Field("Security", manual="2.3"), At("wifi.auth_mode")] = None
    pairwise_cipher: Annotated[Text, Field("Pairwise cipher", manual="2.3"), At("wifi.pairwise_cipher")] = None
    group_cipher: Annotated[Text, Field("Group cipher", manual="2.3"), At("wifi.group_cipher")] = None
    phy: Annotated[Text, Field("Standards", help="Letters of IEEE 802.11", manual="2.3"), At("wifi.phy")] = None
    ht: Annotated[Text, Field("Channel width", unit="MHz", manual="2.3"), At("wifi.ht")] = None
    wps: Annotated[Switch, Field("WPS", choices=YES_NO, manual="2.3"), At("wifi.wps")] = None
    country: Annotated[Text, Field("Country", manual="2.3"), At("wifi.country")] = None


class Ethernet(msgspec.Struct, frozen=True):
    """The wired connection; all empty on a device without one."""

    status: Annotated[Text, Field("Status", manual="2.3"), At("ethernet.status")] = None
    ip: Annotated[Text, Field("IP address", manual="2.3"), At("ethernet.ip")] = None
    mask: Annotated[Text, Field("Network mask", manual="2.3"), At("ethernet.mask")] = None
    gateway: Annotated[Text, Field("Default gateway", manual="2.3"), At("ethernet.gateway")] = None
    dns: Annotated[Text, Field("DNS server", manual="2.3"), At("ethernet.dns")] = None
    mac: Annotated[Text, Field("MAC address", manual="2.3"), At("ethernet.mac")] = None


class SdCard(msgspec.Struct, frozen=True):
    """The memory card."""

    installed: Annotated[Switch, Field("Card present", choices=YES_NO, manual="2.3"), At("sd_card.installed")] = None
    type: Annotated[Text, Field("Type", manual="2.3"), At("sd_card.type")] = None
    size: Annotated[
        Count, Field("Size", unit="MB", help="The manual names no unit", manual="2.3"), At("sd_card.size")
    ] = None
    speed_mhz: Annotated[Count, Field("Bus clock", unit="MHz", manual="2.3"), At("sd_card.speed")] = None
