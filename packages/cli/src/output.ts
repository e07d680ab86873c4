export type Row = Record<string, unknown>;

/** Where a command's words go. */
export interface Output {
  line: (text: string) => void;
  /** Rows with the same members: a table for people, or a JSON object a line. */
  rows: (rows: readonly Row[], options: { json: boolean; empty: string }) => void;
}

export function createOutput(write: (text: string) => void): Output {
  const line = (text: string): void => {
    write(`${text}\n`);
  };
  return {
    line,
    rows(rows, { json, empty }) {
      if (json) for (const row of rows) line(JSON.stringify(row));
      else if (rows.length === 0) line(empty);
      else for (const text of table(rows)) line(text);
    },
  };
}

function table(rows: readonly Row[]): string[] {
  const names = Object.keys(rows[0] ?? {});
  const lines = [names, ...rows.map((row) => names.map((name) => cell(row[name])))];
  const widths = names.map((_, i) => Math.max(...lines.map((line) => line[i]?.length ?? 0)));
  return lines.map((line) =>
    line
      .map((text, i) => text.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

function cell(value: unknown): string {
  if (value === null || value === undefined) return '-';
  if (typeof value === 'string') return oneLine(value);
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.join(',');
  return JSON.stringify(value);
}

/** A table has a line a row, whatever somebody wrote into a reason. */
const oneLine = (text: string): string => text.replace(/\p{Cc}/gu, ' ');
