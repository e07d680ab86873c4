import { chromium } from 'playwright-core';
import { startSampleLoupe } from '../client/sample-loupe';
import { checkClient } from './client-in-page';
import { checkDocsPage } from './docs-page';
import { findChromium } from './find-chromium';

const say = (line: string): void => void process.stdout.write(`${line}\n`);

async function main(): Promise<void> {
  const executablePath = findChromium(process.env);
  if (executablePath === undefined) {
    say(
      'No Chromium was found, so nothing was tested. Install one (Debian: apt-get install chromium), or set CHROME_PATH.',
    );
    return;
  }
  const browser = await chromium.launch({ executablePath });
  try {
    say(`Chromium ${browser.version()} from ${executablePath}`);
    const loupe = await startSampleLoupe();
    try {
      say(`passed: ${await checkDocsPage(browser, loupe.url)}`);
      say(`passed: ${await checkClient(browser, loupe)}`);
    } finally {
      await loupe.stop();
    }
  } finally {
    await browser.close();
  }
}

main().catch((error: unknown) => {
  process.stderr.write(
    `failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  process.exitCode = 1;
});
