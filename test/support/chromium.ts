import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { onTestFinished } from 'vitest';
import { hasChromium } from './start-chromium.ts';

export { hasChromium, launchChromium } from './start-chromium.ts';

/** Words that a skipped suite carries in its title. */
export const chromiumNote = hasChromium ? '' : ' (skipped: chromium is not installed)';

/** Of a wait for the page: that of a test, where playwright would give up earlier. */
const TIMEOUT_MS = 60_000;

/** Runs in the page. */
const REPORT_VIOLATIONS = `document.addEventListener('securitypolicyviolation', (event) =>
  console.error('policy: ' + event.violatedDirective + ' ' + event.blockedURI + ' ' + event.sample))`;

/** A page of a profile of its own, and everything that went wrong in it. */
export interface WatchedPage {
  readonly page: Page;
  /** Messages on the console that are no mere words, errors thrown, and what the content security policy stopped. */
  readonly troubles: readonly string[];
}

export async function openPage(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<WatchedPage> {
  const context = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    locale: 'en-GB',
    timezoneId: 'UTC',
    reducedMotion: 'reduce',
    ...options,
  });
  onTestFinished(() => context.close());
  context.setDefaultTimeout(TIMEOUT_MS);
  const page = await context.newPage();
  const troubles: string[] = [];
  page.on('pageerror', (error) => troubles.push(`thrown: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning')
      troubles.push(`${message.type()}: ${message.text()}`);
  });
  page.on('dialog', (dialog) => {
    troubles.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  await page.addInitScript({ content: REPORT_VIOLATIONS });
  await page.goto(url);
  return { page, troubles };
}
