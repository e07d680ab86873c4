/** One table of the sample warehouse, and where its rows come from. docs/sample-data.md names origins and licences. */
export interface SampleTable {
  name: string;
  /** File in the data folder of the npm package vega-datasets. */
  file: string;
  comment: string;
  /** Columns as in CREATE TABLE, in the order of the file; keys and checks after them. */
  columns: readonly string[];
  /** Columns that the file fills; those that the database fills itself are left out. */
  filled: readonly string[];
  /** For JSON files: the rows of the parsed file, values in the order of `filled`. CSV files go to COPY as they are. */
  rows?: (content: unknown) => Iterable<readonly (string | number | null)[]>;
  indexes?: readonly string[];
}

const ID = 'id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY';

interface Flight {
  delay: number;
  distance: number;
  time: number;
}

interface Unemployment {
  series: string;
  year: number;
  month: number;
  count: number;
  rate: number;
}

export const SAMPLE_TABLES: readonly SampleTable[] = [
  {
    name: 'flights',
    file: 'flights-200k.json',
    comment:
      'Flights within the United States: delay at arrival in minutes, distance in miles, hour of departure (5.5 is half past five)',
    columns: [ID, 'delay integer NOT NULL', 'distance integer NOT NULL', 'time double precision NOT NULL'],
    filled: ['delay', 'distance', 'time'],
    rows: function* (content) {
      for (const { delay, distance, time } of content as Flight[]) yield [delay, distance, time];
    },
    indexes: ['(distance)', '(time)'],
  },
  {
    name: 'airports',
    file: 'airports.csv',
    comment: 'Airports of the United States and its territories',
    columns: [
      'iata text PRIMARY KEY',
      'name text NOT NULL',
      'city text',
      'state text',
      'country text NOT NULL',
      'latitude double precision NOT NULL',
      'longitude double precision NOT NULL',
    ],
    filled: ['iata', 'name', 'city', 'state', 'country', 'latitude', 'longitude'],
    indexes: ['(state)'],
  },
  {
    name: 'airport_routes',
    file: 'flights-airport.csv',
    comment: 'Flights between two airports in the year 2008',
    columns: [
      'origin text NOT NULL',
      'destination text NOT NULL',
      'flights integer NOT NULL',
      'PRIMARY KEY (origin, destination)',
    ],
    filled: ['origin', 'destination', 'flights'],
    indexes: ['(destination)'],
  },
  {
    name: 'birdstrikes',
    file: 'birdstrikes.csv',
    comment:
      'Aircraft that met wildlife, as reported to the Federal Aviation Administration; costs in US dollars',
    columns: [
      ID,
      'airport_name text NOT NULL',
      'aircraft_make_model text',
      'damage text',
      'flight_date date NOT NULL',
      'airline_operator text',
      'origin_state text',
      'phase_of_flight text',
      'wildlife_size text',
      'wildlife_species text',
      'time_of_day text',
      'cost_other integer',
      'cost_repair integer',
      'cost_total integer',
      'speed_knots integer',
    ],
    filled: [
      'airport_name',
      'aircraft_make_model',
      'damage',
      'flight_date',
      'airline_operator',
      'origin_state',
      'phase_of_flight',
      'wildlife_size',
      'wildlife_species',
      'time_of_day',
      'cost_other',
      'cost_repair',
      'cost_total',
      'speed_knots',
    ],
    indexes: ['(flight_date)', '(origin_state)'],
  },
  {
    name: 'weather',
    file: 'weather.csv',
    comment:
      'Daily weather in Seattle and New York, 2012 to 2015: millimetres, degrees Celsius, metres per second',
    columns: [
      'location text NOT NULL',
      'date date NOT NULL',
      'precipitation double precision NOT NULL',
      'temp_max double precision NOT NULL',
      'temp_min double precision NOT NULL',
      'wind double precision NOT NULL',
      'weather text NOT NULL',
      'PRIMARY KEY (location, date)',
    ],
    filled: ['location', 'date', 'precipitation', 'temp_max', 'temp_min', 'wind', 'weather'],
  },
  {
    name: 'unemployment',
    file: 'unemployment-across-industries.json',
    comment: 'Unemployed persons (thousands) and rate (percent) by industry and month in the United States',
    columns: [
      'industry text NOT NULL',
      'month date NOT NULL',
      'persons integer NOT NULL',
      'rate numeric(4, 1) NOT NULL',
      'PRIMARY KEY (industry, month)',
    ],
    filled: ['industry', 'month', 'persons', 'rate'],
    rows: function* (content) {
      for (const { series, year, month, count, rate } of content as Unemployment[]) {
        yield [series, `${year}-${String(month).padStart(2, '0')}-01`, count, rate];
      }
    },
  },
  {
    name: 'global_temperature',
    file: 'global-temp.csv',
    comment:
      'Mean temperature of the earth’s surface by year: degrees Celsius above or below the mean of 1951 to 1980',
    columns: ['year integer PRIMARY KEY', 'anomaly numeric(4, 2) NOT NULL'],
    filled: ['year', 'anomaly'],
  },
];
