"""The SQL store: tables, repositories, migrations."""
