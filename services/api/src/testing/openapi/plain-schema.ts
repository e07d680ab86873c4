export type Json = Record<string, unknown>;

/** A schema as the comparison sees it: references followed, alternatives put together. */
export interface PlainSchema {
  /** Empty: any. */
  types: string[];
  values: unknown[] | undefined;
  properties: Record<string, Json>;
  required: string[];
  items: Json | undefined;
  limits: Record<string, unknown>;
}

const LIMITS = ['minimum', 'maximum', 'minLength', 'maxLength', 'minItems', 'maxItems', 'pattern', 'format'];

export function plainSchema(schema: Json, document: Json): PlainSchema {
  const { $ref, anyOf, ...own } = schema;
  if (typeof $ref === 'string') return plainSchema(follow($ref, document), document);
  if (Array.isArray(anyOf)) {
    const parts = (anyOf as Json[]).map((part) => plainSchema(part, document));
    const object = parts.find(({ types }) => !types.includes('null')) ?? plainSchema(own, document);
    return { ...object, types: parts.flatMap(({ types }) => types) };
  }
  return {
    types: typesOf(own['type']),
    values: own['enum'] as unknown[] | undefined,
    properties: (own['properties'] ?? {}) as Record<string, Json>,
    required: (own['required'] ?? []) as string[],
    items: own['items'] as Json | undefined,
    limits: Object.fromEntries(LIMITS.filter((name) => name in own).map((name) => [name, own[name]])),
  };
}

/** Each whole number is a number too. */
function typesOf(type: unknown): string[] {
  const types = (Array.isArray(type) ? type : type === undefined ? [] : [type]) as string[];
  return types.includes('number') ? [...types, 'integer'] : types;
}

const follow = (reference: string, document: Json): Json =>
  reference
    .slice(2)
    .split('/')
    .reduce((value, key) => value[key] as Json, document);
