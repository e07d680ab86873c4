import { FLIGHT_DELAYS } from './sample-queries';

/** A visualization as `POST /visualizations` takes it, with the name of its query, and where it stands on the dashboard. */
export interface SampleTile {
  query: string;
  visualization: { name: string; chart_type: string; config: object; tags: readonly string[] };
  place: { pos_x: number; pos_y: number; width: number; height: number };
}

export const SAMPLE_DASHBOARD = {
  name: 'Flights, birds and weather',
  description: 'What is in the sample warehouse, at a glance.',
  tags: ['sample'],
};

/** On a grid of twelve columns. */
export const SAMPLE_TILES: readonly SampleTile[] = [
  {
    query: FLIGHT_DELAYS.name,
    visualization: {
      name: 'Late flights by distance',
      chart_type: 'bar',
      config: { x_axis: 'miles_from', y_axis: ['late_percent'], show_legend: false, show_grid: true },
      tags: ['flights'],
    },
    place: { pos_x: 0, pos_y: 0, width: 6, height: 4 },
  },
  {
    query: 'Weather by month',
    visualization: {
      name: 'Rain and warmth',
      chart_type: 'line',
      config: { x_axis: 'month', y_axis: ['precipitation_mm', 'mean_high_c'], show_legend: true },
      tags: ['weather'],
    },
    place: { pos_x: 6, pos_y: 0, width: 6, height: 4 },
  },
  {
    query: 'Costly bird strikes',
    visualization: {
      name: 'Which birds are struck',
      chart_type: 'pie',
      config: { label_column: 'wildlife_species', value_column: 'strikes', donut: true },
      tags: ['birdstrikes'],
    },
    place: { pos_x: 0, pos_y: 4, width: 6, height: 4 },
  },
  {
    query: 'Busiest routes from a state',
    visualization: {
      name: 'Busiest routes',
      chart_type: 'table',
      config: {
        columns: [
          { key: 'city', label: 'From' },
          { key: 'destination_city', label: 'To' },
          { key: 'flights', label: 'Flights', align: 'right', format: 'number' },
        ],
      },
      tags: ['flights', 'airports'],
    },
    place: { pos_x: 6, pos_y: 4, width: 6, height: 4 },
  },
];

/** As `POST /schedules` takes it, with the name of its query. */
export const SAMPLE_SCHEDULE = {
  query: FLIGHT_DELAYS.name,
  schedule: {
    name: 'Flight delays every hour',
    cron_expression: '0 * * * *',
    parameters: { late_after: 30, min_distance: 0 },
    tags: ['sample'],
  },
};
