import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Browser, Page } from 'playwright-core';
import { launchChromium } from '../../test/support/start-chromium.ts';

/** What the page's server says of itself, and what the browser shows. */
export interface PageSample {
  readonly lagSeconds: number;
  readonly rssMegabytes: number;
  readonly seen: number;
}

/** The built `verge dashboard`, with its page open in a browser. */
export class WatchedPage {
  /** Errors that were thrown in the page or written to its console. */
  readonly troubles: string[] = [];
  readonly #child: ChildProcess;
  readonly #url: string;
  readonly #browser: Browser;
  readonly #page: Page;

  private constructor(child: ChildProcess, url: string, browser: Browser, page: Page) {
    this.#child = child;
    this.#url = url;
    this.#browser = browser;
    this.#page = page;
    page.on('pageerror', ({ message }) => this.troubles.push(message));
    page.on('console', (line) => {
      if (line.type() === 'error') this.troubles.push(line.text());
    });
  }

  /** @param program `dist/cloud/verge.js` */
  static async open(program: string, words: readonly string[]): Promise<WatchedPage> {
    const child = spawn(process.execPath, [program, 'dashboard', '--port', '0', '--json', ...words], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      const [line] = await once(createInterface({ input: child.stdout }), 'line', {
        signal: AbortSignal.timeout(30_000),
      });
      const { url } = JSON.parse(String(line));
      const browser = await launchChromium();
      const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
      const watched = new WatchedPage(child, url, browser, page);
      await page.goto(url);
      await page.locator('.connection.is-ok').waitFor();
      return watched;
    } catch (error) {
      child.kill('SIGTERM');
      throw error;
    }
  }

  async sample(): Promise<PageSample> {
    const text = await (await fetch(new URL('/metrics', this.#url), { headers: { connection: 'close' } })).text();
    const read = (name: string): number => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1] ?? Number.NaN);
    const status = readFileSync(`/proc/${this.#child.pid}/status`, 'utf8');
    return {
      lagSeconds: read('verge_lag_seconds'),
      rssMegabytes: Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024,
      seen: read('verge_results_seen'),
    };
  }

  /** Texts per second and devices as a reader of the page sees them. */
  async shown(): Promise<string[]> {
    return (await this.#page.locator('.tile').allInnerTexts()).map((words) => words.replaceAll(/\s+/g, ' ').trim());
  }

  async screenshot(file: string): Promise<void> {
    await this.#page.screenshot({ path: file });
  }

  async close(): Promise<void> {
    await this.#browser.close();
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    await ended;
  }
}
