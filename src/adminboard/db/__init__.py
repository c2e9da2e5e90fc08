"""The database: engine, models' base, migrations, grants and the embedded server."""
