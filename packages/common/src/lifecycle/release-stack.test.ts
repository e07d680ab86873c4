import { createReleaseStack } from './release-stack';

const never = (): Promise<never> => new Promise(() => undefined);

describe('a release stack', () => {
  it('closes backwards, one after the other', async () => {
    const stack = createReleaseStack();
    const closed: string[] = [];
    stack.defer('database', () => closed.push('database'));
    stack.defer('worker', async () => {
      await Promise.resolve();
      closed.push('worker');
    });
    expect(await stack.releaseAll(1000)).toEqual({ failed: [], unreleased: [] });
    expect(closed).toEqual(['worker', 'database']);
  });

  it('goes on after a close that throws, now or later, and tells', async () => {
    const stack = createReleaseStack();
    const closed: string[] = [];
    stack.defer('first', () => closed.push('first'));
    stack.defer('second', () => Promise.reject(new Error('later')));
    stack.defer('third', () => {
      throw new Error('now');
    });
    expect(await stack.releaseAll(1000)).toEqual({
      failed: [
        { name: 'third', reason: 'now' },
        { name: 'second', reason: 'later' },
      ],
      unreleased: [],
    });
    expect(closed).toEqual(['first']);
  });

  it('returns by the deadline, and names what hangs and what it kept from closing', async () => {
    const stack = createReleaseStack();
    stack.defer('database', never);
    stack.defer('worker', never);
    stack.defer('server', () => undefined);
    expect(await stack.releaseAll(20)).toEqual({ failed: [], unreleased: ['worker', 'database'] });
  });

  it('releases once, however often it is asked to', async () => {
    const stack = createReleaseStack();
    const release = jest.fn();
    stack.defer('database', release);
    const [first, second] = await Promise.all([stack.releaseAll(1000), stack.releaseAll(1000)]);
    expect(first).toBe(second);
    expect(release).toHaveBeenCalledTimes(1);
  });

  it('closes what is opened while or after it closes', async () => {
    const stack = createReleaseStack();
    const closed: string[] = [];
    stack.defer('outer', () => stack.defer('opened meanwhile', () => closed.push('meanwhile')));
    await stack.releaseAll(1000);
    expect(closed).toEqual(['meanwhile']);
    stack.defer('opened afterwards', () => closed.push('afterwards'));
    expect(closed).toEqual(['meanwhile', 'afterwards']);
  });
});
