import { describe, expect, it } from 'vitest';
import { printableJson, renderTable } from '../../../../cloud/commands/table.ts';

const HOSTILE = 'a\u001b[2J\u009b31m\u007f\u202eb';
const DRIVES_A_TERMINAL = /(?!\n)[\p{Cc}\p{Bidi_Control}]/u;

describe('what a terminal is shown', () => {
  it('has no control character in a table, its head included', () => {
    const table = renderTable([HOSTILE], [[HOSTILE]]);

    expect(table).not.toMatch(DRIVES_A_TERMINAL);
    expect(table).toContain('\\u{1b}[2J');
  });

  it('has none in JSON either, which says the same', () => {
    const json = printableJson({ [HOSTILE]: HOSTILE });

    expect(json).not.toMatch(DRIVES_A_TERMINAL);
    expect(JSON.parse(json)).toEqual({ [HOSTILE]: HOSTILE });
  });
});
