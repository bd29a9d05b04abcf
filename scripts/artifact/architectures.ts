/** Architectures that the runtime is built for: as recipes and zips name them, and as Node does. */
export const ARCHITECTURES = [
  { name: 'amd64', node: 'x64' },
  { name: 'aarch64', node: 'arm64' },
] as const;

export type Architecture = (typeof ARCHITECTURES)[number];
