/** Where the frontend and API clients expected different things: each is settled by a row above. */
const settledBy = (row) => ({ row });

export const sections = [
  {
    id: '8',
    title: 'Frontend and API differences, resolved',
    rows: {
      '1 error body': settledBy('1.7/error body'),
      '2 validation status': settledBy('1.7/validation status'),
      '3 non-JSON errors': settledBy('1.7/every error is JSON, also before a request could be read'),
      '4 register answer': settledBy('2.1/POST /auth/register'),
      '5 schedule update': settledBy('2.6/PATCH and PUT are partial'),
      '6 cron fields': settledBy('5.1/5 fields'),
      '7 weekday numbers': settledBy('5.1/weekday numbers'),
      '8 cancel answer': settledBy('2.5/POST /runs/{id}/cancel answer'),
      '9 trigger answer': settledBy('2.6/trigger'),
      '10 tile timestamps': settledBy('1.2/timestamps'),
      '11 GET tiles': settledBy('2/GET /dashboards/{id}/tiles'),
      '12 a query’s datasource_id on PUT': settledBy('2.4.2/datasource_id'),
      '13 a schedule’s query_id on update': settledBy('2.6/query_id on update'),
      '14 truncated': settledBy('2.5/result truncated'),
      '15 omitted collections': settledBy('1.2/collections'),
      '16 names': settledBy('1.10/names'),
      '17 rate limit': settledBy('7.5/all requests'),
      '18 delete of a datasource': settledBy('2.3/DELETE /datasources/{id}'),
      '19 null numbers': settledBy('1.9/null on create is the default'),
      '20 parameter defaults': settledBy('3.5/number'),
      '21 empty string for number and date parameters': settledBy('3.4/an empty text counts as not supplied'),
      '22 schedule parameters': settledBy(
        '5.3/fired runs use the query as it is, with the schedule’s parameters',
      ),
      '23 canvas writes': settledBy('2.9/writes are for editors'),
      '24 clearing a description': settledBy('1.9/null clears'),
      '25 default page size': settledBy('1.6/default page size'),
      '26 session': settledBy('1.3/access lifetime'),
      '27 columns of an empty result': settledBy('4.4/columns of an empty result'),
      '28 updated_at of a user': settledBy('2.1/POST /auth/register'),
      '29 org_name on register': settledBy('2.1/field org_name'),
      '30 a run that failed and is tried again': settledBy('4.1/a run that waits for its retry is queued'),
      '31 time placeholders of the canvas': 'suite',
    },
  },
];
