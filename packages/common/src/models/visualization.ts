import type { OpaqueObject, Resource } from './resource';

export const chartTypes = ['table', 'line', 'bar', 'pie', 'single_stat'] as const;
export type ChartType = (typeof chartTypes)[number];

/** What a save of a visualization can change. */
export interface VisualizationContent {
  queryId: string;
  name: string;
  chartType: ChartType;
  config: OpaqueObject;
  tags: string[];
}

/** How the result of a query is shown. */
export interface Visualization extends VisualizationContent, Resource {}
