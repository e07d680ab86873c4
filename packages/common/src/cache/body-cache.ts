/** Whose body is wanted, and of which version. */
export interface WantedBody {
  key: string;
  version: number;
}

/** A rendered answer, and the version of what it shows. */
export interface KeptBody {
  version: number;
  /** Milliseconds since 1970, by the clock of the process that made it. */
  madeAt: number;
  body: Buffer;
}

/**
 * Keeps rendered answers. What it gives is never the truth by itself: whoever asks knows from the database which version holds, and
 * gets nothing else.
 */
export interface BodyCache {
  /** In the order asked; undefined where that version is not kept, or the cache cannot be reached. Never rejects. */
  get(wanted: readonly WantedBody[]): Promise<(KeptBody | undefined)[]>;
  /** Returns at once; what cannot be kept is forgotten. */
  set(key: string, kept: KeptBody): void;
}

/** Bytes beyond which a body is not kept: few are larger, and a list asks for many at once. */
export const maxBodyBytes = 131_072;

/** Of its lifetime, however often it was brought from one cache to another; 0 or less when it is over. */
export const millisecondsLeft = ({ madeAt }: KeptBody, lifetimeSeconds: number): number =>
  lifetimeSeconds * 1_000 - Math.max(0, Date.now() - madeAt);

/** What the near cache has not, or only of another version, is looked for in the far one, and brought near. */
export const layered = (near: BodyCache, far: BodyCache): BodyCache => ({
  async get(wanted) {
    const found = await near.get(wanted);
    const absent = wanted.filter((_, i) => found[i] === undefined);
    if (absent.length === 0) return found;
    const fetched = await far.get(absent);
    const byKey = new Map(absent.map(({ key }, i) => [key, fetched[i]]));
    for (const [key, kept] of byKey) if (kept !== undefined) near.set(key, kept);
    return wanted.map(({ key }, i) => found[i] ?? byKey.get(key));
  },
  set(key, kept) {
    near.set(key, kept);
    far.set(key, kept);
  },
});
