// Writes docs/contract-tests.md: which test shows which row of the REST contract.
//   node scripts/contract-tests.mjs           writes it
//   node scripts/contract-tests.mjs --check   fails if it is not what would be written
// Fails in both cases if a row has no test, a test names no row, or a test that a row names is not there.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { readSections } from './contract/sections.mjs';
import { readSuite } from './contract/suite.mjs';
import { pageOf } from './contract/page.mjs';
import { problemsOf } from './contract/problems.mjs';

const root = join(import.meta.dirname, '..');
const folder = join(root, 'services/api/src/contract');
const target = join(root, 'docs/contract-tests.md');

const sections = await readSections(join(folder, 'rows'));
const suite = readSuite(folder);
const problems = problemsOf({ root, sections, suite });
const page = await format(pageOf(sections, suite), { ...(await resolveConfig(target)), filepath: target });
if (!process.argv.includes('--check')) writeFileSync(target, page);
else if (!existsSync(target) || readFileSync(target, 'utf8') !== page)
  problems.push('docs/contract-tests.md is out of date: run node scripts/contract-tests.mjs');
for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exitCode = 1;
