import type { Answer, Cell } from '../sink/query/ask.ts';
import { VIEWS } from '../sink/schema/views.ts';
import type { Command, CommandContext } from './command.ts';
import { commandErrors } from './errors.ts';
import { integerOption, textOption } from './options.ts';
import { writePiece } from './output.ts';
import { printable, printableJson, renderTable } from './table.ts';

const FORMATS = ['table', 'csv', 'json'] as const;
type Format = (typeof FORMATS)[number];
/** A table is drawn whole, and nobody reads more. */
const TABLE_ROWS = 1000;

export const queryCommand: Command = {
  name: 'query',
  summary: "Ask a sink's DuckDB file: a view by its name, or any SQL that only reads",
  arguments: [
    {
      name: 'view',
      description: `one of ${VIEWS.map(({ name }) => name).join(', ')}; without one: what each answers`,
      optional: true,
    },
    { name: 'file', description: 'the file that `verge sink --to duckdb:FILE` writes', optional: true },
  ],
  options: [
    { flags: '--sql <sql>', description: 'instead of a view: one statement' },
    { flags: '--format <format>', description: `${FORMATS.join(', ')}; default: table` },
    { flags: '--limit <rows>', description: `show so many rows at most; default: ${TABLE_ROWS} in a table, else all` },
  ],
  jsonDescription: 'the same as --format json: one array of objects',
  examples: [
    'verge query label_counts verge.duckdb',
    'verge query model_versions verge.duckdb --format csv > versions.csv',
    `verge query verge.duckdb --sql "select thing, avg(score) from results group by thing order by 2"`,
    'verge query verge.duckdb',
  ],
  async run(context) {
    const { options, signal, json } = context;
    const [view, file] = viewAndFile(context);
    const format = json ? 'json' : formatOf(textOption(options.format));
    const limit = integerOption(options.limit, '--limit', 1, Number.MAX_SAFE_INTEGER);
    const sql = textOption(options.sql) ?? (view === undefined ? undefined : `from ${view}`);
    // Loaded here, so that no other verb pays for it.
    const [{ openReadonly }, { ask }] = await Promise.all([
      import('../sink/query/open-readonly.ts'),
      import('../sink/query/ask.ts'),
    ]);
    const { connection, close } = await openReadonly(file);
    const onAbort = (): void => connection.interrupt();
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      const answer = sql === undefined ? viewList() : await ask(connection, sql);
      await print(context, answer, format, limit ?? (format === 'table' ? TABLE_ROWS : Number.POSITIVE_INFINITY));
    } finally {
      signal.removeEventListener('abort', onAbort);
      close();
    }
    signal.throwIfAborted();
  },
};

/** `VIEW FILE`, or `FILE` alone. */
function viewAndFile({ arguments: [first, second], options }: CommandContext): [string | undefined, string] {
  const [view, file] = second === undefined ? [undefined, first] : [first, second];
  if (file === undefined) throw commandErrors.make('COMMAND_OPTION_INVALID', 'the file of the sink is missing');
  if (view !== undefined && options.sql !== undefined) {
    throw commandErrors.make(
      'COMMAND_OPTION_INVALID',
      `both the view ${view} and --sql are given, and one is answered`,
    );
  }
  if (view !== undefined && !VIEWS.some(({ name }) => name === view)) {
    const names = VIEWS.map(({ name }) => name).join(', ');
    throw commandErrors.make('COMMAND_OPTION_INVALID', `${JSON.stringify(view)} is no view; there are ${names}`);
  }
  return [view, file];
}

function formatOf(value: string | undefined): Format {
  const found = FORMATS.find((format) => format === (value ?? 'table'));
  if (found) return found;
  throw commandErrors.make('COMMAND_OPTION_INVALID', `--format ${value} is none of ${FORMATS.join(', ')}`);
}

function viewList(): Answer {
  return {
    columns: ['view', 'question'],
    async *pieces() {
      yield VIEWS.map(({ name, question }) => [name, question]);
    },
  };
}

async function print(context: CommandContext, answer: Answer, format: Format, limit: number): Promise<void> {
  const { stdout, stderr } = context;
  const { columns } = answer;
  const table: string[][] = [];
  let [count, more] = [0, false];
  const isTerminal = (stdout as NodeJS.WriteStream).isTTY === true; // only a terminal's stream has the field
  const shown = (field: string): string => csvField(isTerminal ? printable(field) : field); // a file gets each byte
  if (format === 'csv') stdout.write(`${columns.map(shown).join(',')}\r\n`);
  if (format === 'json') stdout.write('[');
  for await (const rows of answer.pieces()) {
    let text = '';
    for (const row of rows) {
      if (count === limit) {
        more = true;
        break;
      }
      if (format === 'table') table.push(row.map(wordsOf));
      else if (format === 'csv') text += `${row.map((cell) => shown(wordsOf(cell))).join(',')}\r\n`;
      else
        text += `${count === 0 ? '\n' : ',\n'}${printableJson(Object.fromEntries(row.map((cell, index) => [columns[index], cell])))}`;
      count++;
    }
    if (text !== '') await writePiece(context, text);
    if (more) break;
  }
  if (format === 'json') stdout.write('\n]\n');
  if (format === 'table') stdout.write(`${renderTable(columns, table)}\n`);
  if (more) stderr.write(`There are more than ${count} rows: --limit shows more, --format csv or json all.\n`);
}

function wordsOf(cell: Cell): string {
  if (cell === null) return '';
  return typeof cell === 'object' ? JSON.stringify(cell) : String(cell);
}

function csvField(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
