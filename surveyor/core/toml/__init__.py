"""TOML texts that people edit: read with the standard library, with the exact line of every table, key and fault."""

from surveyor.core.toml.faults import Fault, read_toml
from surveyor.core.toml.places import Path, Place, TomlMap
from surveyor.core.toml.scan import scan
from surveyor.core.toml.section import section

__all__ = ["Fault", "Path", "Place", "TomlMap", "read_toml", "scan", "section"]
