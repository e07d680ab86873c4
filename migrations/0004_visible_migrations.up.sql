-- Health checks compare what has been applied with what the build expects. The table is the migrator's own.
GRANT SELECT ON schema_migrations TO loupe_app, loupe_engine, loupe_runner;
