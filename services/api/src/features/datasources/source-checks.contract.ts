import { JsonStream } from '../../http/json-stream';
import { answer, countField, flagField, listField, nullable, textField } from '../../http/response-fields';

// REST contract, section 2.3: test and schema.

export interface TestResult {
  success: boolean;
  /** For a person. */
  message: string;
  latencyMs: number | null;
  /** What the account may do that a reader should not be able to; sentences. */
  warnings?: readonly string[];
}

export const presentTest = ({ success, message, latencyMs, warnings = [] }: TestResult) => ({
  success,
  message,
  latency_ms: latencyMs,
  warnings,
});

/** A probe's result, as the connectors give it. */
export type ProbeRow = [latencyMs: number, warnings: string[]];

/** A row of a description, as the connectors give it. */
export type DescribedTable = [schema: string, name: string, columns: object[]];

/** A bare array, written as it is read. */
export const presentSchema = (tables: AsyncIterable<DescribedTable[]>): JsonStream =>
  new JsonStream(schemaText(tables));

async function* schemaText(pieces: AsyncIterable<DescribedTable[]>): AsyncGenerator<string> {
  // Kept back until the first tables are there: a store that fails at once still gets an answer that says so.
  let before = '[';
  for await (const tables of pieces) {
    const objects = tables.map(([schema, name, columns]) => JSON.stringify({ schema, name, columns }));
    yield before + objects.join(',');
    before = ',';
  }
  yield before === '[' ? '[]' : ']';
}

export const connectionTestAnswer = answer(
  {
    success: flagField(),
    message: textField(),
    latency_ms: nullable(countField()),
    warnings: listField(textField()),
  },
  'ConnectionTest',
);

export const schemaTablesAnswer = listField(
  answer(
    {
      schema: textField(),
      name: textField(),
      columns: listField(answer({ name: textField(), data_type: textField(), is_nullable: flagField() })),
    },
    'SourceTable',
  ),
);
