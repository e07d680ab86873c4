import type { Tally, RunOwner } from './limits';

/** A queued run that may be admitted. */
export interface WaitingRun extends RunOwner {
  runId: string;
  priority: number;
  queuedAt: Date;
  /** Seconds that it is expected to occupy a slot. */
  expectedCost: number;
}

/** An organization that waits in a pool. */
export interface WaitingOrg {
  orgId: string;
  /** Seconds of service it has had, divided by its weight; undefined when it never had any. */
  vtime: number | undefined;
  /** The same without what its active runs were charged in advance: what is certain. */
  settledVtime: number | undefined;
  weight: number;
  /** Some runs of each of its leaves, each leaf by priority, then age. */
  runs: readonly WaitingRun[];
}

export interface FairSelection {
  admitted: WaitingRun[];
  /** The clocks of the organizations that were served. */
  vtimes: Map<string, number>;
  /** The pool's clock. */
  virtualTime: number;
}

export interface FairPool {
  /** How many may be admitted. */
  budget: number;
  virtualTime: number;
  orgs: readonly WaitingOrg[];
}

/** Runs of one user on one datasource: inside an organization, leaves take turns. */
interface Leaf {
  waiting: WaitingRun[];
}

interface Queue {
  org: WaitingOrg;
  tag: number;
  leaves: Leaf[];
}

/**
 * Start-time fair queuing (Goyal, Vin, Cheng 1996): the organization with the smallest start tag goes first, and pays the
 * expected seconds of its run divided by its weight. An organization that comes back from idle starts at the pool's clock,
 * so silence earns no credit, and no backlog, however long, delays another by more than its share. The pool's clock follows the
 * service that is certain: if it went by what runs are expected to take, an organization whose runs take less would be put
 * forward to it, and lose what it is given back. Inside an organization the
 * leaf with the fewest active runs goes first, and priority orders the runs of one leaf. Whoever stands at a limit is passed over. Pure, so that its promises are tested as properties.
 */
export function selectFairly(pool: FairPool, tally: Tally): FairSelection {
  const virtualTime = clockOf(pool);
  const vtimes = new Map<string, number>();
  const admitted: WaitingRun[] = [];
  const queues = pool.orgs.map((org) => queueOf(org, virtualTime)).sort(byTag);
  while (admitted.length < pool.budget) {
    const queue = queues.shift();
    if (queue === undefined) break;
    const run = leastServed(queue, tally)?.waiting.shift();
    // Limits only fill up within a tick: who is passed over stays so.
    if (run === undefined) continue;
    queue.tag += run.expectedCost / queue.org.weight;
    putBack(queues, queue);
    vtimes.set(queue.org.orgId, queue.tag);
    tally.add(run);
    admitted.push(run);
  }
  return { admitted, vtimes, virtualTime };
}

/** Where the one who is furthest behind stands, and never less than before. */
function clockOf({ virtualTime, orgs }: FairPool): number {
  const behind = orgs.map(({ settledVtime }) => settledVtime ?? virtualTime);
  return behind.length === 0 ? virtualTime : Math.max(virtualTime, Math.min(...behind));
}

function queueOf(org: WaitingOrg, virtualTime: number): Queue {
  const leaves = Map.groupBy(org.runs, (run) => `${run.datasourceId} ${run.userId}`);
  return {
    org,
    tag: Math.max(org.vtime ?? virtualTime, virtualTime),
    leaves: [...leaves.values()].map((waiting) => ({ waiting: [...waiting] })),
  };
}

const byTag = (a: Queue, b: Queue): number => a.tag - b.tag || (a.org.orgId < b.org.orgId ? -1 : 1);

/** Where its tag belongs; the others stand in order. */
function putBack(queues: Queue[], queue: Queue): void {
  const place = queues.findIndex((other) => byTag(queue, other) < 0);
  queues.splice(place === -1 ? queues.length : place, 0, queue);
}

/** The leaf with the fewest active runs among those that no limit blocks; of equals, whose first run is older. */
function leastServed({ leaves }: Queue, tally: Tally): Leaf | undefined {
  const open = leaves.flatMap((leaf) => {
    const head = leaf.waiting[0];
    if (head === undefined || tally.blockedBy(head) !== undefined) return [];
    return [{ leaf, active: tally.activeOfLeaf(head), since: head.queuedAt.getTime(), runId: head.runId }];
  });
  open.sort((a, b) => a.active - b.active || a.since - b.since || (a.runId < b.runId ? -1 : 1));
  return open[0]?.leaf;
}
