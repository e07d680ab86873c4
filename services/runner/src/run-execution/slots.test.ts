import fc from 'fast-check';
import type { RunPool } from '@loupe/common/models';
import { createSlots, type ReleaseSlot, reservedSlots } from './slots';

const never = new AbortController().signal;

describe('reservedSlots', () => {
  it.each([
    [8, 0.25, 2],
    [8, 0, 1],
    [2, 0.25, 1],
    [1, 0.25, 0],
    [4, 1, 3],
    [3, 0.5, 1],
  ])('of %d slots and a share of %d it keeps %d', (total, share, reserved) => {
    expect(reservedSlots(total, share, ['interactive', 'scheduled'])).toBe(reserved);
  });

  it('keeps none where nobody waits for a run', () => {
    expect(reservedSlots(8, 0.25, ['scheduled', 'quarantine'])).toBe(0);
  });
});

describe('slots', () => {
  it('gives scheduled work all but the reserved ones, and interactive work all', () => {
    const slots = createSlots({ total: 3, reserved: 1 });
    expect(slots.tryAcquire('scheduled')).toBeDefined();
    expect(slots.tryAcquire('quarantine')).toBeDefined();
    expect(slots.tryAcquire('scheduled')).toBeUndefined();
    expect(slots.free('scheduled')).toBe(0);
    expect(slots.free('interactive')).toBe(1);
    expect(slots.tryAcquire('interactive')).toBeDefined();
    expect(slots.tryAcquire('interactive')).toBeUndefined();
    expect(slots.busy()).toBe(3);
  });

  it('has two more for tests of sources, whatever else is busy', () => {
    const slots = createSlots({ total: 1, reserved: 0 });
    slots.tryAcquire('interactive');
    const release = slots.tryAcquire('control');
    expect(slots.tryAcquire('control')).toBeDefined();
    expect(slots.tryAcquire('control')).toBeUndefined();
    expect(slots.free('interactive')).toBe(0);
    expect([slots.busy('control'), slots.busy('interactive'), slots.busy()]).toEqual([2, 1, 3]);
    expect([slots.most('control'), slots.most('scheduled'), slots.total]).toEqual([2, 1, 1]);
    release?.();
    expect(slots.free('control')).toBe(1);
    expect(slots.free('interactive')).toBe(0);
  });

  it('counts a slot that is released twice once', () => {
    const slots = createSlots({ total: 2, reserved: 0 });
    const release = slots.tryAcquire('scheduled');
    slots.tryAcquire('scheduled');
    release?.();
    release?.();
    expect(slots.busy()).toBe(1);
    expect(slots.free('interactive')).toBe(1);
  });

  it('hands a freed slot to interactive work first, and among equals to who came first', async () => {
    const slots = createSlots({ total: 1, reserved: 0 });
    const order: string[] = [];
    const release = slots.tryAcquire('scheduled');
    const wait = (name: string, pool: RunPool) =>
      slots.acquire(pool, never).then((freed) => {
        order.push(name);
        freed();
      });
    const all = [
      wait('scheduled 1', 'scheduled'),
      wait('scheduled 2', 'scheduled'),
      wait('interactive', 'interactive'),
    ];
    release?.();
    await Promise.all(all);
    expect(order).toEqual(['interactive', 'scheduled 1', 'scheduled 2']);
  });

  it('passes over a waiter that may not take the freed slot', async () => {
    const slots = createSlots({ total: 2, reserved: 1 });
    slots.tryAcquire('scheduled');
    const release = slots.tryAcquire('interactive');
    const abort = new AbortController();
    const scheduled = slots.acquire('scheduled', abort.signal).catch(() => 'gave up');
    const interactive = slots.acquire('interactive', never);
    release?.();
    await interactive;
    abort.abort();
    expect(await scheduled).toBe('gave up');
  });

  it('forgets a waiter that gave up, with the reason it was given', async () => {
    const slots = createSlots({ total: 1, reserved: 0 });
    const release = slots.tryAcquire('interactive');
    const abort = new AbortController();
    const waiting = slots.acquire('interactive', abort.signal);
    const reason = new Error('the runner stops');
    abort.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    release?.();
    expect(slots.free('interactive')).toBe(1);
    await expect(slots.acquire('interactive', abort.signal)).rejects.toBe(reason);
    expect(slots.busy()).toBe(0);
  });
});

type Step = { take: RunPool } | { give: number } | { giveUp: number };

const steps = fc.array(
  fc.oneof(
    fc.record({ take: fc.constantFrom<RunPool>('interactive', 'scheduled', 'quarantine') }),
    fc.record({ give: fc.nat(20) }),
    fc.record({ giveUp: fc.nat(20) }),
  ),
  { maxLength: 80 },
);

/** What is held and who waits, as the outside sees it. */
class Crowd {
  readonly held: { pool: RunPool; release: ReleaseSlot }[] = [];
  readonly waiting = new Set<AbortController>();
  readonly slots;

  constructor(total: number, reserved: number) {
    this.slots = createSlots({ total, reserved });
  }

  async do(step: Step): Promise<void> {
    if ('take' in step) this.take(step.take);
    else if ('give' in step) this.held.splice(step.give % (this.held.length || 1), 1)[0]?.release();
    else [...this.waiting][step.giveUp % (this.waiting.size || 1)]?.abort(new Error('gave up'));
    // Grants arrive in microtasks.
    await new Promise(setImmediate);
  }

  private take(pool: RunPool): void {
    const abort = new AbortController();
    this.waiting.add(abort);
    const granted = (release: ReleaseSlot): void => void this.held.push({ pool, release });
    void this.slots
      .acquire(pool, abort.signal)
      .then(granted, () => undefined)
      .finally(() => this.waiting.delete(abort));
  }

  heldByOthers = (): number => this.held.filter(({ pool }) => pool !== 'interactive').length;
}

it('never gives out more than there are, nor the reserved ones to scheduled work, nor loses one', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 6 }), fc.nat(5), steps, async (total, kept, plan) => {
      const reserved = Math.min(kept, total - 1);
      const crowd = new Crowd(total, reserved);
      for (const step of plan) {
        await crowd.do(step);
        expect(crowd.held.length).toBeLessThanOrEqual(total);
        expect(crowd.heldByOthers()).toBeLessThanOrEqual(total - reserved);
        expect(crowd.slots.busy()).toBe(crowd.held.length);
        // Nobody waits for a slot that is free for them.
        if (crowd.waiting.size > 0) expect(crowd.slots.free('scheduled')).toBeLessThanOrEqual(0);
      }
      for (const waiter of [...crowd.waiting]) waiter.abort(new Error('over'));
      for (const { release } of crowd.held) release();
      expect(crowd.slots.busy()).toBe(0);
      expect(crowd.slots.free('interactive')).toBe(total);
    }),
    { numRuns: 150 },
  );
});
