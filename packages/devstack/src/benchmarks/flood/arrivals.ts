/** Moments at which requests come that know nothing of each other (a Poisson process), milliseconds from the beginning. */
export function arrivals(perSecond: number, milliseconds: number): number[] {
  const moments: number[] = [];
  for (let at = gap(perSecond); at < milliseconds; at += gap(perSecond)) moments.push(at);
  return moments;
}

const gap = (perSecond: number): number => (-Math.log(1 - Math.random()) / perSecond) * 1_000;

/**
 * Calls `send` at each of the moments, whether the earlier ones have been answered or not; resolves once all are answered.
 * A late timer sends all that is due, so that what was offered is what the moments say.
 */
export function offer(moments: readonly number[], send: (index: number) => Promise<void>): Promise<unknown> {
  const began = performance.now();
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  let [sent, answered] = [0, 0];
  const sendOne = (): void => {
    send(sent).then(() => {
      answered += 1;
      if (answered === moments.length) resolve(answered);
    }, reject);
    sent += 1;
  };
  const sendDue = (): void => {
    while (performance.now() - began >= (moments[sent] ?? Infinity)) sendOne();
    const next = moments[sent];
    if (next !== undefined) setTimeout(sendDue, Math.max(0, next - (performance.now() - began)));
  };
  sendDue();
  return promise;
}
