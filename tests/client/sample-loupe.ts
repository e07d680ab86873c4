import { readFileSync } from 'node:fs';
import { choosePorts, startLoupe, takeFetchedRedis, temporaryHome, tieToThisProcess } from '@loupe/devstack';

/** What `npm start` brings up, in a folder of its own: all processes, and the sample data. */
export interface SampleLoupe {
  /** Up to and including `/api/v1`. */
  url: string;
  email: string;
  password: string;
  credentialsFile: string;
  stop(): Promise<void>;
}

export async function startSampleLoupe(): Promise<SampleLoupe> {
  const home = temporaryHome();
  takeFetchedRedis(home);
  const { port } = await choosePorts(['port'], {});
  const loupe = startLoupe({ LOUPE_HOME: home.folder, API_PORT: String(port) });
  // It runs in a process group of its own, and would outlive a test that is killed.
  const lifeline = tieToThisProcess([loupe]);
  const stop = async (): Promise<void> => {
    lifeline.cut();
    loupe.signal('SIGTERM');
    await loupe.ended;
    home.remove();
  };
  try {
    await loupe.prints('Loupe is up after');
  } catch (error) {
    lifeline.cut();
    home.remove();
    throw error;
  }
  const { api_url, email, password } = JSON.parse(readFileSync(home.credentials, 'utf8')) as Record<
    'api_url' | 'email' | 'password',
    string
  >;
  return { url: api_url, email, password, credentialsFile: home.credentials, stop };
}
