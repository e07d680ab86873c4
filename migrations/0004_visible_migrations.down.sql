REVOKE SELECT ON schema_migrations FROM loupe_app, loupe_engine, loupe_runner;
