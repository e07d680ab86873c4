import { type Ground, openGround } from '../testing/contract/ground';

let ground: Ground;
beforeAll(async () => {
  ground = await openGround();
});
afterAll(() => ground.close());

const create = (cron_expression: string, fields: object = {}) =>
  ground.editor
    .post('/schedules')
    .send({ query_id: ground.queryId, name: 'Cron', cron_expression, ...fields });

async function nextOf(expression: string, fields: object = {}): Promise<Date> {
  const { body } = await create(expression, fields).expect(201);
  expect(body.cron_expression).toBe(expression);
  const next = new Date(body.next_run_at);
  // Both are the database's clock.
  expect(next.getTime()).toBeGreaterThan(new Date(body.created_at).getTime());
  return next;
}

it.each<[row: string, expression: string, status: number]>([
  ['5.1/5 fields', '5 4 * * *', 201],
  ['5.1/6 fields', '30 5 4 * * *', 201],
  ['5.1/7 fields › 400', '0 0 0 1 1 ? 2030', 400],
  ['5.1/another number of fields › 4', '0 0 * *', 400],
  ['5.1/another number of fields › 1', 'daily', 400],
  ['5.1/another number of fields › 8', '0 0 0 1 1 ? 2030 1', 400],
  ['5.1/lists, ranges, steps', '0,30 8-18/2 1-7 */3 *', 201],
  ['5.1/? for the two day fields › of the month', '0 0 ? * 1', 201],
  ['5.1/? for the two day fields › of the week', '0 0 1 * ?', 201],
  ['5.1/? for the two day fields › for another → 400', '? 0 * * *', 400],
  ['5.1/names, any letter case', '0 8 * jan,JUN Mon-FRI', 201],
  ['5.1/names, any letter case › unknown → 400', '0 8 * * someday', 400],
  ['5.1/nicknames › @hourly', '@hourly', 201],
  ['5.1/nicknames › @daily', '@daily', 201],
  ['5.1/nicknames › @weekly', '@weekly', 201],
  ['5.1/nicknames › @monthly', '@monthly', 201],
  ['5.1/nicknames › @yearly', '@yearly', 201],
  ['5.1/weekday numbers › 8 → 400', '0 0 * * 8', 400],
  ['5.1/never fires again › the 30th of February → 400', '0 0 30 2 *', 400],
  ['5.1/never fires again › the 29th of February does', '0 0 29 2 *', 201],
  ['5.1/smallest interval › more often than each minute → 400', '*/30 * * * * *', 400],
  ['5.1/smallest interval › each minute', '0 * * * * *', 201],
])('%s', async (_row, expression, status) => {
  const { body } = await create(expression).expect(status);
  if (status === 201) expect(body.cron_expression).toBe(expression);
  else expect(Object.keys(body.details.fields)).toEqual(['cron_expression']);
});

it.each([
  ['5.1/5 fields › the second is 0', '5 4 * * *', 0],
  ['5.1/6 fields › the second comes first', '30 5 4 * * *', 30],
])('%s', async (_row, expression, second) => {
  const next = await nextOf(expression);
  expect([next.getUTCHours(), next.getUTCMinutes(), next.getUTCSeconds()]).toEqual([4, 5, second]);
});

it.each([
  ['5.1/weekday numbers › 0 = Sunday', '0', 0],
  ['5.1/weekday numbers › 7 = Sunday', '7', 0],
  ['5.1/weekday numbers › 1 = Monday', '1', 1],
  ['5.1/weekday numbers › 2 = Tuesday', '2', 2],
  ['5.1/weekday numbers › 3 = Wednesday', '3', 3],
  ['5.1/weekday numbers › 4 = Thursday', '4', 4],
  ['5.1/weekday numbers › 5 = Friday', '5', 5],
  ['5.1/weekday numbers › 6 = Saturday', '6', 6],
])('%s', async (_row, day, weekday) => {
  expect((await nextOf(`0 0 * * ${day}`)).getUTCDay()).toBe(weekday);
});

it('5.1/either day › where both are restricted', async () => {
  // One of them is within a week, whatever the month.
  const { body } = await create('0 0 15 * sun').expect(201);
  const next = new Date(body.next_run_at);
  expect(next.getUTCDate() === 15 || next.getUTCDay() === 0).toBe(true);
  expect(next.getTime() - Date.now()).toBeLessThanOrEqual(7 * 86_400_000);
});

it('5.1/smallest interval › is configurable', async () => {
  const own = await openGround({ SCHEDULE_MIN_INTERVAL_SECONDS: '30' });
  try {
    const schedule = { query_id: own.queryId, name: 'Often' };
    await own.editor
      .post('/schedules')
      .send({ ...schedule, cron_expression: '*/30 * * * * *' })
      .expect(201);
    await own.editor
      .post('/schedules')
      .send({ ...schedule, cron_expression: '*/29 * * * * *' })
      .expect(400);
  } finally {
    await own.close();
  }
});

/** Day of the week, day of the month, hour and minute, where the preset says something of them. */
type Expected = {
  minute: (n: number) => boolean;
  hour?: (n: number) => boolean;
  day?: number;
  weekday?: number;
};
const every = (n: number) => (value: number) => value % n === 0;
const only = (n: number) => (value: number) => value === n;

it.each<[string, Expected]>([
  ['5.2/* * * * *', { minute: every(1) }],
  ['5.2/*/5 * * * *', { minute: every(5) }],
  ['5.2/*/15 * * * *', { minute: every(15) }],
  ['5.2/*/30 * * * *', { minute: every(30) }],
  ['5.2/0 * * * *', { minute: only(0) }],
  ['5.2/0 */6 * * *', { minute: only(0), hour: every(6) }],
  ['5.2/0 */12 * * *', { minute: only(0), hour: every(12) }],
  ['5.2/0 0 * * *', { minute: only(0), hour: only(0) }],
  ['5.2/0 9 * * *', { minute: only(0), hour: only(9) }],
  ['5.2/0 0 * * 1', { minute: only(0), hour: only(0), weekday: 1 }],
  ['5.2/0 0 1 * *', { minute: only(0), hour: only(0), day: 1 }],
])('%s', async (row, { minute, hour, day, weekday }) => {
  const next = await nextOf(row.slice('5.2/'.length));
  expect([next.getUTCSeconds(), next.getUTCMilliseconds()]).toEqual([0, 0]);
  expect(minute(next.getUTCMinutes())).toBe(true);
  expect(hour?.(next.getUTCHours()) ?? true).toBe(true);
  expect([next.getUTCDate(), next.getUTCDay()]).toEqual([
    day ?? next.getUTCDate(),
    weekday ?? next.getUTCDay(),
  ]);
});

it('5.2/custom', async () => {
  await nextOf('7 3 2-5 * *');
});

it('5.2/returned exactly as sent', async () => {
  const expression = ' 0  9 * *  MON ';
  const { body } = await create(expression).expect(201);
  const { body: read } = await ground.viewer.get(`/schedules/${body.id}`).expect(200);
  expect([body.cron_expression, read.cron_expression]).toEqual([expression, expression]);
});

describe('time', () => {
  it('5.3/time zone › default UTC', async () => {
    const { body } = await create('0 9 * * *').expect(201);
    expect(body).toMatchObject({ timezone: 'UTC', next_run_at: expect.stringMatching(/T09:00:00/) });
  });

  it('5.3/time zone › each schedule has its own', async () => {
    const next = await nextOf('0 9 * * *', { timezone: 'Asia/Tokyo' });
    expect(next.getUTCHours()).toBe(0);
  });

  it('5.3/time zone › another → 400', async () => {
    await create('0 9 * * *', { timezone: 'Europe/Atlantis' }).expect(400);
  });

  it('5.3/next_run_at › a rename does not move it', async () => {
    // In whatever second: its next time may have come meanwhile, and stays all the same until it has fired.
    const { body: before } = await create('* * * * *').expect(201);
    const { body } = await ground.editor.patch(`/schedules/${before.id}`).send({ name: 'New' }).expect(200);
    expect(body).toMatchObject({ name: 'New', next_run_at: before.next_run_at });
  });

  it.each([
    ['5.3/next_run_at › anew when the expression changes', { cron_expression: '30 4 * * *' }, /T04:30:00/],
    ['5.3/next_run_at › anew when the zone changes', { timezone: 'Asia/Tokyo' }, /T00:00:00/],
  ])('%s', async (_row, change, expected) => {
    const { body: before } = await create('0 9 * * *').expect(201);
    const { body } = await ground.editor.patch(`/schedules/${before.id}`).send(change).expect(200);
    expect(body.next_run_at).toMatch(expected);
  });

  it('5.3/next_run_at › null while disabled, and anew on enable', async () => {
    const { body } = await create('0 9 * * *', { enabled: false }).expect(201);
    expect(body.next_run_at).toBeNull();
    const { body: on } = await ground.editor.post(`/schedules/${body.id}/enable`).expect(200);
    expect(on.next_run_at).toMatch(/T09:00:00/);
    const { body: off } = await ground.editor
      .patch(`/schedules/${body.id}`)
      .send({ enabled: false })
      .expect(200);
    expect(off.next_run_at).toBeNull();
    const { body: again } = await ground.editor
      .put(`/schedules/${body.id}`)
      .send({ enabled: true })
      .expect(200);
    expect(again.next_run_at).toMatch(/T09:00:00/);
  });

  it('5.3/last_run_at › null before, then when a run was made', async () => {
    const { body } = await create('0 9 * * *').expect(201);
    expect(body.last_run_at).toBeNull();
    await ground.editor.post(`/schedules/${body.id}/trigger`).expect(200);
    const { body: after } = await ground.viewer.get(`/schedules/${body.id}`).expect(200);
    expect(new Date(after.last_run_at).getTime()).toBeGreaterThanOrEqual(new Date(body.created_at).getTime());
  });

  it('5.3/created_by of runs › the caller of a trigger', async () => {
    const { body } = await create('0 9 * * *').expect(201);
    const { body: triggered } = await ground.admin.post(`/schedules/${body.id}/trigger`).expect(200);
    const { body: run } = await ground.viewer.get(`/runs/${triggered.run_id}`).expect(200);
    expect(run.created_by).toBe(ground.members.admin.userId);
  });
});
