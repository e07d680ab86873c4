import { errorText, LoupeError } from '@loupe/common/errors';
import type { StartConfig } from '../config/start-config';
import { closingWords } from '../first-run/closing-words';
import { showSampleRun } from '../first-run/show-run';
import { signIn, type SignedIn } from '../first-run/sign-in';
import type { ReleaseLayers } from '../process/release-layers';
import { createApiClient } from '../rest/api-client';
import { seedSamples, type Seeded } from '../sample-data/seed';
import type { Progress } from '../screen/progress';
import { startDataServers } from './data-servers';
import { writeEndpoints, type Endpoints } from './endpoints';
import { prepare, type Ground } from './prepare';
import { startServices } from './services';

/** From nothing to a query's result on the screen. */
export async function bringUp(what: {
  config: StartConfig;
  given: Readonly<NodeJS.ProcessEnv>;
  progress: Progress;
  layers: ReleaseLayers;
  stopping: AbortSignal;
}): Promise<void> {
  const began = Date.now();
  const { given, progress } = what;
  const ground = await prepare(what);
  if (ground.place.external) {
    progress.say(
      `  Data lies in ${ground.place.folder}, because ${ground.place.runAs?.name} cannot enter ${ground.home.folder}.`,
    );
  }
  const endpoints = writeEndpoints(ground);
  const servers = await startDataServers(ground, given['PATH'] ?? '');
  await startServices({ ground, servers, endpoints, given });
  const { signedIn, seeded } = await showMainJob(ground, endpoints);
  progress.say(closingWords({ endpoints, home: ground.home, signedIn, datasourceId: seeded?.datasourceId }));
  progress.say(`\nLoupe is up after ${((Date.now() - began) / 1000).toFixed(1)} s.`);
}

interface MainJob {
  signedIn: SignedIn | undefined;
  seeded: Seeded | undefined;
}

/** Signs in, makes sure of the samples and runs one. Loupe itself is up by now, so trouble here is told, not fatal. */
async function showMainJob(ground: Ground, endpoints: Endpoints): Promise<MainJob> {
  const { home, progress, ports, secrets, stopping } = ground;
  const done: MainJob = { signedIn: undefined, seeded: undefined };
  try {
    const { api, userId } = (done.signedIn = await progress.step('Sign in', () =>
      signIn(home, createApiClient(endpoints.api), endpoints.api),
    ));
    const warehouse = { port: ports.warehouse, readerPassword: secrets.warehouseReaderPassword };
    const seeded = (done.seeded = await progress.step('Sample queries', () =>
      seedSamples({ home, api, userId, warehouse }),
    ));
    await showSampleRun({ progress, api, seeded, stopping });
  } catch (error) {
    progress.say(
      `  !          ${error instanceof LoupeError ? error.message : `The sample query could not be run: ${errorText(error)}.`}`,
    );
  }
  return done;
}
