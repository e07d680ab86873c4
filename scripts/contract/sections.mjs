import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** "2.10" comes after "2.9". */
const inOrder = (one, other) => one.id.localeCompare(other.id, 'en', { numeric: true });

/** The contract's sections with their rows, from all files of the folder. */
export async function readSections(folder) {
  const files = readdirSync(folder).filter((name) => name.endsWith('.mjs'));
  const modules = await Promise.all(files.map((name) => import(pathToFileURL(join(folder, name)).href)));
  return modules.flatMap(({ sections }) => sections).sort(inOrder);
}

/** Every row with its whole id, such as `1.6/limit`. */
const rowsOf = (sections) =>
  sections.flatMap(({ id, rows }) =>
    Object.entries(rows).map(([name, shownBy]) => ({ id: `${id}/${name}`, shownBy })),
  );

/** The same, by id. */
export const byId = (sections) => new Map(rowsOf(sections).map(({ id, shownBy }) => [id, shownBy]));
