import { describe, expect, it, onTestFinished } from 'vitest';
import { originalText } from '../../cloud/sink/rows/stored-text.ts';
import { VIEWS } from '../../cloud/sink/schema/views.ts';
import type { Store } from '../../cloud/sink/store.ts';
import { eventDataExample } from '../../component/contract/event.ts';
import { healthDataExample } from '../../component/contract/health.ts';
import { sampleDataExample } from '../../component/contract/sample.ts';
import { statsDataExample } from '../../component/contract/stats.ts';
import { lastWill, messageOf, OVEN, resultMessage } from '../support/messages.ts';
import { LIMITS_OF_TEXT, rowsOfMessages } from '../support/sink-rows.ts';

/** A database of the test's own. */
export interface StoreWorld {
  open(): Promise<Store>;
  /** Rows of any statement, by a client that isn't ours or a second connection; numbers as numbers, text as text. */
  query(sql: string): Promise<Record<string, unknown>[]>;
}

const TOPIC = 'dt/verge/bakeries/oven-17';

/** What both databases promise. */
export function storeContract(name: string, makeWorld: () => Promise<StoreWorld>): void {
  async function openWorld(): Promise<StoreWorld & { readonly store: Store }> {
    const world = await makeWorld();
    const store = await world.open();
    onTestFinished(() => store.close());
    return { ...world, store };
  }

  describe(`the tables in ${name}`, () => {
    it('hold every stream, a column for each thing that people ask for', async () => {
      const { store, query } = await openWorld();
      const rows = rowsOfMessages([
        [`${TOPIC}/result`, resultMessage(1, ['a', 'b'])],
        [`${TOPIC}/health`, messageOf('health', healthDataExample)],
        [`${TOPIC}/stats`, messageOf('stats', statsDataExample)],
        [`${TOPIC}/event`, messageOf('event', eventDataExample)],
        [`${TOPIC}/sample`, messageOf('sample', sampleDataExample)],
        [`${TOPIC}/result`, Buffer.from('no JSON')],
      ]);

      const inserted = await store.commit(rows);

      expect(Object.fromEntries(inserted)).toEqual({
        results: 2,
        health: 1,
        statistics: 1,
        events: 1,
        samples: 1,
        dead_letters: 1,
        things: 1,
      });
      expect(
        await query('select request_id, label, score, model_version, token_count, index from results order by index'),
      ).toEqual([
        { request_id: 'a', label: 'alarm', score: 0.97, model_version: '1.2.0', token_count: 8, index: 0 },
        { request_id: 'b', label: 'alarm', score: 0.97, model_version: '1.2.0', token_count: 8, index: 1 },
      ]);
      expect(await query('select state, answered, latency_p99_ms, last_end from health')).toEqual([
        { state: 'ready', answered: 20_412, latency_p99_ms: 6.4, last_end: 'stopped' },
      ]);
      expect(await query('select text_count, psi_labels, challenger_version from statistics')).toEqual([
        { text_count: 1204, psi_labels: 0.061, challenger_version: '1.3.0' },
      ]);
      expect(await query('select name, code from events')).toEqual([
        { name: 'request-refused', code: 'MESSAGE_NOT_JSON' },
      ]);
      expect(await query('select text, reason from samples')).toEqual([
        { text: 'will it be like yesterday', reason: 'low-confidence' },
      ]);
      expect(await query('select topic, code, length(message) > 0 as said from dead_letters')).toEqual([
        { topic: `${TOPIC}/result`, code: 'MESSAGE_NOT_JSON', said: true },
      ]);
    });

    it('change nothing when everything comes again, in one batch or in another', async () => {
      const { store, query } = await openWorld();
      const messages: [string, Uint8Array][] = [
        [`${TOPIC}/result`, resultMessage(1, ['a', 'b'])],
        [`${TOPIC}/health`, messageOf('health', healthDataExample)],
        [`${TOPIC}/health`, Buffer.from('no JSON')],
      ];
      await store.commit(rowsOfMessages(messages, 1000));
      const before = await query('select request_id, received_at from results order by index');

      const again = await store.commit(rowsOfMessages([...messages, ...messages], 2000));

      expect(Object.fromEntries(again)).toMatchObject({ results: 0, health: 0, dead_letters: 0 });
      expect(await query('select request_id, received_at from results order by index')).toEqual(before);
    });

    it('take the first of two rows with one key that come in one batch', async () => {
      const { store, query } = await openWorld();
      const rows = rowsOfMessages([
        [`${TOPIC}/result`, resultMessage(1, ['first'])],
        [`${TOPIC}/result`, resultMessage(1, ['second'])],
      ]);

      const inserted = await store.commit(rows);

      expect(inserted.get('results')).toBe(1);
      expect(await query('select count(*) as count from results')).toEqual([{ count: 1 }]);
    });

    it('keep texts that no database takes, and give them back as they were', async () => {
      const { store, query } = await openWorld();
      const ids = LIMITS_OF_TEXT.filter((text) => text.length > 0);

      await store.commit(rowsOfMessages([[`${TOPIC}/result`, resultMessage(1, ids)]]));

      const stored = await query('select request_id from results order by index');
      expect(stored.map(({ request_id }) => originalText(String(request_id)))).toEqual(ids);
    });

    it('are there when the same database is opened again', async () => {
      const world = await openWorld();
      await world.store.commit(rowsOfMessages([[`${TOPIC}/result`, resultMessage(1, ['a'])]]));
      await world.store.close();

      const again = await world.open();
      onTestFinished(() => again.close());
      const inserted = await again.commit(rowsOfMessages([[`${TOPIC}/result`, resultMessage(2, ['b'])]]));

      expect(inserted.get('results')).toBe(1);
      expect(await world.query('select request_id from results order by seq')).toEqual([
        { request_id: 'a' },
        { request_id: 'b' },
      ]);
    });

    it('of a version that this Verge does not know are refused in a sentence', async () => {
      const world = await openWorld();
      await world.query("insert into verge_schema values (99, '2030-01-01T00:00:00Z')");
      await world.store.close();

      const opening = world.open();

      await expect(opening).rejects.toMatchObject({ code: 'SINK_SCHEMA_NEWER' });
      await expect(opening).rejects.toThrow(/version 99/);
    });

    it('refuse a row without harm to what comes next', async () => {
      const { store, query } = await openWorld();
      const [good, bad] = rowsOfMessages([[`${TOPIC}/result`, resultMessage(1, ['good', 'bad'])]]);
      if (good === undefined || bad === undefined) throw new Error('two rows were made');
      const broken = { ...bad, values: bad.values.map((value, column) => (column === 4 ? null : value)) };

      const refused = store.commit([good, broken]);

      await expect(refused).rejects.toMatchObject({ name: 'RowRefused' });
      await store.commit([good]);
      expect(await query('select request_id from results')).toEqual([{ request_id: 'good' }]);
    });

    it('note of each device when it was heard of and its newest health message, whatever comes late', async () => {
      const { store, query } = await openWorld();
      const health = (seq: number, state: 'ready' | 'draining', boot = 'b1'): [string, Uint8Array] => [
        `${TOPIC}/health`,
        messageOf('health', { ...healthDataExample, boot, seq, state }),
      ];

      await store.commit(rowsOfMessages([health(2, 'ready'), health(3, 'draining'), health(1, 'ready')], 1000));
      await store.commit(rowsOfMessages([health(9, 'ready', 'b0')], 2000));
      const late = await query('select state from fleet');
      await store.commit(rowsOfMessages([health(0, 'ready')], 3000));
      await store.commit(rowsOfMessages([[`${TOPIC}/health`, lastWill(OVEN)]], 4000));

      expect(late).toEqual([{ state: 'draining' }]);
      expect(await query('select health_boot, health_seq, state from things, fleet')).toEqual([
        { health_boot: healthDataExample.boot, health_seq: 0, state: 'lost' },
      ]);
    });

    it.each(VIEWS.map((view) => view.name))('answer the question of the view %s', async (view) => {
      const { store, query } = await openWorld();
      const old = { ...healthDataExample, boot: 'b1' };
      const stats = { ...statsDataExample, boot: 'b1' };
      await store.commit(
        rowsOfMessages(
          [
            [`${TOPIC}/result`, resultMessage(1, ['a'])],
            [`${TOPIC}/result`, resultMessage(4, ['b', 'c'])],
            [`${TOPIC}/health`, messageOf('health', old)],
            [`${TOPIC}/stats`, messageOf('stats', stats)],
            [`${TOPIC}/sample`, messageOf('sample', sampleDataExample)],
            [`${TOPIC}/sample`, Buffer.from('no JSON')],
          ],
          Date.parse('2026-05-04T09:21:08Z'),
        ),
      );
      await store.commit(failedRows());

      const rows = await query(`select * from ${view}`);

      expect(rows).toHaveLength(1);
      expect(rows[0]).toMatchObject(EXPECTED[view] ?? { 'no expectation for': view });
    });
  });
}

function failedRows(): ReturnType<typeof rowsOfMessages> {
  const failed = {
    schemaVersion: 1 as const,
    boot: 'b1',
    seq: 5,
    runtimeVersion: '0.1.0',
    replay: false,
    models: [],
    results: [
      {
        requestId: 'd',
        error: { code: 'ENGINE_QUEUE_FULL', message: 'Too many.' },
        observedAt: '2026-05-04T09:21:07.126Z',
      },
    ],
  };
  return rowsOfMessages([[`${TOPIC}/result`, messageOf('result', failed)]], Date.parse('2026-05-04T09:21:08Z'));
}

/** What the messages of the test above come to, reckoned by hand: three answers, one failure, three sequence numbers of five. */
const EXPECTED: Readonly<Record<string, Record<string, unknown>>> = {
  label_counts: { fleet: 'bakeries', thing: 'oven-17', model: 'intents-mini', label: 'alarm', count: 3 },
  confidence: { count: 3, mean_score: expect.closeTo(0.97, 9), p50_score: 0.97, rejected_share: 0 },
  model_versions: { model: 'intents-mini', model_version: '1.2.0', things: 1, count: 3, p50_ms: 1 },
  version_labels: { label: 'alarm', count: 3, share: 1 },
  latency: { count: 3, p50_ms: 1, p99_ms: 1 },
  throughput: { fleet: 'bakeries', count: 4, failed: 1 },
  failures: { error_code: 'ENGINE_QUEUE_FULL', count: 1 },
  fleet: { thing: 'oven-17', state: 'silent', runtime_version: '0.1.0', outbox_results: 43, answered: 20_412 },
  silence: { thing: 'oven-17', state: 'silent', heartbeat_seconds: 60 },
  drift: { model_version: '1.2.0', text_count: 1204, challenger_version: '1.3.0' },
  unsure_texts: { text: 'will it be like yesterday', label: 'oos', score: 0.31 },
  missing_messages: { thing: 'oven-17', boot: 'b1', first_seq: 1, last_seq: 5, messages: 3, missing: 2 },
  dead_letter_counts: { code: 'MESSAGE_NOT_JSON', count: 1 },
};
