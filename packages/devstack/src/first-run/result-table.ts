const WIDEST = 32;

/** Plain text table: texts to the left, numbers to the right, long values cut. */
export function resultTable(columns: readonly string[], rows: readonly (readonly unknown[])[]): string {
  const cells = rows.map((row) => row.map(cellText));
  const widths = columns.map((name, i) => Math.max(name.length, ...cells.map((row) => row[i]?.length ?? 0)));
  const right = columns.map(
    (_, i) => rows.length > 0 && rows.every((row) => row[i] === null || typeof row[i] === 'number'),
  );
  const line = (values: readonly string[]): string =>
    values
      .map((text, i) => (right[i] ? text.padStart(widths[i] ?? 0) : text.padEnd(widths[i] ?? 0)))
      .join('  ')
      .trimEnd();
  const rule = widths.map((width) => '─'.repeat(width)).join('  ');
  return [line(columns), rule, ...cells.map(line)].join('\n');
}

function cellText(value: unknown): string {
  if (value === null) return '';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  // A line break inside a cell would tear the table.
  const flat = text.replace(/\s+/g, ' ');
  return flat.length > WIDEST ? `${flat.slice(0, WIDEST - 1)}…` : flat;
}
