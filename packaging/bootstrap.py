"""Takes a machine that has nothing but a Python to the running program: the first command a newcomer types.

    python3 packaging/bootstrap.py demo | run | test | build | bench | tour

This file keeps to a syntax that every Python since 2.7 can read, so that an old one gets a sentence instead of a
traceback. The work is in `first_start.py` beside it.
"""

import sys

OLDEST = (3, 11)


def too_old(version):
    """The message for an interpreter of this version, or an empty string when it is new enough."""
    if tuple(version[:2]) >= OLDEST:
        return ""
    return (
        "Wattwright needs Python %d.%d or newer, and this is Python %d.%d.\n"
        "Install a newer one beside it (your system's software centre has it), then name it in the command, e.g.\n"
        "    python3.%d packaging/bootstrap.py demo\n"
    ) % (OLDEST + tuple(version[:2]) + OLDEST[1:])


if __name__ == "__main__":
    message = too_old(sys.version_info)
    if message:
        sys.stderr.write(message)
        sys.exit(1)
    import first_start

    sys.exit(first_start.main(sys.argv[1:]))
