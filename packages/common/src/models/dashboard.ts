import type { OpaqueObject, Resource } from './resource';

/** What a save of a dashboard itself can change. */
export interface DashboardContent {
  name: string;
  description: string | null;
  parameters: unknown[];
  tags: string[];
}

/** Visualizations on a grid. `version` rises with every change of a tile, too. */
export interface Dashboard extends DashboardContent, Resource {
  /** From top to bottom, then from left to right. */
  tiles: Tile[];
}

/** What a save of a tile can change; positions and sizes are in cells of the grid. */
export interface TileContent {
  title: string | null;
  posX: number;
  posY: number;
  width: number;
  height: number;
  /** Name of a parameter of the query → name of a parameter of the dashboard. */
  parameterBindings: OpaqueObject;
}

/** A visualization's place on a dashboard. */
export interface Tile extends TileContent, Resource {
  dashboardId: string;
  visualizationId: string;
}
