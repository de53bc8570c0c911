"""Where configuration, data and logs of the program live.

The places are the operating system's own for the current user. The environment variable WATTWRIGHT_HOME moves
them: then everything lies directly in that one folder.
"""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

from app.model.errors import StorageFailed

HOME = "WATTWRIGHT_HOME"
PRIVATE_FOLDER = 0o700
_APP = "Wattwright"


def config_dir() -> Path:
    """The folder of what the user decided (accepted certificates, preferences), created when missing.

    Raises:
        StorageFailed: it cannot be created.
    """
    return _made(_moved() or platformdirs.user_config_path(_APP, appauthor=False))


def data_dir() -> Path:
    """The folder of what the program keeps by itself (the unsaved site), created when missing.

    Raises:
        StorageFailed: it cannot be created.
    """
    return _made(_moved() or platformdirs.user_data_path(_APP, appauthor=False))


def log_dir() -> Path:
    """The folder of the program's logs, created when missing.

    Raises:
        StorageFailed: it cannot be created.
    """
    return _made(_moved() or platformdirs.user_log_path(_APP, appauthor=False))


def _moved() -> Path | None:
    wanted = os.environ.get(HOME, "")
    return Path(wanted).expanduser().absolute() if wanted else None


def _made(folder: Path) -> Path:
    """Create the folder for this user alone. One that is there keeps the permissions its owner gave it."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)
    except OSError as error:
        raise StorageFailed(
            f"The folder {folder} cannot be created: {error.strerror}.",
            hint=f"Check who may write there, or name another folder in the environment variable {HOME}.",
        ) from error
    return folder
