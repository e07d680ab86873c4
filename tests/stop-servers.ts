import { rm } from 'node:fs/promises';
import { rememberedServers } from './test-servers';

/** Runs once, after the last test: nothing of a test run outlives it. */
export default async function stopServers(): Promise<void> {
  const servers = rememberedServers();
  if (servers === undefined) return;
  await servers.stop();
  await rm(servers.directory, { recursive: true, force: true });
}
