import { Refusal } from './failure.mjs';
import { run } from './run.mjs';

/** `tsc -b` compiles what changed since the last time, and nothing else. */
export async function build() {
  const { code, output } = await run('tsc', ['-b']);
  if (code === 0) return 'done';
  process.stderr.write(output);
  throw new Refusal('The sources do not compile: the errors are listed above.');
}
