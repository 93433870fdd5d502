"""Traces by OpenTelemetry, where the extra `telemetry` is installed and the setting says so."""
