import { choosePorts } from '@loupe/devstack';

/** From here on the systems that we know give ports to outgoing connections: Linux from 32768, others later. */
const firstOutgoing = 32_768;
const firstOfOurs = 10_000;

/**
 * Free ports that stay free while nobody listens: a server that was killed, or is not started yet, could find its port taken by
 * anybody's connection otherwise.
 */
export function chooseQuietPorts<Name extends string>(names: readonly Name[]): Promise<Record<Name, number>> {
  const wished = names.map((name) => [
    name,
    firstOfOurs + Math.floor(Math.random() * (firstOutgoing - firstOfOurs)),
  ]);
  return choosePorts(names, Object.fromEntries(wished) as Record<Name, number>);
}
