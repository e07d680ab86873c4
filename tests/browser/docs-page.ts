import assert from 'node:assert/strict';
import type { Browser } from 'playwright-core';
import { openPage } from './watched-page';

interface Document {
  paths: Record<string, Record<string, unknown>>;
}

/** The page lists every operation of the document, under its own strict policy, without a complaint. */
export async function checkDocsPage(browser: Browser, url: string): Promise<string> {
  const document = (await (await fetch(`${url}/openapi.json`)).json()) as Document;
  const operations = Object.values(document.paths).flatMap((path) => Object.keys(path)).length;
  const { page, complaints } = await openPage(browser);
  const response = await page.goto(`${url}/docs`);
  assert.match(
    response?.headers()['content-security-policy'] ?? '',
    /default-src 'none'; script-src 'self';/,
  );
  const listed = page.locator('.opblock-summary');
  await listed.nth(operations - 1).waitFor();
  assert.equal(await listed.count(), operations);
  await listed.first().click();
  await page.locator('.opblock-body').first().waitFor();
  assert.deepEqual(complaints, []);
  await page.close();
  return `the page lists ${operations} operations`;
}
