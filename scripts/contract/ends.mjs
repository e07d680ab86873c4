/** Where a row's `{ row }` leads in the end. Undefined where it leads to no row, or around in a circle. */
export function endOf(shownBy, rows) {
  const passed = new Set();
  let end = shownBy;
  while (end?.row !== undefined) {
    if (passed.has(end.row)) return undefined;
    passed.add(end.row);
    end = rows.get(end.row);
  }
  return end;
}
