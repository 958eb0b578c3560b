"""Settings of an installation, read once before any order is; what is wrong is named and stops the start."""

from surveyor.settings.keys import KEYS_FILE, with_keys
from surveyor.settings.read import Settings
from surveyor.settings.show import masked

__all__ = ["KEYS_FILE", "Settings", "masked", "with_keys"]
