export interface Releasable {
  stop(): Promise<void>;
  stopNow(): Promise<void>;
}

/** What stands on what: a layer is stopped only when everything above it has stopped. */
export const LAYERS = ['lock', 'postgres', 'redis', 'services'] as const;
export type Layer = (typeof LAYERS)[number];

/** Everything this start has opened, and the order in which it is closed. */
export interface ReleaseLayers {
  /** If stopping has begun meanwhile, what is added is stopped at once. */
  add(layer: Layer, opened: Releasable): Promise<void>;
  /** Top down, one layer at a time. Never rejects: what cannot be stopped must not keep the rest from stopping. */
  stop(): Promise<void>;
  stopNow(): Promise<void>;
}

export function createReleaseLayers(): ReleaseLayers {
  const opened: { layer: Layer; what: Releasable }[] = [];
  let stopping: 'stop' | 'stopNow' | undefined;

  async function end(how: 'stop' | 'stopNow'): Promise<void> {
    stopping = how;
    for (const layer of LAYERS.toReversed()) {
      const members = opened.filter((entry) => entry.layer === layer);
      await Promise.allSettled(members.map(({ what }) => what[how]()));
    }
  }

  return {
    async add(layer, what) {
      opened.push({ layer, what });
      if (stopping !== undefined) await what[stopping]();
    },
    stop: () => end('stop'),
    stopNow: () => end('stopNow'),
  };
}
