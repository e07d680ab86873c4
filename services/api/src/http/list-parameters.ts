import Joi, { type CustomHelpers } from 'joi';
import type { ListRequest, SortKey } from '@loupe/common/models';
import { positionOf } from './cursor';
import { documentedString, documentedValue } from './documented-joi';
import { problem, problemBetween, uuid } from './field-rules';
import { parseRfc3339 } from './rfc3339';

// The query string of every list (REST contract, section 1.6), turned into a ListRequest.

/** Unless the installation sets another one. */
const DEFAULT_LIMIT = 20;
const MAX_LIMIT = 100;
const MAX_SEARCH_LENGTH = 200;
const MAX_TAGS = 10;
const MAX_TAG_LENGTH = 50;
/** A query string can hold what PostgreSQL cannot even compare with. */
const unstorable = 'must not contain the character U+0000';

export interface ListRules {
  /** Fields it can be sorted by, by their names in the API; without any it comes newest first. */
  sortable: readonly string[];
  searched?: boolean;
  tagged?: boolean;
  /** False for what nobody makes. Default true. */
  authored?: boolean;
  /** False for what never changes. Default true. */
  updatable?: boolean;
  /** Filters of this resource alone. */
  filters?: Joi.PartialSchemaMap;
}

interface RawList {
  limit: number;
  offset: number;
  cursor?: string;
  sort?: SortKey[];
  sort_by?: string;
  sort_direction?: boolean;
  search?: string;
  tags?: string[];
  tags_match: 'all' | 'any';
  created_by?: string;
  created_after?: Date;
  created_before?: Date;
  updated_after?: Date;
  updated_before?: Date;
}

/** `rename` maps a filter of the API to the name that the repository knows: `{ query_id: 'queryId' }`. */
export function listQuery<Filters extends object = object>(
  rules: ListRules,
  rename: Record<string, keyof Filters & string> = {},
): Joi.ObjectSchema<ListRequest & Partial<Filters>> {
  const keys = {
    ...pagingKeys(),
    ...(rules.sortable.length > 0 && sortKeys(rules.sortable)),
    ...(rules.searched === true && { search: search() }),
    ...(rules.tagged === true && {
      tags: tagList(),
      tags_match: Joi.string().valid('all', 'any').default('all'),
    }),
    ...(rules.authored !== false && { created_by: uuid() }),
    created_after: moment(),
    created_before: moment(),
    ...(rules.updatable !== false && { updated_after: moment(), updated_before: moment() }),
    ...rules.filters,
  };
  const filterNames = Object.keys(rules.filters ?? {});
  return Joi.object<ListRequest & Partial<Filters>>(keys).custom(
    (raw: RawList & Record<string, unknown>, helpers): unknown => {
      if (raw.sort !== undefined && raw.sort_by !== undefined) {
        return problemBetween(helpers, ['sort', 'sort_by'], 'sort cannot be combined with sort_by');
      }
      const filters = filterNames
        .filter((name) => raw[name] !== undefined)
        .map((name) => [rename[name] ?? name, raw[name]]);
      const request: ListRequest = { ...listRequest(raw), ...(Object.fromEntries(filters) as object) };
      return raw.cursor === undefined ? request : continued(request, { ...raw, cursor: raw.cursor, helpers });
    },
  );
}

/** The request from the cursor's position on. */
function continued(
  request: ListRequest,
  { cursor, offset, helpers }: { cursor: string; offset: number; helpers: CustomHelpers },
): unknown {
  if (offset > 0) {
    return problemBetween(helpers, ['cursor', 'offset'], 'cursor cannot be combined with offset');
  }
  const after = positionOf(cursor, request);
  return after === undefined
    ? problemBetween(
        helpers,
        ['cursor'],
        'cursor does not belong to this list, in this order and with these filters',
      )
    : { ...request, after };
}

function listRequest(raw: RawList): ListRequest {
  const sort = raw.sort ?? [{ field: raw.sort_by ?? 'created_at', descending: raw.sort_direction ?? true }];
  const given: Omit<ListRequest, 'limit' | 'offset' | 'sort'> = {
    search: raw.search,
    tags: raw.tags && { names: raw.tags, match: raw.tags_match },
    createdBy: raw.created_by,
    createdAfter: raw.created_after,
    createdBefore: raw.created_before,
    updatedAfter: raw.updated_after,
    updatedBefore: raw.updated_before,
  };
  const present = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  return { limit: raw.limit, offset: raw.offset, sort, ...present };
}

/** Out of range is clamped; what is no whole number at all is refused. */
function pagingKeys(): Joi.PartialSchemaMap {
  return {
    limit: documentedValue({
      type: 'integer',
      default: DEFAULT_LIMIT,
      description: `Items of a page; counts as ${MAX_LIMIT} above ${MAX_LIMIT}, and as the default below 1.`,
    })
      .default(Joi.ref('$defaultPageSize'))
      .custom((value: unknown, helpers) => {
        const limit = wholeNumber(value);
        if (limit === undefined) return problem(helpers, 'must be a whole number');
        const { defaultPageSize } = helpers.prefs.context as { defaultPageSize: number };
        return limit < 1 ? defaultPageSize : Math.min(limit, MAX_LIMIT);
      }),
    offset: documentedValue({ type: 'integer', default: 0, description: 'Items before the page.' })
      .default(0)
      .custom((value: unknown, helpers) => {
        const offset = wholeNumber(value);
        if (offset === undefined) return problem(helpers, 'must be a whole number');
        return Math.min(Math.max(offset, 0), Number.MAX_SAFE_INTEGER);
      }),
    cursor: documentedString({
      description:
        'next_cursor of the page before, whose order and filters stay the same. Not together with offset.',
    }),
  };
}

const wholeNumber = (value: unknown): number | undefined =>
  typeof value === 'string' && /^[+-]?\d+$/.test(value) ? Number(value) : undefined;

function sortKeys(sortable: readonly string[]): Joi.PartialSchemaMap {
  const names = sortable.join(', ');
  return {
    sort_by: Joi.string().valid(...sortable),
    sort_direction: documentedString<boolean>({ enum: ['asc', 'desc'], default: 'desc' })
      .custom((value: string, helpers) => {
        const direction = value.toLowerCase();
        if (direction !== 'asc' && direction !== 'desc') return problem(helpers, 'must be asc or desc');
        return direction === 'desc';
      })
      .default(true),
    sort: documentedString({
      description: `Some of ${names}, with commas between; “-” before a descending one. Not together with sort_by.`,
    }).custom((value: string, helpers) => {
      const keys = value.split(',').map((part): SortKey => {
        const field = part.trim();
        return field.startsWith('-')
          ? { field: field.slice(1), descending: true }
          : { field, descending: false };
      });
      const fields = keys.map(({ field }) => field);
      if (!fields.every((field) => sortable.includes(field)))
        return problem(helpers, `must name some of ${names}`);
      if (new Set(fields).size < fields.length) return problem(helpers, 'must not name a field twice');
      return keys;
    }),
  };
}

const search = (): Joi.StringSchema =>
  documentedString({
    minLength: 0,
    maxLength: MAX_SEARCH_LENGTH,
    description: 'Finds this text, in any letter case.',
  })
    .trim()
    .empty('')
    .custom((value: string, helpers) =>
      [...value].length > MAX_SEARCH_LENGTH
        ? problem(helpers, `must have at most ${MAX_SEARCH_LENGTH} characters`)
        : value.includes('\u0000')
          ? problem(helpers, unstorable)
          : value,
    );

const tagList = (): Joi.StringSchema =>
  documentedString({ minLength: 0, description: `Up to ${MAX_TAGS} tags, with commas between.` })
    .empty('')
    .custom((value: string, helpers) => {
      const names = [...new Set(value.split(',').map((name) => name.trim()))].filter((name) => name !== '');
      if (names.length === 0) return undefined;
      if (names.length > MAX_TAGS || names.some((name) => [...name].length > MAX_TAG_LENGTH)) {
        return problem(helpers, `must be at most ${MAX_TAGS} tags of at most ${MAX_TAG_LENGTH} characters`);
      }
      return value.includes('\u0000') ? problem(helpers, unstorable) : names;
    });

/** A date and time with offset; an unescaped `+` has become a space on the way. */
export const moment = (): Joi.AnySchema<Date> =>
  documentedValue<Date>({ type: 'string', format: 'date-time' }).custom((value: unknown, helpers) => {
    const text = typeof value === 'string' ? value.replace(/ (?=\d{2}:\d{2}$)/, '+') : '';
    return (
      parseRfc3339(text) ??
      problem(helpers, 'must be a date and time with offset, such as 2025-01-31T08:00:00Z')
    );
  });
