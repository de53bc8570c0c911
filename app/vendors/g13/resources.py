"""Every request that the G13's manual documents (6.2), for the table of what the program covers.

A capability is what the meter must offer, as `associationobjects` names it.
"""

from __future__ import annotations

from app.model.resource import Resource

_TABLE = """
GET /about | Versions of the gateway
POST /login | Open a session; change the password || every connection; `wattwright password`
POST /logout | End a session || every connection
GET /configuration | Addresses and bus timing
POST /configuration/ip | Set the addresses
POST /configuration/eqbus | Set the EQ bus's baud rate and timeout
POST /configuration/mbus-wired | Set the timeouts of wired M-Bus
POST /configuration/mbus-ir | Set the timeouts of infrared M-Bus
GET /gateway | Name, location, serial number
POST /gateway | Set name and location
GET /gateway/datetime | Clock of the gateway
POST /gateway/datetime | Set the clock of the gateway
GET /gateway/events | Event log of the gateway
DELETE /gateway/events | Clear the event log of the gateway
POST /gateway/reboot | Restart the gateway
POST /gateway/execute | One quantity of up to five meters
GET /users | Names of the users
POST /users/<user> | Set a user's password
PUT /users | Add a user
DELETE /users/<user> | Delete a user
GET /users/<user>/bindings | What a user may do
PUT /users/<user>/bindings | Give a user access to a device
DELETE /users/<user>/bindings | Take a user's access away
GET /meters/firmwareupdatestatus | How far the renewing of meters is
POST /firmware | Send a firmware image
PUT /firmware | Renew the gateway's firmware
PUT /meters/firmware | Renew the firmware of meters
GET /parametermapping | Names of the quantities
GET /storablequantities | What can be stored
GET /meters/<serial>/associationobjects | What a meter offers || every meter's page
GET /meters | Registered meters
POST /meters/<serial> | Rename a meter
PUT /meters | Register a meter
DELETE /meters/<serial> | Delete a meter's registration
GET /meters/scanned | What a scan has found || device scan; `wattwright scan`
POST /meters/scanned/<token> | Start a scan || device scan; `wattwright scan`
DELETE /meters/scanned | Forget what was found
GET /permittedmeters | Wireless meters that may join
PUT /permittedmeters | Permit wireless meters
DELETE /permittedmeters | Permit wireless meters no more
GET /meters/<serial>/datetime | Clock of a meter | read CLOCK
POST /meters/<serial>/datetime | Set the clock of a meter | configure CLOCK
GET /meters/<serial>/info | Who made a meter, its ratios, factors, outages
GET /meters/<serial>/energy/conversionfactor | CO₂ and money per kWh | read NRG_CONVERSION_FACTOR_CO2
POST /meters/<serial>/energy/conversionfactor | Set CO₂ and money per kWh | configure NRG_CONVERSION_FACTOR_CO2
GET /meters/<serial>/hardwareversion | Versions of a meter's parts | read HARDWARE_VERSION_0
GET /meters/<serial>/mbusinfo | M-Bus information | read MBUS_CLIENT_0
POST /meters/<serial>/transformersettings | Set the transformer ratios | configure TRAFO_CT_RATIO_NUMERATOR
GET /meters/<serial>/status | Whether a meter answers
GET /meters/<serial>/statusflags | Errors, warnings, information | read SYSTEM_STATUS_ERROR
GET /meters/<serial>/events/<datetime>/<count> | Event logs of a meter | read LOG_EVENT
GET /meters/<serial>/alarms/configuration | Alarms | read ALARM_SETTINGS_1
POST /meters/<serial>/alarms/configuration | Set an alarm | configure ALARM_SETTINGS_1
GET /meters/<serial>/energy/<type> | Energy registers | read ACTIVE_ENERGY_IMPORT_TOTAL
GET /meters/<serial>/energy/<type>/<mode> | Energy as CO₂ and money | read NRG_ENERGY_VALUE_CO2
GET /meters/<serial>/energy/resettable | Resettable registers | read RSTREG_ACT_ENERGY_IMP
POST /meters/<serial>/energy/resettable | Reset registers | reset RSTREG_ACT_ENERGY_IMP
GET /meters/<serial>/energy/resetcounter | How often they were reset | read RSTREG_ACT_CNTR_IMP
GET /meters/<serial>/power | Power now | read ACTIVE_POWER_TOTAL
GET /meters/<serial>/instrument | Voltage, current, angles now | read VOLTAGE_L1
GET /meters/<serial>/harmonics/voltage | Voltage harmonics | read HARMONICS_VOLTAGE_L1
GET /meters/<serial>/harmonics/current | Current harmonics | read HARMONICS_CURRENT_L1
GET /meters/<serial>/io | State of inputs and outputs | read IO_SETTING
GET /meters/<serial>/io/configuration | I/O configuration | read IO_SETTING
GET /meters/<serial>/io/pulse | Pulse outputs | read IO_PULSE_LENGTH_1
POST /meters/<serial>/io | Switch outputs, reset inputs | configure IO_CURRENT_OUTPUT_STATE
POST /meters/<serial>/io/configuration | Set the use of inputs and outputs | configure IO_SETTING
POST /meters/<serial>/io/pulse | Set the pulse outputs | configure IO_SETTING
GET /meters/<serial>/previousvalues/<fromdate>/<count|todate> | Previous values | read PREVIOUS_VALUES
GET /meters/<serial>/previousvalues/configuration | What previous values keep | read PREVIOUS_VALUES
POST /meters/<serial>/previousvalues/configuration | Set what previous values keep | configure PREVIOUS_VALUES
DELETE /meters/<serial>/previousvalues | Erase previous values | reset PREVIOUS_VALUES
GET /meters/<serial>/loadprofiles/<channel>/<fromdate>/<count|todate> | Load profiles | read LOAD_PROFILE_CH_1
GET /meters/<serial>/loadprofiles/configuration | What load profiles keep | read LOAD_PROFILE_CH_1
POST /meters/<serial>/loadprofiles/configuration | Set what load profiles keep | configure LOAD_PROFILE_CH_1
DELETE /meters/<serial>/loadprofiles | Erase load profiles | reset LOAD_PROFILE_CH_1
GET /meters/<serial>/demand/<fromdate>/<count|todate> | Demand values | read DEMAND
GET /meters/<serial>/demand/configuration | What demand keeps | read DEMAND
POST /meters/<serial>/demand/configuration | Set what demand keeps | configure DEMAND
DELETE /meters/<serial>/demand | Erase demand values | reset DEMAND
GET /meters/<serial>/tariff | Active tariff and who decides it | read TARIFF_SOURCE
POST /meters/<serial>/tariff | Set tariff, source, input table | configure TARIFF_SOURCE
GET /meters/<serial>/tariff/dayprofiles | Day profiles | read TARIFF_CALENDAR_CONFIG
POST /meters/<serial>/tariff/dayprofiles | Set a day profile | configure TARIFF_CALENDAR_CONFIG
GET /meters/<serial>/tariff/weekprofiles | Week profiles | read TARIFF_CALENDAR_CONFIG
POST /meters/<serial>/tariff/weekprofiles | Set the week profiles | configure TARIFF_CALENDAR_CONFIG
GET /meters/<serial>/tariff/seasonprofiles | Season profiles | read TARIFF_CALENDAR_CONFIG
POST /meters/<serial>/tariff/seasonprofiles | Set the season profiles | configure TARIFF_CALENDAR_CONFIG
GET /meters/<serial>/tariff/specialdayprofiles | Special days | read TARIFF_SPECIAL_DAYS_CONFIG
POST /meters/<serial>/tariff/specialdayprofiles | Set a special day | configure TARIFF_SPECIAL_DAYS_CONFIG
GET /lasterror/<id> | Why an answer broke off || every request whose answer breaks off
"""


def _read(number: int, line: str) -> Resource:
    declared, _, used_by = line.partition(" || ")
    name, title, capability = ([part.strip() for part in declared.split(" | ")] + [""])[:3]
    return Resource(
        number=number,
        name=name,
        title=title,
        manual=f"6.3.{number}",
        capability=capability,
        used_by=tuple(use.strip() for use in used_by.split(";") if use),
    )


RESOURCES: tuple[Resource, ...] = tuple(
    _read(number, line) for number, line in enumerate(_TABLE.strip().splitlines(), start=1)
)
