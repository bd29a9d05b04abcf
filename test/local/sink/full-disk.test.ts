import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { DuckdbStore } from '../../../cloud/sink/duckdb/store.ts';
import { resultMessage } from '../../support/messages.ts';
import { rowsOfMessages } from '../../support/sink-rows.ts';
import { canMount, mountNote, mountSmallDisk } from '../../support/small-disk.ts';

const TOPIC = 'dt/verge/bakeries/oven-17/result';

describe.skipIf(!canMount)(`a DuckDB file on a full disk${mountNote}`, () => {
  it('keeps what was committed, takes nothing more, and goes on when there is room', async () => {
    const disk = mountSmallDisk(16 * 1024);
    onTestFinished(() => disk.remove());
    const store = await DuckdbStore.open(path.join(disk.folder, 'verge.duckdb'));
    onTestFinished(() => store.close());
    const ids = Array.from({ length: 300 }, (_, index) => `request ${index}`);
    const rows = (seq: number): ReturnType<typeof rowsOfMessages> => rowsOfMessages([[TOPIC, resultMessage(seq, ids)]]);
    await store.commit(rows(1));
    const ballast = path.join(disk.folder, 'ballast');
    fill(ballast);

    let [seq, failure]: [number, unknown] = [1, undefined];
    while (failure === undefined && seq < 1000) {
      seq++;
      failure = await store.commit(rows(seq)).then(
        () => undefined,
        (error: unknown) => error,
      );
    }
    rmSync(ballast);
    const inserted = await store.commit(rows(seq));

    expect(failure).toMatchObject({ name: 'StoreAway' });
    expect(inserted.get('results')).toBe(300);
    expect(await store.run('select count(*) as count from results')).toEqual([{ count: BigInt(seq * 300) }]);
  });
});

/** Takes what room there is. */
function fill(file: string): void {
  for (let kilobytes = 16 * 1024; kilobytes >= 4; kilobytes = Math.floor(kilobytes / 2)) {
    try {
      writeFileSync(file, Buffer.alloc(kilobytes * 1024), { flag: 'a' });
    } catch {
      // As much as fitted is written.
    }
  }
}
