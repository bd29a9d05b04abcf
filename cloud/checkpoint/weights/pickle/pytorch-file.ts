import type { RangeFile } from '../../range-file.ts';
import type { StoredTensor } from '../stored-tensor.ts';

export function readPickled(file: RangeFile): Promise<StoredTensor[]> {
  throw new Error(`${file.name}: not yet`);
}
