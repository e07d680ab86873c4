import { finalStates } from '@loupe/common/models';
import { eventually } from '@loupe/common/testing';
import { SERVICES } from '@loupe/devstack';
import { type Answer, createCustomer, type Customer } from './customer';
import { type FaultStack, startFaultStack } from './fault-stack';
import { violations } from './invariants';

let stack: FaultStack;
beforeAll(async () => {
  stack = await startFaultStack();
});
afterAll(() => stack.close());

const short = 'SELECT count(*) FROM generate_series(1, 300000)';

/** Starts a run as soon as the one before was answered, until told to end. */
async function load(customer: Customer, answers: Answer[], until: AbortSignal): Promise<void> {
  while (!until.aborted) answers.push(await customer.execute(short));
}

const of = (status: number, answers: readonly Answer[]) =>
  answers.filter((answer) => answer.status === status);

/** True when no run is live. The database may not answer yet. */
const isDrained = async (): Promise<boolean> => {
  const rows = await stack.engine.rows({
    name: 'test.live',
    text: 'SELECT id FROM runs WHERE NOT state = ANY ($1) LIMIT 1',
    values: [finalStates],
  });
  return rows.length === 0;
};

it('refuses politely while its database is away, and keeps what it has acknowledged', async () => {
  const customers = await Promise.all([1, 2, 3].map(() => createCustomer(stack.api, stack.source)));
  const answers: Answer[] = [];
  const over = new AbortController();
  const loads = customers.map((customer) => load(customer, answers, over.signal));
  const reach = (what: string, status: number, count: number) =>
    eventually(what, () => of(status, answers).length >= count, 30_000);

  await reach('runs are acknowledged', 201, 60);
  await stack.postgres.kill();
  await reach('requests are refused', 503, 100);
  const acknowledgedBefore = of(201, answers).length;
  await stack.postgres.start();
  await reach('runs are acknowledged again', 201, acknowledgedBefore + 60);
  over.abort();
  await Promise.all(loads);
  await eventually('all have ended', isDrained, 60_000);

  for (const { status, type, body } of answers.filter(({ status }) => status !== 201)) {
    expect(status).toBe(503);
    expect(type).toContain('application/json');
    expect(body).toEqual({
      message: 'The database does not answer; try again shortly',
      details: { error_id: expect.any(String) },
      error: { type: 'service_unavailable', message: body.message, error_id: expect.any(String) },
    });
  }
  const ids = of(201, answers).map(({ body }) => body.id as string);
  expect(await violations(stack.engine, ids)).toEqual([]);
  const ends = await stack.engine.rows<{ state: string; n: number }>({
    name: 'test.ends',
    text: 'SELECT state, count(*)::int AS n FROM runs WHERE id = ANY ($1) GROUP BY state',
    values: [ids],
  });
  expect(ends).toEqual([{ state: 'succeeded', n: ids.length }]);
  expect(SERVICES.map((name) => stack.services.crashes(name))).toEqual([0, 0, 0]);
});
