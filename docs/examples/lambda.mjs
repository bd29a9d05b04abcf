// A Lambda function behind an IoT rule with the SQL
//   SELECT *, topic(4) AS thing FROM 'dt/verge/+/+/result'
// It is called with one message at a time, and with the same one again where it failed: write with an upsert by `id`.

/** @returns rows to be stored; here they go to the log */
export async function handler(event) {
  if (event.type !== 'dev.verge.result.v1') throw new Error(`unknown type ${event.type}`);
  const { boot, seq, models, results } = event.data;
  const rows = results.flatMap((result, index) => {
    if ('error' in result) return [];
    const { name, version } = models[result.model];
    const id = `${event.thing}:${boot}:${seq}:${index}`;
    const { label, score, observedAt } = result;
    return [{ id, thing: event.thing, model: `${name} ${version}`, label, score, observedAt }];
  });
  for (const row of rows) console.log(JSON.stringify(row));
  return rows;
}
