// Writes docs/configuration.md from the very schemas that the processes check their environment with.
//   node scripts/configuration-docs.mjs           writes it
//   node scripts/configuration-docs.mjs --check   fails if it is not what would be written
// Needs the build: it loads the compiled config.js of each process.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';

const root = join(import.meta.dirname, '..');
const target = join(root, 'docs/configuration.md');
const require = createRequire(import.meta.url);

const processes = [
  { name: 'api', folder: 'services/api', definition: 'apiConfig' },
  { name: 'runner', folder: 'services/runner', definition: 'runnerConfig' },
  { name: 'scheduler', folder: 'services/scheduler', definition: 'schedulerConfig' },
  { name: 'cli', folder: 'packages/cli', definition: 'migrateConfig' },
  { name: 'cli', folder: 'packages/cli', definition: 'operateConfig' },
].filter(({ folder }) => existsSync(join(root, folder, 'src/config.ts')));

const introduction = `# Configuration

Every process reads its configuration from environment variables, checks all of it before it opens anything, and
ends with one line per problem if something is wrong. No value appears in these lines. An empty variable counts as
unset.

This page is made from the schemas in the code by \`node scripts/configuration-docs.mjs\`; a test fails when the two
differ.

## Where values come from

1. For secrets only: the file \`/run/secrets/<name in lower case>\`.
2. For secrets only: the file that \`<NAME>_FILE\` names. Both kinds of file may hold up to 1 MiB; space around the
   value is cut off.
3. The environment variable itself.
4. A file \`.env.<APP_ENV>\` in the working directory (\`.env.local\` unless \`APP_ENV\` says otherwise).

There are no default secrets. Keys that are too short, were typed, or serve two purposes are refused in every
environment. With \`APP_ENV=production\` Loupe also refuses TLS modes that can fall back to plain text, passwords that
everybody knows, a missing \`JWT_SIGNING_KEYS\`, and one database login for both migrations and services.

\`npm start\` provides everything that is required here.

## Making keys

\`\`\`sh
openssl rand -base64 32                                      # ENCRYPTION_KEY, PASSWORD_PEPPER
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256  # JWT_SIGNING_KEYS
openssl genpkey -algorithm X25519 -out private.pem           # SECRETS_PRIVATE_KEY, for the runners
openssl pkey -in private.pem -pubout                         # SECRETS_PUBLIC_KEY, for the API
\`\`\`

Several PEM blocks stand one after the other. In an env file a line break may be written as \`\\n\`.

To replace \`ENCRYPTION_KEY\`: set \`ENCRYPTION_KEY_V2\` on the runners, then on the API. New secrets are sealed with it,
and both keys open. Keep both until no stored secret needs the first one.

## Variables
`;

/** Variables of all processes: name → what each process says about it, in order of appearance. */
function collect() {
  const variables = new Map();
  for (const { name, folder, definition } of processes) {
    const config = require(join(root, folder, 'dist/config.js'))[definition];
    for (const variable of config.variables) {
      const readers = variables.get(variable.name) ?? [];
      if (readers.some((reader) => reader.process === name)) continue;
      variables.set(variable.name, [...readers, { ...variable, process: name }]);
    }
  }
  return variables;
}

/** One text where the processes agree; else each with its process. */
function agreed(readers, member) {
  const texts = new Set(readers.map((reader) => reader[member]));
  if (texts.size === 1) return readers[0][member];
  return readers.map((reader) => `${reader[member]} (${reader.process})`).join(', ');
}

function row([name, readers]) {
  const cells = [
    `\`${name}\``,
    agreed(readers, 'default'),
    agreed(readers, 'allowed'),
    readers.map((reader) => reader.process).join(', '),
    readers[0].secret ? 'yes' : '',
    agreed(readers, 'description'),
  ];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

async function render() {
  const header = [
    '| Name | Default | Values | Read by | Secret | Meaning |',
    '| --- | --- | --- | --- | --- | --- |',
  ];
  const text = [introduction, ...header, ...[...collect()].map(row)].join('\n');
  return format(text, { ...(await resolveConfig(target)), filepath: target });
}

const wanted = await render();
if (!process.argv.includes('--check')) {
  writeFileSync(target, wanted);
} else if (!existsSync(target) || readFileSync(target, 'utf8') !== wanted) {
  console.error(
    'docs/configuration.md is out of date: run node scripts/configuration-docs.mjs after a build',
  );
  process.exitCode = 1;
}
