-- What people make of results: visualizations, dashboards that show them as tiles, and canvases.
--
-- A delete stamps what lies below with the same time (packages/common/src/repositories/cascade.ts). Documents that are
-- nobody's business here are json, not jsonb: they come back as they were written, the order of their members included.

CREATE TABLE visualizations (
  id uuid PRIMARY KEY,
  org_id uuid NOT NULL REFERENCES organizations (id),
  query_id uuid NOT NULL,
  name text NOT NULL,
  chart_type text NOT NULL CHECK (chart_type IN ('table', 'line', 'bar', 'pie', 'single_stat')),
  config json NOT NULL DEFAULT '{}',
  tags text[] NOT NULL DEFAULT '{}',
  version integer NOT NULL DEFAULT 1,
  created_by uuid NOT NULL REFERENCES users (id),
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  UNIQUE (org_id, id),
  FOREIGN KEY (org_id, query_id) REFERENCES queries (org_id, id)
);

-- Answers the list of an organization's visualizations, newest first; other orders sort what this finds.
CREATE INDEX visualizations_list ON visualizations (org_id, created_at DESC, id DESC) WHERE deleted_at IS NULL;
-- Answers "the visualizations of this query", for the filter and for the delete.
CREATE INDEX visualizations_by_query ON visualizations (org_id, query_id) WHERE deleted_at IS NULL;
-- Answers the tag filter.
CREATE INDEX visualizations_tags ON visualizations USING gin (tags) WHERE deleted_at IS NULL;

-- A dashboard is read and changed with its tiles, as one: its version rises with every change of a tile, too.
CREATE TABLE dashboards (
  id uuid PRIMARY KEY,
  org_id uuid NOT NULL REFERENCES organizations (id),
  name text NOT NULL,
  description text,
  parameters json NOT NULL DEFAULT '[]',
  tags text[] NOT NULL DEFAULT '{}',
  version integer NOT NULL DEFAULT 1,
  created_by uuid NOT NULL REFERENCES users (id),
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  UNIQUE (org_id, id)
);

-- Answers the list of an organization's dashboards, newest first; other orders sort what this finds.
CREATE INDEX dashboards_list ON dashboards (org_id, created_at DESC, id DESC) WHERE deleted_at IS NULL;
-- Answers the tag filter.
CREATE INDEX dashboards_tags ON dashboards USING gin (tags) WHERE deleted_at IS NULL;

CREATE TABLE dashboard_tiles (
  id uuid PRIMARY KEY,
  org_id uuid NOT NULL REFERENCES organizations (id),
  dashboard_id uuid NOT NULL,
  visualization_id uuid NOT NULL,
  title text,
  pos_x integer NOT NULL CHECK (pos_x BETWEEN 0 AND 1000),
  pos_y integer NOT NULL CHECK (pos_y BETWEEN 0 AND 1000),
  width integer NOT NULL CHECK (width BETWEEN 1 AND 100),
  height integer NOT NULL CHECK (height BETWEEN 1 AND 100),
  parameter_bindings json NOT NULL DEFAULT '{}',
  version integer NOT NULL DEFAULT 1,
  created_by uuid NOT NULL REFERENCES users (id),
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  UNIQUE (org_id, id),
  FOREIGN KEY (org_id, dashboard_id) REFERENCES dashboards (org_id, id),
  FOREIGN KEY (org_id, visualization_id) REFERENCES visualizations (org_id, id)
);

-- Answers "the tiles of this dashboard", for every read of a dashboard and for its delete.
CREATE INDEX dashboard_tiles_by_dashboard ON dashboard_tiles (org_id, dashboard_id) WHERE deleted_at IS NULL;
-- Answers "the tiles that show this visualization", for its delete.
CREATE INDEX dashboard_tiles_by_visualization ON dashboard_tiles (org_id, visualization_id) WHERE deleted_at IS NULL;

-- Read and changed with its nodes and edges, as a dashboard is with its tiles.
CREATE TABLE canvases (
  id uuid PRIMARY KEY,
  org_id uuid NOT NULL REFERENCES organizations (id),
  name text NOT NULL,
  time_preset text NOT NULL
    CHECK (time_preset IN ('now', '1h', '3h', '6h', '12h', '24h', '7d', '30d', '90d', 'custom')),
  -- In milliseconds.
  time_offset bigint NOT NULL CHECK (time_offset >= 0),
  time_custom_start timestamptz,
  time_custom_end timestamptz,
  live boolean NOT NULL,
  tags text[] NOT NULL DEFAULT '{}',
  version integer NOT NULL DEFAULT 1,
  created_by uuid NOT NULL REFERENCES users (id),
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  UNIQUE (org_id, id)
);

-- Answers the list of an organization's canvases, newest first; other orders sort what this finds.
CREATE INDEX canvases_list ON canvases (org_id, created_at DESC, id DESC) WHERE deleted_at IS NULL;
-- Answers the tag filter.
CREATE INDEX canvases_tags ON canvases USING gin (tags) WHERE deleted_at IS NULL;

CREATE TABLE canvas_nodes (
  id uuid PRIMARY KEY,
  org_id uuid NOT NULL REFERENCES organizations (id),
  canvas_id uuid NOT NULL,
  node_type text NOT NULL CHECK (node_type IN ('query', 'note')),
  title text NOT NULL,
  pos_x double precision NOT NULL CHECK (pos_x BETWEEN -10000 AND 10000),
  pos_y double precision NOT NULL CHECK (pos_y BETWEEN -10000 AND 10000),
  width double precision NOT NULL CHECK (width BETWEEN 50 AND 2000),
  height double precision NOT NULL CHECK (height BETWEEN 50 AND 2000),
  meta json NOT NULL DEFAULT '{}',
  version integer NOT NULL DEFAULT 1,
  created_by uuid NOT NULL REFERENCES users (id),
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  UNIQUE (org_id, id),
  -- What edges refer to: both of their ends lie on their own canvas.
  UNIQUE (org_id, canvas_id, id),
  FOREIGN KEY (org_id, canvas_id) REFERENCES canvases (org_id, id)
);

-- Answers "the nodes of this canvas", for every read of a canvas and for its delete.
CREATE INDEX canvas_nodes_by_canvas ON canvas_nodes (org_id, canvas_id) WHERE deleted_at IS NULL;

CREATE TABLE canvas_edges (
  id uuid PRIMARY KEY,
  org_id uuid NOT NULL REFERENCES organizations (id),
  canvas_id uuid NOT NULL,
  from_node_id uuid NOT NULL,
  to_node_id uuid NOT NULL CHECK (to_node_id <> from_node_id),
  label text NOT NULL
    CHECK (label IN ('motivates', 'explains', 'contradicts', 'supports', 'derives_from', 'questions')),
  version integer NOT NULL DEFAULT 1,
  created_by uuid NOT NULL REFERENCES users (id),
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  UNIQUE (org_id, id),
  FOREIGN KEY (org_id, canvas_id) REFERENCES canvases (org_id, id),
  FOREIGN KEY (org_id, canvas_id, from_node_id) REFERENCES canvas_nodes (org_id, canvas_id, id),
  FOREIGN KEY (org_id, canvas_id, to_node_id) REFERENCES canvas_nodes (org_id, canvas_id, id)
);

-- Refuses the second edge between two nodes in one direction; answers "the edges that leave this node", for its delete.
CREATE UNIQUE INDEX canvas_edges_pair_key ON canvas_edges (org_id, from_node_id, to_node_id) WHERE deleted_at IS NULL;
-- Answers "the edges that reach this node", for its delete.
CREATE INDEX canvas_edges_by_target ON canvas_edges (org_id, to_node_id) WHERE deleted_at IS NULL;
-- Answers "the edges of this canvas", for every read of a canvas and for its delete.
CREATE INDEX canvas_edges_by_canvas ON canvas_edges (org_id, canvas_id) WHERE deleted_at IS NULL;

-- Answers "which of these names are taken?" (import).
CREATE INDEX queries_by_name ON queries (org_id, name) WHERE deleted_at IS NULL;

-- Versions are listed as everything is: whatever an order leaves equal, the id decides.
ALTER TABLE query_versions ADD COLUMN id uuid NOT NULL DEFAULT gen_random_uuid();

GRANT SELECT, INSERT, UPDATE
  ON visualizations, dashboards, dashboard_tiles, canvases, canvas_nodes, canvas_edges TO loupe_app;
