import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { bringUp } from './bring-up/bring-up';
import { onStopSignals } from './bring-up/stop-signals';
import { readEnvironment } from './config/environment';
import { HELP, readStartConfig } from './config/start-config';
import { createReleaseLayers } from './process/release-layers';
import { createProgress, untilAborted } from './screen/progress';
import { problemSentence } from './screen/start-problem';

const LATECOMERS_MS = 3000;

/** `npm start`: brings everything up and stays until it is asked to stop. Resolves to the exit code. */
async function start(): Promise<number> {
  const given = readEnvironment();
  const progress = createProgress((text) => process.stdout.write(text));
  const layers = createReleaseLayers();
  const stopping = new AbortController();
  const stopWish = once(stopping.signal, 'abort');
  let folder = 'for Loupe’s data';
  try {
    const config = readStartConfig(process.argv.slice(2), given);
    if (config === 'help') {
      progress.say(HELP);
      return 0;
    }
    folder = config.folder;
    onStopSignals(
      () => {
        progress.say('\nStopping (Ctrl-C again to hurry) …');
        stopping.abort();
      },
      () => void layers.stopNow(),
    );
    const up = bringUp({
      config,
      given,
      progress: untilAborted(progress, stopping.signal),
      layers,
      stopping: stopping.signal,
    });
    const interrupted = await Promise.race([up.then(() => false), stopWish.then(() => true)]);
    if (!interrupted) await stopWish;
    await layers.stop();
    // What was still starting adds itself to layers that are stopped, and is stopped at once.
    await Promise.race([up.catch(() => undefined), delay(LATECOMERS_MS)]);
    progress.say('Stopped. Nothing was lost.');
    return 0;
  } catch (error) {
    await layers.stop();
    process.stderr.write(`\n${problemSentence(error, folder)}\n`);
    return 1;
  }
}

// The terminal may be gone before we are.
process.stdout.on('error', () => undefined);
process.stderr.on('error', () => undefined);
void start().then((code) => process.exit(code));
