/** The fields of a job that selectors match. */
export interface SelectableJob {
  ref: string;
  name: string;
  tags: readonly string[];
  triggers: readonly string[];
}

/**
 * Whether a job matches a selector as dlt writes them: a reference or a part of it, `tag:nightly`, a trigger
 * such as `schedule:*`, or the kind of one, such as `schedule`. `*`, `?` and `[ab]` are wildcards.
 */
export function matchesSelector({ ref, name, tags, triggers }: SelectableJob, selector: string): boolean {
  const pattern = toPattern(selector);
  const texts = [
    ref,
    ref.replace(/^jobs\./, ''),
    ref.split('.').at(-1) ?? ref,
    name,
    ...tags.map((tag) => `tag:${tag}`),
    ...triggers,
    ...triggers.map((trigger) => trigger.split(':', 1)[0] ?? trigger),
  ];
  return texts.some((text) => pattern.test(text));
}

function toPattern(glob: string): RegExp {
  const source = glob.replaceAll(/\[!?[^\]]+\]|[\\^$.*+?()[\]{}|]/g, (special) => {
    if (special === '*') return '.*';
    if (special === '?') return '.';
    if (special.length > 1) return special.replace('[!', '[^').replaceAll('\\', '\\\\');
    return `\\${special}`;
  });
  return new RegExp(`^${source}$`, 's');
}
