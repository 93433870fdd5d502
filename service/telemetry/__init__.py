"""Traces by OpenTelemetry, if the extra `telemetry` is installed and the setting is on."""
