import { jobId, keyPrefix, parseRunHint, queueName } from './run-hints';

const runId = '01890a5d-ac96-774b-bcce-b302099a8057';

describe('the id of a job', () => {
  it('is the same for the same admission alone', () => {
    expect(jobId({ runId, epoch: 1 })).toBe(jobId({ runId, epoch: 1 }));
    expect(jobId({ runId, epoch: 1 })).not.toBe(jobId({ runId, epoch: 2 }));
  });

  it('is one that BullMQ takes: no colon, and not a number', () => {
    expect(jobId({ runId, epoch: 1 })).not.toContain(':');
    expect(jobId({ runId, epoch: 1 })).not.toMatch(/^\d+$/);
    expect(queueName('interactive')).not.toContain(':');
  });
});

it('keys of one installation lie in one slot of a cluster, apart from another’s', () => {
  expect(keyPrefix('loupe')).toBe('{loupe}');
  expect(keyPrefix('other')).not.toBe(keyPrefix('loupe'));
});

describe('the data of a job', () => {
  it('is a hint, without anything else that came along', () => {
    expect(parseRunHint({ runId, epoch: 3, more: 'x' })).toEqual({ runId, epoch: 3 });
  });

  it.each([
    undefined,
    null,
    '',
    'text',
    7,
    [],
    {},
    { runId },
    { epoch: 1 },
    { runId: 'x', epoch: 1 },
    { runId: "'; DROP TABLE runs; --", epoch: 1 },
    { runId, epoch: 0 },
    { runId, epoch: -1 },
    { runId, epoch: 1.5 },
    { runId, epoch: 2 ** 31 },
    { runId, epoch: 'many' },
    { runId: [runId], epoch: 1 },
  ])('%j is not one', (data) => {
    expect(parseRunHint(data)).toBeUndefined();
  });
});
