import assert from 'node:assert/strict';
import type { Browser } from 'playwright-core';
import type { SampleLoupe } from '../client/sample-loupe';
import { startClientSite } from './client-site';
import { openPage } from './watched-page';

const ROWS = 20_000;

/** A page of another origin signs in, runs a query and a long statement, reads lists and results, and is refused. */
export async function checkClient(browser: Browser, loupe: SampleLoupe): Promise<string> {
  const site = await startClientSite();
  try {
    const { page, complaints } = await openPage(browser);
    await page.goto(site.url);
    const { url, email, password } = loupe;
    const given = JSON.stringify({ url, email, password, rows: ROWS });
    // As text: a function would be compiled on the way, for Node.js.
    const script = `import('/page/use-client.mjs').then(({ useClient }) => useClient(${given}))`;
    const { queries, ...seen } = await page.evaluate<Record<string, unknown> & { queries: number }>(script);
    assert.deepEqual(seen, {
      status: 'completed',
      sum: (ROWS * (ROWS + 1)) / 2,
      failed: { name: 'LoupeRunError', status: 'failed' },
      abandoned: { name: 'TimeoutError', status: undefined },
      cancelled: { name: 'LoupeRunError', status: 'cancelled' },
    });
    assert.ok(queries > 2);
    assert.deepEqual(complaints, []);
    await page.close();
    return `a page of another origin read ${queries} queries and ${ROWS} rows`;
  } finally {
    site.close();
  }
}
