import type { Knex } from 'knex';
import type { ListPosition } from '../models';

/** A column that a list is sorted by. */
export interface SortColumn {
  column: string;
  descending: boolean;
}

/** Columns that no resource leaves empty; any other may hold null, which comes last in either direction. */
const neverNull = new Set(['id', 'name', 'created_at', 'updated_at']);

/**
 * Sorts by these columns, and the id in the end so that pages are stable. Nulls come last; where there are none, nothing is
 * said of them, because an index in descending order would not serve.
 */
export function orderByColumns(query: Knex.QueryBuilder, columns: readonly SortColumn[]): void {
  for (const { column, descending } of columns) {
    void query.orderBy(column, descending ? 'desc' : 'asc', neverNull.has(column) ? undefined : 'last');
  }
}

const MOMENT_AS_TEXT = `to_char(?? AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS ??`;
const VALUE_AS_TEXT = '??::text AS ??';

const nameOf = (i: number): string => `sort_key_${i}`;

/** A row's sort keys as text, to select. Moments keep their microseconds, whatever the session's zone. */
export const sortKeyColumns = (knex: Knex, columns: readonly SortColumn[]): Knex.Raw[] =>
  columns.map(({ column }, i) =>
    knex.raw(column.endsWith('_at') ? MOMENT_AS_TEXT : VALUE_AS_TEXT, [column, nameOf(i)]),
  );

/** The same, as they came. */
export const sortKeysOf = (row: Record<string, unknown>, columns: readonly SortColumn[]): (string | null)[] =>
  columns.map((_, i) => row[nameOf(i)] as string | null);

/**
 * Only rows behind the position: greater in the first key, or equal in it and greater in the second, and so on. The first
 * key's bound is said once more by itself where that lets an index begin there.
 */
export function whereAfter(
  query: Knex.QueryBuilder,
  columns: readonly SortColumn[],
  position: ListPosition,
): void {
  const keys = columns.map((column, i) => ({
    ...column,
    value: [...position.values, position.id][i] ?? null,
  }));
  const [first] = keys;
  if (first !== undefined && neverNull.has(first.column)) {
    void query.where(first.column, first.descending ? '<=' : '>=', first.value);
  }
  void query.where((any) => {
    for (const [i, key] of keys.entries()) {
      // Behind null, which is last, there is nothing that is not null too.
      if (key.value === null) continue;
      void any.orWhere((all) => {
        for (const { column, value } of keys.slice(0, i)) void all.where(column, value);
        void all.where((behind) => {
          void behind.where(key.column, key.descending ? '<' : '>', key.value);
          if (!neverNull.has(key.column)) void behind.orWhereNull(key.column);
        });
      });
    }
  });
}
