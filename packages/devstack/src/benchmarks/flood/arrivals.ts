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
export async function offer(
  moments: readonly number[],
  send: (index: number) => Promise<void>,
): Promise<void> {
  const began = performance.now();
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  const sent: Promise<void>[] = [];
  const sendDue = (): void => {
    while (performance.now() - began >= (moments[sent.length] ?? Infinity)) sent.push(send(sent.length));
    const next = moments[sent.length];
    if (next === undefined) Promise.all(sent).then(resolve, reject);
    else setTimeout(sendDue, Math.max(0, next - (performance.now() - began)));
  };
  sendDue();
  await promise;
}
