import type { Browser, Page } from 'playwright-core';

export interface WatchedPage {
  page: Page;
  /** What the browser complained about so far: errors on the console, exceptions, requests without an answer. */
  complaints: readonly string[];
}

export async function openPage(browser: Browser): Promise<WatchedPage> {
  const page = await browser.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => complaints.push(`exception: ${error.message}`));
  page.on('requestfailed', (request) => {
    complaints.push(`${request.method()} ${request.url()}: ${request.failure()?.errorText ?? 'failed'}`);
  });
  return { page, complaints };
}
