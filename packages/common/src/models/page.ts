/** One page of a list: at most `limit` items out of `total`, from `offset` or from a position on. */
export interface Page<T> {
  items: T[];
  /** Of a page from a position on: what it was when the first page was read. */
  total: number;
  /** Where the next page begins; undefined after the last one. */
  next: ListPosition | undefined;
}

/** Behind one item of a sorted list. What is inserted or deleted before it moves nothing that comes after it. */
export interface ListPosition {
  /** The item's sort keys as text, moments as RFC 3339 with microseconds; the order is the request's. */
  values: (string | null)[];
  id: string;
  /** Items before it, as far as the pages so far have shown. */
  seen: number;
  total: number;
}

/** The same page with other items. */
export const mapPage = <T, U>(page: Page<T>, map: (item: T) => U): Page<U> => ({
  ...page,
  items: page.items.map(map),
});

export interface SortKey {
  field: string;
  descending: boolean;
}

/** What a list of the REST contract (section 1.6) may be asked for; absent means not filtered. */
export interface ListRequest {
  limit: number;
  offset: number;
  /** Instead of an offset. Belongs to a request of the same order and the same filters. */
  after?: ListPosition;
  /** Fields of the resource's own whitelist, in the API's names. The id is always the last key. */
  sort: SortKey[];
  search?: string;
  tags?: { names: string[]; match: 'all' | 'any' };
  createdBy?: string;
  createdAfter?: Date;
  createdBefore?: Date;
  updatedAfter?: Date;
  updatedBefore?: Date;
}
