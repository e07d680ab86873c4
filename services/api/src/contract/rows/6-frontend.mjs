// Section 6.5 says what the frontend tolerates, and asks nothing of the server; so does the storage of 6.2.
export const sections = [
  {
    id: '6.1',
    title: 'Frontend: hosting',
    rows: {
      'listens on 8080': {
        file: 'packages/common/src/config/load.test.ts',
        test: 'fills in the documented defaults',
      },
      'no cookies': 'suite',
    },
  },
  {
    id: '6.2',
    title: 'Frontend: session',
    rows: {
      'without a good token: 401 with a message': 'suite',
      'ids of somebody else are plain 404s in JSON': 'suite',
    },
  },
  {
    id: '6.3',
    title: 'Frontend: calls per page',
    rows: {
      'sign up, then sign in': 'suite',
      dashboards: 'suite',
      dashboard: 'suite',
      queries: 'suite',
      'query editor': 'suite',
      visualizations: 'suite',
      'visualization editor': 'suite',
      schedules: 'suite',
      'schedule editor': 'suite',
      'settings and datasources': 'suite',
      canvas: 'suite',
    },
  },
  {
    id: '6.4',
    title: 'Frontend: load',
    rows: { 'a dashboard of ten tiles': 'suite', 'no limit stops a single user': { later: 'rate limits' } },
  },
];
