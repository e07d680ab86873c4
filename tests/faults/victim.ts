import type { Member } from './members';
import type { Stage } from './scenario';

/** The runner that a scenario hurts. */
export interface Victim {
  runner: Member;
  /** Which of the runs in question it executes. */
  ids: string[];
  sessionId: string;
}

/** The runner that executes most of these runs: a fault that meets nobody shows nothing. */
export async function busiest({ stack, observations }: Stage, ids: readonly string[]): Promise<Victim> {
  const executing = (await observations.standings(ids)).filter(({ state }) => state === 'running');
  const groups = [...Map.groupBy(executing, ({ runner_id }) => runner_id)];
  const [name, theirs = []] = groups.sort(([, a], [, b]) => b.length - a.length)[0] ?? [];
  const runner = stack.every('runner').find((member) => member.name === name);
  const sessionId = theirs[0]?.session_id;
  if (runner === undefined || !sessionId) throw new Error('no runner executes any of them');
  return { runner, ids: theirs.map(({ id }) => id), sessionId };
}
