const fires = 'services/scheduler/src/tasks/fire-due-schedules.db.test.ts';

export const sections = [
  {
    id: '5.1',
    title: 'Cron: dialect',
    rows: {
      '5 fields': 'suite',
      '6 fields': 'suite',
      '7 fields': 'suite',
      'another number of fields': 'suite',
      'lists, ranges, steps': 'suite',
      '? for the two day fields': 'suite',
      'names, any letter case': 'suite',
      nicknames: 'suite',
      'weekday numbers': 'suite',
      'either day': 'suite',
      'never fires again': 'suite',
      'smallest interval': 'suite',
    },
  },
  {
    id: '5.2',
    title: 'Cron: presets',
    rows: {
      '* * * * *': 'suite',
      '*/5 * * * *': 'suite',
      '*/15 * * * *': 'suite',
      '*/30 * * * *': 'suite',
      '0 * * * *': 'suite',
      '0 */6 * * *': 'suite',
      '0 */12 * * *': 'suite',
      '0 0 * * *': 'suite',
      '0 9 * * *': 'suite',
      '0 0 * * 1': 'suite',
      '0 0 1 * *': 'suite',
      custom: 'suite',
      'returned exactly as sent': 'suite',
    },
  },
  {
    id: '5.3',
    title: 'Cron: time',
    rows: {
      'time zone': 'suite',
      next_run_at: 'suite',
      'next_run_at is strictly after now': {
        file: 'packages/common/src/models/cron.test.ts',
        test: 'lies strictly after the instant, also when that is a time itself',
      },
      'next_run_at after each firing': {
        file: fires,
        test: 'makes a run of its creator, of the query as it is now, and moves on',
      },
      last_run_at: 'suite',
      'a due time fires once': { file: fires, test: 'fire each time once: three at once, time after time' },
      'a due time fires once, whenever a scheduler dies': {
        file: 'services/scheduler/src/killed-scheduler.fault.test.ts',
        test: 'fires each time once, by whichever scheduler, while the one that fires is killed in the middle of it, again and again',
      },
      'missed times collapse into one run': {
        file: fires,
        test: 'makes one run for all the times that were missed',
      },
      'fired runs use the query as it is, with the schedule’s parameters': {
        file: fires,
        test: 'makes a run of its creator, of the query as it is now, and moves on',
      },
      'a binding error yields a failed run with a text': {
        file: fires,
        test: 'leaves a failed run that says which parameter is wrong, and the schedule goes on',
      },
      'created_by of runs': 'suite',
      'created_by of fired runs': {
        file: fires,
        test: 'makes a run of its creator, of the query as it is now, and moves on',
      },
      'a schedule made through REST fires': {
        file: 'tests/contract/whole-system.fault.test.ts',
        test: 'a schedule made through REST fires',
      },
    },
  },
];
