import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const PROGRAM = '/usr/bin/chromium';

/** Debian's browser, where it is installed (`apt-get install chromium`). */
export const hasChromium = existsSync(PROGRAM);

export function launchChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: PROGRAM,
    args: ['--no-sandbox', '--disable-gpu', '--force-device-scale-factor=1'],
  });
}
