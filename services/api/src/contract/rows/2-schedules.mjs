const schedules = 'services/api/src/features/schedules/schedules.api.test.ts';
const actions = 'services/api/src/features/schedules/schedule-actions.api.test.ts';

export const sections = [
  {
    id: '2.6',
    title: 'Schedules',
    rows: {
      'schedule object': 'suite',
      query_id: 'suite',
      name: 'suite',
      cron_expression: 'suite',
      parameters: 'suite',
      'parameters are held against the definitions': 'suite',
      tags: 'suite',
      enabled: 'suite',
      'PATCH and PUT are partial': 'suite',
      'query_id on update': {
        file: schedules,
        test: 'moves to another query, if that is there and takes its parameters',
      },
      'enable and disable are idempotent': {
        file: actions,
        test: 'can be said twice, and reckon the next time from now',
      },
      'disabling sets next_run_at to null': {
        file: actions,
        test: 'can be said twice, and reckon the next time from now',
      },
      trigger: 'suite',
      'trigger leaves next_run_at alone': {
        file: actions,
        test: 'makes a run of the caller now, enabled or not, and leaves the next time alone',
      },
      'trigger uses the schedule’s parameters': {
        file: actions,
        test: 'makes a run of the caller now, enabled or not, and leaves the next time alone',
      },
      'trigger with parameters that cannot be bound': {
        file: actions,
        test: 'makes no run when the parameters cannot be bound any more',
      },
      delete: { file: schedules, test: 'reads one, and deletes it: its id is unknown from then on' },
      'another organization’s schedule': 'suite',
    },
  },
];
