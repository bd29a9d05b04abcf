import { describe, expect, it } from 'vitest';
import { limits } from '../../../../../cloud/checkpoint/limits.ts';
import { op, pickledDict, pickledTensor } from '../../../../support/hostile/pickle-bytes.ts';
import { modelWithPickle } from '../../../../support/hostile/pickled-model.ts';
import { refuseFiles } from '../../../../support/hostile/refusal.ts';

const refuse = (...parts: readonly Uint8Array[]) => refuseFiles(modelWithPickle(Buffer.concat(parts)));
const bytes = (...values: readonly number[]) => Buffer.from(values);

describe('a pickle that asks for code is refused, and the code is named', () => {
  it.each([
    ['os', 'system'],
    ['posix', 'system'],
    ['builtins', 'eval'],
    ['builtins', 'getattr'],
    ['__builtin__', 'exec'],
    ['subprocess', 'Popen'],
    ['torch', 'load'],
    ['torch.storage', '_load_from_bytes'],
    ['torch._utils', '_rebuild_tensor_v2.__globals__'],
    ['torch.nn.modules.linear', 'Linear'],
    ['collections', 'OrderedDict\u001b[2J'],
  ])('%s.%s, by name', async (module, name) => {
    const refusal = await refuse(op.proto(2), op.global(module, name), op.text('id'), op.tuple1, op.reduce, op.stop);

    expect(refusal.code).toBe('PICKLE_GLOBAL');
    expect(refusal.what).toContain(`refuses to run '${module}.${name.replace('\u001b', '\\u001b')}'`);
  });

  it('by names off the stack', async () => {
    const refusal = await refuse(op.proto(4), op.text('os'), op.text('system'), op.stackGlobal, op.stop);

    expect(refusal).toEqual({ code: 'PICKLE_GLOBAL', what: expect.stringContaining("'os.system'") });
  });

  it.each<[string, Buffer]>([
    ['INST', Buffer.from('(ios\nsystem\n')],
    ['OBJ', Buffer.from('(cos\nsystem\no')],
    ['NEWOBJ', bytes(0x81)],
    ['NEWOBJ_EX', bytes(0x92)],
    ['EXT1', bytes(0x82, 1)],
    ['EXT2', bytes(0x83, 1, 0)],
    ['EXT4', bytes(0x84, 1, 0, 0, 0)],
    ['PERSID', Buffer.from('Pfile\n')],
    ['DUP', Buffer.from('2')],
    ['POP', Buffer.from('0')],
    ['BYTEARRAY8', bytes(0x96)],
    ['NEXT_BUFFER', bytes(0x97)],
    ['LONG4', bytes(0x8b, 0xff, 0xff, 0xff, 0x7f)],
    ['an opcode that does not exist', bytes(0xff)],
  ])('by the opcode %s', async (_, opcode) => {
    const refusal = await refuse(op.proto(2), opcode, op.stop);

    expect(refusal.code).toMatch(/^PICKLE_(OPCODE|GLOBAL)$/);
    expect(refusal.what).toMatch(/at byte [23], which no tensor needs|'os\.system'/);
  });
});

describe('a pickle that calls what it may in a way that torch does not', () => {
  const dict = op.global('collections', 'OrderedDict');

  it.each<[string, Buffer[]]>([
    ['a call of a text', [op.text('os.system'), op.emptyTuple, op.reduce]],
    ['a call of nothing', [op.none, op.emptyTuple, op.reduce]],
    ['OrderedDict of something', [dict, op.text('x'), op.tuple1, op.reduce]],
    ['OrderedDict of no tuple', [dict, op.none, op.reduce]],
    ['a storage class as a function', [op.global('torch', 'FloatStorage'), op.emptyTuple, op.reduce]],
    ['a parameter of no tensor', [op.global('torch._utils', '_rebuild_parameter'), op.none, op.tuple1, op.reduce]],
    ['attributes of a text', [op.text('x'), op.none, op.build]],
    ['attributes of a function', [dict, op.none, op.build]],
    ['items of a list', [op.emptyList, op.text('a'), op.none, op.setItem]],
    ['an append to a dictionary', [op.emptyDict, op.none, op.append]],
    ['a key that is a number', [op.emptyDict, op.int(1), op.none, op.setItem]],
    ['a key without a value', [op.emptyDict, op.mark, op.text('a'), op.setItems]],
    ['a value out of an empty stack', [op.tuple2]],
    ['a value from under a mark', [op.none, op.mark, op.tuple1]],
    ['the end of no container', [op.setItems]],
    ['a memory of nothing', [op.put(0)]],
    ['a value that was never remembered', [op.get(7)]],
    ['values that are left', [op.none, op.none]],
    ['a container that is left open', [op.mark, op.none]],
    ['an integer of more than 64 bits', [bytes(0x8a, 9, ...Array(9).fill(1))]],
    ['an integer of more than 53 bits', [op.int(2n ** 60n)]],
    ['a later protocol', [op.proto(6)]],
    ['a global whose name is no text', [op.none, op.text('system'), op.stackGlobal]],
  ])('is refused with its place: %s', async (_, parts) => {
    const refusal = await refuse(op.proto(2), ...parts, op.stop);

    expect(refusal.code).toBe('PICKLE_MALFORMED');
    expect(refusal.what).toMatch(/^pytorch_model\.bin\/data\.pkl /);
  });

  it('is refused when it goes on after its end', async () => {
    const refusal = await refuse(pickledDict({ 'classifier.weight': pickledTensor() }), op.none);

    expect(refusal).toEqual({ code: 'PICKLE_MALFORMED', what: expect.stringContaining('goes on after its end') });
  });

  it.each<[string, Buffer]>([
    ['nothing', Buffer.alloc(0)],
    ['a text without its end', bytes(0x58, 0xff, 0xff, 0xff, 0x7f)],
    ['a line without its end', Buffer.from('cos\nsystem')],
    ['no end', op.none],
  ])('is refused when it is cut: %s', async (_, pickle) => {
    const refusal = await refuse(pickle);

    expect(refusal).toEqual({ code: 'PICKLE_TRUNCATED', what: expect.stringMatching(/ends at byte \d+ where/) });
  });

  it.each<[string, Buffer[]]>([
    ['a number', [op.int(5)]],
    ['a tensor', [pickledTensor()]],
    ['a list', [op.emptyList]],
    ['a dictionary in a dictionary', [op.emptyDict, op.text('state_dict'), op.emptyDict, op.setItem]],
    ['a dictionary that holds itself', [op.emptyDict, op.put(0), op.text('self'), op.get(0), op.setItem]],
    ['a number among tensors', [op.emptyDict, op.text('epoch'), op.int(3), op.setItem]],
  ])('is refused when it holds %s in place of tensors by name', async (_, parts) => {
    const refusal = await refuse(op.proto(2), ...parts, op.stop);

    expect(refusal.code).toBe('PICKLE_NOT_STATE_DICT');
  });
});

describe('a pickle that grows without end is refused', () => {
  it('by the containers inside each other', async () => {
    const refusal = await refuse(op.proto(2), Buffer.alloc(limits.pickleDepth + 1, op.mark));

    expect(refusal).toEqual({ code: 'PICKLE_TOO_LARGE', what: expect.stringContaining('more than 100 containers') });
  });

  it('by its values', async () => {
    const refusal = await refuse(op.proto(2), Buffer.alloc(limits.pickleValues + 1, op.none));

    expect(refusal).toEqual({ code: 'PICKLE_TOO_LARGE', what: expect.stringContaining('more than 2000000 values') });
  });

  it('by its bytes', async () => {
    const refusal = await refuse(Buffer.alloc(limits.pickleBytes + 1));

    expect(refusal).toEqual({
      code: 'PICKLE_TOO_LARGE',
      what: expect.stringContaining(`more than ${limits.pickleBytes}`),
    });
  });

  it('by a billion values out of thirty doublings, where a shape is expected', async () => {
    const doubled = [
      op.text('lol'),
      op.put(0),
      ...Array.from({ length: 30 }, () => [op.get(0), op.get(0), op.tuple2, op.put(0)]).flat(),
    ];

    const refusal = await refuse(
      pickledDict({ 'classifier.weight': pickledTensor({ shape: [Buffer.concat(doubled)] }) }),
    );

    expect(refusal).toEqual({
      code: 'PICKLE_TENSOR_BAD',
      what: expect.stringContaining('shape [?, ?, ?, ?, ?, ?, ?, ?, …]'),
    });
  });

  it('by a list that holds itself, where a shape is expected', async () => {
    const loop = Buffer.concat([op.emptyList, op.put(0), op.get(0), op.append]);

    const refusal = await refuse(pickledDict({ 'classifier.weight': pickledTensor({ shape: [loop, 3] }) }));

    expect(refusal).toEqual({ code: 'PICKLE_TENSOR_BAD', what: expect.stringContaining('shape [?, 3]') });
  });
});
