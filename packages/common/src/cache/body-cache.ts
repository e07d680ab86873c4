/** A rendered answer, and the version of what it shows. */
export interface KeptBody {
  version: number;
  body: Buffer;
}

/**
 * Keeps rendered answers. What it gives is never the truth by itself: whoever asks knows from the database which version holds, and
 * takes nothing else.
 */
export interface BodyCache {
  /** In the order of the keys; undefined where nothing is kept, or the cache cannot be reached. Never rejects. */
  get(keys: readonly string[]): Promise<(KeptBody | undefined)[]>;
  /** Returns at once; what cannot be kept is forgotten. */
  set(key: string, kept: KeptBody): void;
}

/** Bytes beyond which a body is not kept: few are larger, and a list asks for a hundred at once. */
export const maxBodyBytes = 131_072;

/** What the near cache has not is looked for in the far one, and brought near. */
export const layered = (near: BodyCache, far: BodyCache): BodyCache => ({
  async get(keys) {
    const found = await near.get(keys);
    const absent = keys.filter((_, i) => found[i] === undefined);
    if (absent.length === 0) return found;
    const fetched = await far.get(absent);
    const byKey = new Map(absent.map((key, i) => [key, fetched[i]]));
    for (const [key, kept] of byKey) if (kept !== undefined) near.set(key, kept);
    return keys.map((key, i) => found[i] ?? byKey.get(key));
  },
  set(key, kept) {
    near.set(key, kept);
    far.set(key, kept);
  },
});
