/**
 * Serializes a page whose items share objects under `sharedKeys`: each shared object is serialized once and
 * its text reused. A hundred runs of one job contain the job a hundred times, which is most of the response.
 */
export function stringifyPage<Key extends string>(
  page: { items: readonly Partial<Record<Key, unknown>>[] },
  sharedKeys: readonly Key[],
): string {
  const texts = new Map<object, string>();
  const textOf = (value: object) => {
    const text = texts.get(value) ?? JSON.stringify(value);
    texts.set(value, text);
    return text;
  };
  const items = page.items.map((item) => {
    const own: Record<string, unknown> = { ...item };
    let shared = '';
    for (const key of sharedKeys) {
      const value = own[key];
      if (typeof value !== 'object' || value === null) continue;
      // JSON leaves out undefined keys.
      own[key] = undefined;
      shared += `,${JSON.stringify(key)}:${textOf(value)}`;
    }
    const text = JSON.stringify(own);
    if (shared === '') return text;
    return text === '{}' ? `{${shared.slice(1)}}` : `${text.slice(0, -1)}${shared}}`;
  });
  const { items: _, ...rest } = page;
  const head = JSON.stringify(rest);
  const list = `"items":[${items.join(',')}]`;
  return head === '{}' ? `{${list}}` : `${head.slice(0, -1)},${list}}`;
}
