import { eventually } from '@loupe/common/testing';
import type { FaultStack } from './fault-stack';
import { elapse } from './gates';
import type { Member } from './members';
import type { Random } from './seeded-random';

const roles = ['api', 'runner', 'scheduler', 'Redis', 'PostgreSQL', 'a PostgreSQL backend'] as const;
export type Role = (typeof roles)[number];

export interface KillerOptions {
  stack: FaultStack;
  random: Random;
  /** Seconds between two kills, at most. */
  pause: number;
}

/** kill -9, again and again; whatever died is started again at once, as by any supervisor. */
export interface Killer {
  kills: Record<Role, number>;
  /** Every role once, in an order of chance, at moments of chance. */
  round(): Promise<void>;
  /** Resolves when everything that was killed is ready again. */
  allBack(): Promise<void>;
}

const leastPause = 0.2;
const restartPatienceMs = 120_000;

export function createKiller({ stack, random, pause }: KillerOptions): Killer {
  const kills: Killer['kills'] = {
    api: 0,
    runner: 0,
    scheduler: 0,
    Redis: 0,
    PostgreSQL: 0,
    'a PostgreSQL backend': 0,
  };
  const pick = <T>(of: readonly T[]): T | undefined => of[Math.floor(random() * of.length)];
  const restarting = new Map<Member, Promise<unknown>>();

  /** One that is killed while it starts, or finds no database, is simply started once more. */
  function bringBack(member: Member): void {
    if (restarting.has(member)) return;
    const attempt = () => member.start().then(() => true, () => false); // prettier-ignore
    const back = eventually(`${member.name} is ready again`, attempt, restartPatienceMs);
    restarting.set(
      member,
      back.finally(() => restarting.delete(member)),
    );
  }

  async function killMember(service: Member['service']): Promise<boolean> {
    const member = pick(stack.every(service).filter((one) => one.isUp()));
    await member?.kill();
    if (member !== undefined) bringBack(member);
    return member !== undefined;
  }

  const kill: Record<Role, () => Promise<boolean>> = {
    api: () => killMember('api'),
    runner: () => killMember('runner'),
    scheduler: () => killMember('scheduler'),
    async Redis() {
      await stack.redis.kill();
      await stack.redis.start();
      return true;
    },
    async PostgreSQL() {
      stack.postgres.signal('SIGKILL');
      await eventually('PostgreSQL is gone', () => !stack.postgres.isUp());
      await stack.postgres.start();
      return true;
    },
    /** The server takes all its sessions down, recovers, and goes on. */
    async 'a PostgreSQL backend'() {
      const victim = pick(await backends(stack));
      if (victim !== undefined) process.kill(victim, 'SIGKILL');
      return victim !== undefined;
    },
  };

  return {
    kills,
    async round() {
      for (const role of shuffled(roles, random)) {
        await elapse(leastPause + random() * (pause - leastPause));
        if (await kill[role]()) kills[role] += 1;
      }
    },
    allBack: async () => void (await Promise.all(restarting.values())),
  };
}

/** Process ids of Loupe's sessions on its database; none while it recovers. */
async function backends({ engine }: FaultStack): Promise<number[]> {
  const rows = await engine
    .rows<{ pid: number }>({
      name: 'test.backends',
      text: `SELECT pid FROM pg_stat_activity
             WHERE datname = current_database() AND pid <> pg_backend_pid() ORDER BY pid`,
    })
    .catch(() => []);
  return rows.map(({ pid }) => pid);
}

/** Fisher–Yates. */
function shuffled<T>(values: readonly T[], random: Random): T[] {
  const deck = [...values];
  for (let at = deck.length - 1; at > 0; at -= 1) {
    const other = Math.floor(random() * (at + 1));
    [deck[at], deck[other]] = [deck[other] as T, deck[at] as T];
  }
  return deck;
}
