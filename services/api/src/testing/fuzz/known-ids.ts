/** Ids of things that exist, by the segment of the address that lists them: `queries`. */
export interface KnownIds {
  learn(path: string, body: unknown): void;
  /** One of the things that a path segment or a field such as `from_node_id` may mean. */
  pick(meaning: string, index: number): string | undefined;
}

const KEPT = 30;

export function createKnownIds(): KnownIds {
  const ids = new Map<string, string[]>();
  return {
    learn(path, body) {
      const id = typeof body === 'object' && body !== null && 'id' in body ? body.id : undefined;
      if (typeof id !== 'string') return;
      const segment = path.split('/').findLast((one) => one !== '' && !one.startsWith('{')) ?? '';
      ids.set(segment, [id, ...(ids.get(segment) ?? [])].slice(0, KEPT));
    },
    pick(meaning, index) {
      const noun = meaning.replace(/_id$/, '').replace(/^.*_/, '');
      const segments = [meaning, noun, `${noun}s`, noun.replace(/y$/, 'ies')];
      const found = segments.map((segment) => ids.get(segment)).find((some) => some !== undefined);
      return found?.[index % found.length];
    },
  };
}
