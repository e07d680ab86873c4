-- Connected databases and the SQL saved for them.
--
-- Composite keys (org_id, id): a row cannot point into another organization, whatever the code does.
-- A delete stamps deleted_at on the row and on everything below it, with the same time, in one transaction.

CREATE TABLE datasources (
  id uuid PRIMARY KEY,
  org_id uuid NOT NULL REFERENCES organizations (id),
  name text NOT NULL,
  ds_type text NOT NULL,
  -- The connector's typed settings, secrets left out.
  settings jsonb NOT NULL,
  -- Which secrets are sealed for it: who may not read them must still know whether all are given again.
  secret_names text[] NOT NULL DEFAULT '{}',
  version integer NOT NULL DEFAULT 1,
  created_by uuid NOT NULL REFERENCES users (id),
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  UNIQUE (org_id, id)
);

-- Answers the list of an organization's datasources, newest first.
CREATE INDEX datasources_list ON datasources (org_id, created_at DESC, id DESC) WHERE deleted_at IS NULL;

-- Apart from its datasource, so that the role that serves requests can write a secret and never read one.
CREATE TABLE datasource_secrets (
  org_id uuid NOT NULL,
  datasource_id uuid PRIMARY KEY,
  -- HPKE: {v, key_version, enc, ct}; bound to this table, column, organization and datasource.
  sealed jsonb NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now(),
  FOREIGN KEY (org_id, datasource_id) REFERENCES datasources (org_id, id)
);

CREATE TABLE queries (
  id uuid PRIMARY KEY,
  org_id uuid NOT NULL REFERENCES organizations (id),
  datasource_id uuid NOT NULL,
  name text NOT NULL,
  description text,
  sql text NOT NULL,
  parameters jsonb NOT NULL DEFAULT '[]',
  timeout_seconds integer NOT NULL CHECK (timeout_seconds BETWEEN 1 AND 300),
  max_rows integer NOT NULL CHECK (max_rows BETWEEN 1 AND 100000),
  tags text[] NOT NULL DEFAULT '{}',
  version integer NOT NULL DEFAULT 1,
  created_by uuid NOT NULL REFERENCES users (id),
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  UNIQUE (org_id, id),
  FOREIGN KEY (org_id, datasource_id) REFERENCES datasources (org_id, id)
);

-- Answers the list of an organization's queries, newest first; other orders sort what this finds.
CREATE INDEX queries_list ON queries (org_id, created_at DESC, id DESC) WHERE deleted_at IS NULL;
-- Answers "the queries of this datasource", for the filter and for the delete.
CREATE INDEX queries_by_datasource ON queries (org_id, datasource_id) WHERE deleted_at IS NULL;
-- Answers the tag filter.
CREATE INDEX queries_tags ON queries USING gin (tags) WHERE deleted_at IS NULL;

-- What was executed stays explainable: each save that changes what runs writes a version, never changed again.
CREATE TABLE query_versions (
  org_id uuid NOT NULL,
  query_id uuid NOT NULL,
  version integer NOT NULL,
  datasource_id uuid NOT NULL,
  name text NOT NULL,
  description text,
  sql text NOT NULL,
  parameters jsonb NOT NULL,
  timeout_seconds integer NOT NULL,
  max_rows integer NOT NULL,
  tags text[] NOT NULL,
  created_by uuid NOT NULL REFERENCES users (id),
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (query_id, version),
  UNIQUE (org_id, query_id, version),
  FOREIGN KEY (org_id, query_id) REFERENCES queries (org_id, id),
  FOREIGN KEY (org_id, datasource_id) REFERENCES datasources (org_id, id)
);

GRANT SELECT, INSERT, UPDATE ON datasources, queries TO loupe_app;
GRANT SELECT, INSERT ON query_versions TO loupe_app;
GRANT INSERT, UPDATE, DELETE, SELECT (org_id, datasource_id) ON datasource_secrets TO loupe_app;
GRANT SELECT ON datasources, queries, query_versions TO loupe_engine;
GRANT SELECT ON datasources, datasource_secrets, query_versions TO loupe_runner;
