import { failureLines } from '@loupe/common/lifecycle';
import type { Command } from './command';
import { dead } from './dead';
import { actions, demand } from './demand';
import { doctor } from './doctor/doctor';
import { limits } from './limits';
import { migrate } from './migrate';
import { createOutput } from './output';
import { pause, pauses, resume } from './pause';
import { drain, sessions } from './sessions';

const commands: Record<string, Command> = {
  ...{ migrate, doctor, demand, sessions, drain, pause, resume, pauses, limits, dead, actions },
};

const usage = `loupe: the operators' command line

${Object.values(commands)
  .map((command) => command.usage)
  .join('\n\n')}

--json prints one JSON object a line. The exit code is 0 when nothing is wrong, else 1.
It reads the same environment as the services; docs/configuration.md lists it, docs/operations.md says when to use what.`;

const output = createOutput((text) => void process.stdout.write(text));

// `loupe dead | head` reads as much as it wants; what was asked for is done all the same.
process.stdout.on('error', () => undefined);

async function main([name = '', ...words]: readonly string[]): Promise<void> {
  if (['help', '--help', '-h'].includes(name)) {
    output.line(usage);
    return;
  }
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined) {
    if (name !== '') process.stderr.write(`loupe: there is no command "${name}"\n\n`);
    process.stderr.write(`${usage}\n`);
    process.exitCode = 1;
    return;
  }
  if (!(await command.run(words, output))) process.exitCode = 1;
}

main(process.argv.slice(2)).catch((error: unknown) => {
  for (const line of failureLines(error)) process.stderr.write(`loupe: ${line}\n`);
  process.exitCode = 1;
});
