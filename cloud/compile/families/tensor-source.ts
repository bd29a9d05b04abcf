/** Where a family gets its weights from: by name without prefix, checked against the shape it expects. */
export interface TensorSource {
  has(name: string): boolean;
  read(name: string, shape: readonly number[]): Float32Array;
}
