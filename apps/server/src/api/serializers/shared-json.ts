/** Part of a JSON document: text, or UTF-8 that was kept. */
type Part = string | Buffer;

/**
 * UTF-8 of objects that never change and that a cache keeps, such as job definitions. It goes with its object.
 */
const lastingTexts = new WeakMap<object, Buffer>();

/** The keys of a page's items whose texts are reused. */
export interface SharedKeys<Key extends string> {
  /** Items may share the object: it is serialized once for the page. */
  shared: readonly Key[];
  /** The object is the same in every response: it is serialized once. */
  lasting: readonly Key[];
  /** Keys within shared objects whose objects are the same in every response. */
  lastingWithin: readonly string[];
}

/**
 * Serializes a page to UTF-8 and reuses the texts of the objects under `keys`. A hundred runs contain a
 * hundred jobs with their definitions twice, which is most of the response. The parts are written into one
 * buffer: as one string they would be garbage of a megabyte for each response.
 */
export function stringifyPage<Key extends string>(
  page: { items: readonly Partial<Record<Key, unknown>>[] },
  { shared, lasting, lastingWithin }: SharedKeys<Key>,
): Buffer {
  const texts = new Map<object, Part[]>();
  const partsOfShared = (value: object): readonly Part[] => {
    const known = texts.get(value);
    if (known) return known;
    const parts: Part[] = [];
    addObject(parts, value, [{ keys: lastingWithin, partsOf: partsOfLasting }]);
    texts.set(value, parts);
    return parts;
  };
  const kinds = [
    { keys: shared, partsOf: partsOfShared },
    { keys: lasting, partsOf: partsOfLasting },
  ];
  const { items, ...rest } = page;
  const head = JSON.stringify(rest);
  const parts: Part[] = [head === '{}' ? '{"items":[' : `${head.slice(0, -1)},"items":[`];
  items.forEach((item, index) => {
    if (index > 0) parts.push(',');
    addObject(parts, item, kinds);
  });
  parts.push(']}');
  return encode(parts);
}

interface KindOfMember {
  keys: readonly string[];
  partsOf: (value: object) => readonly Part[];
}

/** Adds the text of an object whose members of some kinds have texts of their own. */
function addObject(parts: Part[], value: object, kinds: readonly KindOfMember[]): void {
  const own: Record<string, unknown> = { ...value };
  const members: { key: string; parts: readonly Part[] }[] = [];
  for (const { keys, partsOf } of kinds)
    for (const key of keys) {
      const member = own[key];
      if (typeof member !== 'object' || member === null) continue;
      // JSON leaves out undefined keys.
      own[key] = undefined;
      members.push({ key, parts: partsOf(member) });
    }
  const text = JSON.stringify(own);
  if (members.length === 0) {
    parts.push(text);
    return;
  }
  let before = text === '{}' ? '{' : `${text.slice(0, -1)},`;
  for (const member of members) {
    parts.push(`${before}"${member.key}":`, ...member.parts);
    before = ',';
  }
  parts.push('}');
}

function partsOfLasting(value: object): readonly Part[] {
  const known = lastingTexts.get(value);
  if (known) return [known];
  const text = Buffer.from(JSON.stringify(value));
  lastingTexts.set(value, text);
  return [text];
}

function encode(parts: readonly Part[]): Buffer {
  let size = 0;
  for (const part of parts) size += typeof part === 'string' ? Buffer.byteLength(part) : part.length;
  const encoded = Buffer.allocUnsafeSlow(size);
  let at = 0;
  for (const part of parts) at += typeof part === 'string' ? encoded.write(part, at) : part.copy(encoded, at);
  return encoded;
}
