import { existsSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import type { JobPorts } from '../../../../cloud/aws/connect-jobs.ts';
import { fetchOutput } from '../../../../cloud/processing/fetch-output.ts';
import { scratchFolder } from '../../../support/scratch.ts';

it.each(['../out.txt', 'a/../../out.txt', '..'])('fetches no output out of its folder: %s', async (name) => {
  const folder = path.join(scratchFolder(), 'output');
  const files = { list: async () => [{ key: `jobs/one/output/${name}`, sizeBytes: 1 }] };
  const ports = { files } as unknown as JobPorts; // no byte is asked for
  const job = { name: 'one', output: { bucket: 'b', key: 'jobs/one/output/' } };

  const fetching = fetchOutput(job, folder, ports, {
    signal: new AbortController().signal,
    progress: () => undefined,
  });

  await expect(fetching).rejects.toMatchObject({
    code: 'JOB_OUTPUT_MISSING',
    what: expect.stringContaining("which is no file's name"),
  });
  expect(existsSync(folder)).toBe(false);
});
