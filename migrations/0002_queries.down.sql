DROP TABLE query_versions;
DROP TABLE queries;
DROP TABLE datasource_secrets;
DROP TABLE datasources;
