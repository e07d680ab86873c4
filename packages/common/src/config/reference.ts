import type Joi from 'joi';

/** One row of the configuration reference. */
export interface VariableReference {
  readonly name: string;
  /** Kept out of logs, and may come from a file. */
  readonly secret: boolean;
  /** The default in words, or `required`, or `unset`. */
  readonly default: string;
  readonly allowed: string;
  readonly description: string;
}

/** What the sections put on a schema by `.meta()`; several calls add up. */
export interface VariableMeta {
  secret?: true;
  /** Key material: no two variables may hold the same. */
  key?: true;
  /** Overrides what the schema itself says about its default. */
  default?: string;
  /** Overrides what the schema itself says about the values it takes. */
  allowed?: string;
}

/** The parts of Joi's own description that are used here. */
interface Described {
  type?: string;
  flags?: { default?: string | number | boolean; description?: string; presence?: string };
  allow?: unknown[];
  rules?: { name: string; args?: { limit?: number } }[];
  metas?: VariableMeta[];
}

export function metaOf(schema: Joi.AnySchema): VariableMeta {
  const described = schema.describe() as Described;
  return Object.assign({}, ...(described.metas ?? [])) as VariableMeta;
}

function defaultOf(described: Described, meta: VariableMeta): string {
  if (meta.default !== undefined) return meta.default;
  if (described.flags?.presence === 'required') return 'required';
  const value = described.flags?.default;
  return value === undefined ? 'unset' : `\`${value}\``;
}

function allowedOf(described: Described, meta: VariableMeta): string {
  if (meta.allowed !== undefined) return meta.allowed;
  if (described.type === 'boolean') return '`true`, `false`';
  if (described.allow) return described.allow.map((value) => `\`${String(value)}\``).join(', ');
  const limit = (rule: string): number | undefined =>
    described.rules?.find(({ name }) => name === rule)?.args?.limit;
  const [min, max] = [limit('min'), limit('max')];
  if (described.type !== 'number') return 'text';
  const kind = described.rules?.some(({ name }) => name === 'integer') ? 'whole number' : 'number';
  return max === undefined ? `${kind}, ${min ?? 0} or more` : `${kind}, ${min ?? 0}–${max}`;
}

export function describeVariable(name: string, schema: Joi.AnySchema): VariableReference {
  const described = schema.describe() as Described;
  const meta = metaOf(schema);
  return {
    name,
    secret: meta.secret === true,
    default: defaultOf(described, meta),
    allowed: allowedOf(described, meta),
    description: described.flags?.description ?? '',
  };
}
