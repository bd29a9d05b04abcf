import { matchesFilter } from '../../../component/link/topic-filter.ts';

/** Whether everything that somebody gets by a filter, or a topic, is among what a wider filter stands for. */
export function filterCovers(wider: string, asked: string): boolean {
  if (!/[+#]/.test(asked)) return matchesFilter(wider, asked);
  const levels = wider.split('/');
  const others = asked.split('/');
  for (const [index, level] of levels.entries()) {
    if (level === '#') return true;
    const other = others[index];
    if (other === undefined || other === '#' || (level !== '+' && level !== other)) return false;
  }
  return levels.length === others.length;
}
