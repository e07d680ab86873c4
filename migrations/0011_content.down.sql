ALTER TABLE query_versions DROP COLUMN id;
DROP INDEX queries_by_name;
DROP TABLE canvas_edges;
DROP TABLE canvas_nodes;
DROP TABLE canvases;
DROP TABLE dashboard_tiles;
DROP TABLE dashboards;
DROP TABLE visualizations;
