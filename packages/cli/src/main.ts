import { failureLines } from '@loupe/common/lifecycle';
import { migrate, migrateUsage } from './migrate';

const usage = `loupe: the operators' command line

${migrateUsage}

It reads the same environment as the services; docs/configuration.md lists it.`;

const print = (line: string): void => void process.stdout.write(`${line}\n`);

async function main([command, ...words]: readonly string[]): Promise<void> {
  switch (command) {
    case 'migrate':
      await migrate(words, print);
      return;
    case 'help':
    case '--help':
      print(usage);
      return;
    default:
      if (command !== undefined) process.stderr.write(`loupe: there is no command "${command}"\n\n`);
      process.stderr.write(`${usage}\n`);
      process.exitCode = 1;
  }
}

main(process.argv.slice(2)).catch((error: unknown) => {
  for (const line of failureLines(error)) process.stderr.write(`loupe: ${line}\n`);
  process.exitCode = 1;
});
