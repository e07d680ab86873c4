/** One page of a list: `items` from `offset` on, at most `limit` of them, out of `total`. */
export interface Page<T> {
  items: T[];
  total: number;
}

export interface SortKey {
  field: string;
  descending: boolean;
}

/** What a list of the REST contract (section 1.6) may be asked for; absent means not filtered. */
export interface ListRequest {
  limit: number;
  offset: number;
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
