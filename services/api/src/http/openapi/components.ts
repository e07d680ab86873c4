import type { Schema } from 'joi';
import { type JsonSchema, jsonSchemaOf } from '../documented-joi';

const PREFIX = '#/components/schemas/';

/** Collects the named schemas of the operations, and leaves references in their place. */
export interface Components {
  /** Also of what a client sends: it may add fields that nobody knows, and the server later ones that the client does not. */
  schemaOf(schema: Schema, direction: 'input' | 'output'): JsonSchema;
  /** What a reference made here points to. */
  named(reference: string): JsonSchema;
  /** By name, in order. */
  all(): Record<string, JsonSchema>;
}

export function createComponents(): Components {
  const known = new Map<string, JsonSchema>();
  return {
    schemaOf(schema, direction) {
      const { $defs = {}, ...root } = jsonSchemaOf(schema, direction);
      for (const [name, definition] of Object.entries($defs as Record<string, JsonSchema>)) {
        const component = published(definition) as JsonSchema;
        const before = known.get(name);
        if (before !== undefined && JSON.stringify(before) !== JSON.stringify(component)) {
          throw new Error(`two schemas are called ${name}`);
        }
        known.set(name, component);
      }
      return published(root) as JsonSchema;
    },
    named: (reference) => known.get(reference.slice(PREFIX.length)) ?? {},
    all: () => Object.fromEntries([...known].sort(([a], [b]) => (a < b ? -1 : 1))),
  };
}

/** Unknown fields are ignored on both sides, so no object is closed; named schemas live among the components. */
function published(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(published);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value)
    .filter(([key, item]) => !(key === 'additionalProperties' && item === false))
    .map(([key, item]) => [key, key === '$ref' ? String(item).replace('#/$defs/', PREFIX) : published(item)]);
  return Object.fromEntries(entries);
}
