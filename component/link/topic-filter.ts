/** Whether a topic is one that an MQTT filter asks for: `+` is one level, a last `#` any number, `$share/<group>/` no level. */
export function matchesFilter(filter: string, topic: string): boolean {
  const wanted = withoutGroup(filter).split('/');
  const levels = topic.split('/');
  if (topic.startsWith('$') && (wanted[0] === '+' || wanted[0] === '#')) return false; // MQTT-4.7.2-1
  for (const [index, level] of wanted.entries()) {
    if (level === '#') return true;
    if (index >= levels.length || (level !== '+' && level !== levels[index])) return false;
  }
  return wanted.length === levels.length;
}

function withoutGroup(filter: string): string {
  return filter.startsWith('$share/') ? filter.split('/').slice(2).join('/') : filter;
}
