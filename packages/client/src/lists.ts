import { type Api, dataOf } from './api.ts';
import type { paths } from './generated/schema.ts';

type ListOperation<Path extends keyof paths> = paths[Path] extends {
  get: infer Operation extends {
    parameters: object;
    responses: { 200: { content: { 'application/json': { data: unknown[]; has_next: boolean } } } };
  };
}
  ? Operation
  : never;

/** Paths whose answer is a page of a list. */
export type ListPath = {
  [Path in keyof paths]: [ListOperation<Path>] extends [never] ? never : Path;
}[keyof paths];

/** What a list holds. */
export type ItemOf<Path extends ListPath> =
  ListOperation<Path>['responses'][200]['content']['application/json']['data'][number];

export type ListOptions<Path extends ListPath> = {
  /** Filters, order, and the `limit` of a page: the same names as in the API. */
  params?: ListOperation<Path>['parameters'];
  signal?: AbortSignal;
};

interface Page<Item> {
  data: Item[];
  has_next: boolean;
  next_cursor?: string | null;
}

interface Position {
  cursor?: string;
  offset?: number | undefined;
}

interface Params {
  query?: Record<string, unknown>;
}

/** The operation by a path that is known to the compiler as one of several only. */
type GetPage = (
  path: string,
  init: { params: object; signal?: AbortSignal },
) => Promise<{ data?: Page<unknown>; error?: unknown; response: Response }>;

/** All items of a list, page after page as they are asked for. Throws LoupeApiError. */
export async function* itemsOf<Path extends ListPath>(
  api: Api,
  path: Path,
  options: ListOptions<Path> = {},
): AsyncGenerator<ItemOf<Path>, void, undefined> {
  const { params = {}, signal } = options;
  const { query, ...others } = params as Params;
  const get = api.GET as unknown as GetPage;
  let position: Position | undefined = {};
  let seen = Number(query?.['offset'] ?? 0);
  while (position !== undefined) {
    const asked = { ...others, query: { ...query, ...position } };
    const page: Page<unknown> = await dataOf(get(path, { params: asked, ...(signal && { signal }) }));
    yield* page.data as ItemOf<Path>[];
    seen += page.data.length;
    position = positionAfter(page, seen);
  }
}

/** By cursor, which deep pages need; a list that has none goes by offset. */
function positionAfter({ data, has_next, next_cursor }: Page<unknown>, seen: number): Position | undefined {
  if (typeof next_cursor === 'string') return { cursor: next_cursor, offset: undefined };
  return next_cursor === undefined && has_next && data.length > 0 ? { offset: seen } : undefined;
}
