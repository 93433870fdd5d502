"""The whole examination."""

import os

from service.doctor.database_findings import examine_database
from service.doctor.findings import Finding
from service.doctor.settings_findings import examine_settings
from service.doctor.surroundings import examine_disks, examine_exposure, examine_port, examine_versions
from service.settings import Settings


def examine(settings: Settings) -> list[Finding]:
    """Look at everything and change nothing."""
    database = examine_database(settings)
    return [
        *examine_versions(),
        *examine_settings(settings, os.environ),
        *database.findings,
        *examine_disks(settings, database.file),
        *examine_port(settings),
        *examine_exposure(settings, has_stored_keys=database.has_stored_keys),
    ]
