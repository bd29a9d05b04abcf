import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, watch, writeFileSync } from 'node:fs';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { startTestStack, testCredentials, testRegion } from '../support/aws-stack.ts';
import { compileIntentsMini } from '../support/intents-mini-bundle.ts';
import { repositoryPath } from '../support/paths.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const samples = readFileSync(repositoryPath('test/models/intents-mini/samples.tsv'), 'utf8').split('\n').slice(1, -1);
const texts = samples.map((line) => line.split('\t')[0] ?? '');

function start(words: readonly string[], environment: NodeJS.ProcessEnv = {}): ChildProcess {
  const child = spawn(process.execPath, [repositoryPath('dist/cloud/verge.js'), ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...environment },
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

async function verge(words: readonly string[], environment: NodeJS.ProcessEnv = {}) {
  const child = start(words, environment);
  const ended = once(child, 'exit');
  const [stdout, stderr] = await Promise.all([
    child.stdout ? text(child.stdout) : '',
    child.stderr ? text(child.stderr) : '',
  ]);
  const [code]: number[] = await ended;
  return { code, stdout, stderr };
}

describe('a batch job', () => {
  let bundle = '';
  beforeAll(() => {
    const compiled = compileIntentsMini();
    bundle = compiled.folder;
    return compiled.remove;
  });

  it('survives kill -9 again and again: no row is missing, twice or half written, and what was committed is kept', async () => {
    const folder = temporaryFolder();
    const rows = 7 * 1024 + 7;
    const lines = Array.from(
      { length: rows },
      (_, id) => `${id},${JSON.stringify(`${texts[id % texts.length]} ${id}`).replaceAll('\\"', '""')}\n`,
    );
    const input = path.join(folder, 'in.csv');
    const out = path.join(folder, 'out.csv');
    const journal = path.join(folder, '.out.csv.verge-journal');
    writeFileSync(input, `id,text\n${lines.join('')}`);
    const words = ['classify', bundle, '--in', input, '--out', out, '--json'];

    const faults = path.join(temporaryFolder(), 'faults.json');
    const environment = {
      NODE_OPTIONS: `--import ${repositoryPath('test/support/faults.mjs')}`,
      VERGE_FAULTS: faults,
    };
    const committed = [];
    // Of each commit the rows are synchronised, and then its line in the journal: at one of the two it stands still.
    for (const [more, standsAt] of [
      [1, 'rows'],
      [3, 'line'],
      [2, 'rows'],
    ] as const) {
      const before = committed.length === 0 ? 0 : commitsIn(journal);
      writeFileSync(faults, JSON.stringify({ holdDatasync: more * 2 + (standsAt === 'rows' ? 1 : 0) }));
      const child = start(words, environment);
      const gone = once(child, 'exit');
      await commitsOf(journal, before + more);
      child.kill('SIGKILL');
      await gone;
      committed.push(rowsIn(journal));
      expect(existsSync(out)).toBe(false);
    }
    const { stdout, code } = await verge(words);

    expect(code).toBe(0);
    const [file] = JSON.parse(stdout).files;
    expect(file).toMatchObject({ rows, resumedRows: committed.at(-1) });
    expect(committed).toEqual([1, 4, 6].map((commits) => commits * 1024));
    const ids = readFileSync(out, 'utf8')
      .split('\n')
      .slice(1, -1)
      .map((line) => Number(line.split(',')[0]));
    expect(ids).toEqual(Array.from({ length: rows }, (_, id) => id));
    expect(readdirSync(folder).sort()).toEqual(['in.csv', 'out.csv']);
  }, 180_000);

  it('answers a folder with files of every kind into a folder of the same, and evaluates it', async () => {
    const folder = temporaryFolder();
    mkdirSync(path.join(folder, 'in/deep'), { recursive: true });
    const [sample, label] = ['wake me at seven', 'alarm'];
    const first = `${sample}\t${label}`;
    writeFileSync(path.join(folder, 'in/a.jsonl'), `${JSON.stringify({ text: sample, label, n: [1] })}\n`);
    writeFileSync(path.join(folder, 'in/deep/b.tsv'), `text\tlabel\n${first}\n`);
    writeFileSync(path.join(folder, 'in/notes.md'), 'nothing to classify');

    const done = await verge(['classify', bundle, '--in', path.join(folder, 'in'), '--out', path.join(folder, 'out/')]);
    const evaluated = await verge(['evaluate', bundle, `${folder}/in/**/*`, '--json', '--against', bundle]);

    expect([done.code, done.stderr]).toEqual([0, 'classify …\n']);
    expect(JSON.parse(readFileSync(path.join(folder, 'out/a.jsonl'), 'utf8'))).toMatchObject({
      n: [1],
      predicted_label: label,
    });
    expect(readFileSync(path.join(folder, 'out/deep/b.tsv'), 'utf8')).toContain(`\n${first}\t${label}\t0.`);
    expect(JSON.parse(evaluated.stdout)).toMatchObject({ count: 2, accuracy: 1, agreement: 1 });
  });

  it('answers an s3:// prefix', async () => {
    const stack = await startTestStack();
    await stack.put('verge-texts', 'day/one.jsonl', '{"text":"wake me at seven"}\n');
    await stack.put('verge-texts', 'day/two/part.csv', 'text\nwake me at eight\n');
    await stack.put('verge-texts', 'day/_SUCCESS', '');
    const folder = temporaryFolder();
    const environment = {
      AWS_ENDPOINT_URL: stack.url,
      AWS_REGION: testRegion,
      AWS_ACCESS_KEY_ID: testCredentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: testCredentials.secretAccessKey,
    };

    const done = await verge(
      ['classify', bundle, '--in', 's3://verge-texts/day/', '--out', folder, '--json'],
      environment,
    );

    expect(done.code).toBe(0);
    expect(JSON.parse(done.stdout).files).toMatchObject([
      { input: 's3://verge-texts/day/one.jsonl', output: path.join(folder, 'one.jsonl'), rows: 1 },
      { input: 's3://verge-texts/day/two/part.csv', output: path.join(folder, 'two/part.csv'), rows: 1 },
    ]);
    expect(readFileSync(path.join(folder, 'one.jsonl'), 'utf8')).toContain('"predicted_label":"alarm"');
    expect(readdirSync(folder).sort()).toEqual(['one.jsonl', 'two']);
  });

  it.each([
    ['an output that is there', 'there.csv', 'exists already'],
    ['an output of a kind that is not written', 'out.xlsx', 'ends in .xlsx, which is not written'],
    ['itself for an output', 'in.csv', 'would be written over by its own answers'],
  ])('refuses %s with exit code 2, before any work', async (_, out, words) => {
    const folder = temporaryFolder();
    writeFileSync(path.join(folder, 'in.csv'), 'text\na\n');
    writeFileSync(path.join(folder, 'there.csv'), 'precious');

    const refused = await verge([
      'classify',
      bundle,
      '--in',
      path.join(folder, 'in.csv'),
      '--out',
      path.join(folder, out),
    ]);

    expect(refused).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(words) });
    expect(readFileSync(path.join(folder, 'there.csv'), 'utf8')).toBe('precious');
  });

  it('says what to do instead where answers should go to S3', async () => {
    const folder = temporaryFolder();
    writeFileSync(path.join(folder, 'in.csv'), 'text\na\n');

    const refused = await verge([
      'classify',
      bundle,
      '--in',
      path.join(folder, 'in.csv'),
      '--out',
      's3://verge-texts/answers/',
    ]);

    expect(refused).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('aws s3 cp --recursive') });
  });

  it.each([
    ['a row without a label', `${'wake me\talarm\n'.repeat(2000)}wake me\t\n`, 'row 2001 has no label'],
    ['labels of another model', 'wake me\twecker\n'.repeat(2000), 'such as "wecker" in row 1'],
  ])('evaluates nothing of a file with %s', async (_, rows, words) => {
    const file = path.join(temporaryFolder(), 'in.tsv');
    writeFileSync(file, `text\tlabel\n${rows}`);

    const refused = await verge(['evaluate', bundle, file]);

    expect(refused).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(words) });
    expect(refused.stderr).not.toContain('texts/s');
  });
});

function rowsIn(journal: string): number {
  const last = readFileSync(journal, 'utf8').split('\n').slice(1, -1).at(-1);
  return last === undefined ? 0 : JSON.parse(last).position.rows;
}

function commitsIn(journal: string): number {
  return readFileSync(journal, 'utf8').split('\n').length - 2;
}

/** Waits until a journal holds so many commits. */
async function commitsOf(journal: string, count: number): Promise<void> {
  const folder = path.dirname(journal);
  const enough = (): boolean => existsSync(journal) && commitsIn(journal) >= count;
  await new Promise<void>((resolve) => {
    const watcher = watch(folder, () => {
      if (!enough()) return;
      watcher.close();
      resolve();
    });
    if (enough()) {
      watcher.close();
      resolve();
    }
  });
}
