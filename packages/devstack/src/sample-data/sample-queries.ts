/** A saved query as `POST /queries` takes it, without its datasource. */
export interface SampleQuery {
  name: string;
  description: string;
  sql: string;
  parameters: readonly {
    name: string;
    param_type: 'string' | 'number' | 'boolean' | 'date';
    default: string | number | boolean;
    required: boolean;
  }[];
  tags: readonly string[];
}

export const FLIGHT_DELAYS: SampleQuery = {
  name: 'Flight delays by distance',
  description: 'How many flights arrive late, in steps of 250 miles.',
  sql: `SELECT distance / 250 * 250 AS miles_from,
       count(*) AS flights,
       round(avg(delay), 1) AS mean_delay_min,
       round(100.0 * count(*) FILTER (WHERE delay > $late_after) / count(*), 1) AS late_percent
FROM flights
WHERE distance >= $min_distance
GROUP BY 1
ORDER BY 1`,
  parameters: [
    { name: 'late_after', param_type: 'number', default: 15, required: true },
    { name: 'min_distance', param_type: 'number', default: 0, required: true },
  ],
  tags: ['flights'],
};

export const SAMPLE_QUERIES: readonly SampleQuery[] = [
  FLIGHT_DELAYS,
  {
    name: 'Busiest routes from a state',
    description: 'Airports of one state and where most flights from there go.',
    sql: `SELECT a.iata, a.city, d.iata AS destination, d.city AS destination_city, r.flights
FROM airport_routes r
JOIN airports a ON a.iata = r.origin
JOIN airports d ON d.iata = r.destination
WHERE a.state = $state
ORDER BY r.flights DESC, a.iata, d.iata
LIMIT $rows`,
    parameters: [
      { name: 'state', param_type: 'string', default: 'WA', required: true },
      { name: 'rows', param_type: 'number', default: 20, required: true },
    ],
    tags: ['flights', 'airports'],
  },
  {
    name: 'Costly bird strikes',
    description: 'What meeting which animals has cost, since a day.',
    sql: `SELECT wildlife_species, count(*) AS strikes, sum(cost_total) AS dollars, max(flight_date) AS last_on
FROM birdstrikes
WHERE flight_date >= $since
  AND (damage <> 'None' OR NOT $damaging_only)
GROUP BY wildlife_species
ORDER BY dollars DESC NULLS LAST, wildlife_species
LIMIT 25`,
    parameters: [
      { name: 'since', param_type: 'date', default: '1995-01-01', required: true },
      { name: 'damaging_only', param_type: 'boolean', default: true, required: true },
    ],
    tags: ['birdstrikes'],
  },
  {
    name: 'Weather by month',
    description: 'Rain, warmth and rainy days of one place in one year.',
    sql: `SELECT date_trunc('month', date)::date AS month,
       round(sum(precipitation)::numeric, 1) AS precipitation_mm,
       round(avg(temp_max)::numeric, 1) AS mean_high_c,
       count(*) FILTER (WHERE weather IN ('rain', 'drizzle', 'snow')) AS wet_days
FROM weather
WHERE location = $location
  AND extract(year FROM date) = $year
GROUP BY 1
ORDER BY 1`,
    parameters: [
      { name: 'location', param_type: 'string', default: 'Seattle', required: true },
      { name: 'year', param_type: 'number', default: 2012, required: true },
    ],
    tags: ['weather'],
  },
];
