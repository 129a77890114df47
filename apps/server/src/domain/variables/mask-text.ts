/** What is shown in place of a secret. */
export const MASK = '***';

/**
 * Creates a function that masks secret values in texts, in every form in which build output may contain them.
 * (The bootstrap masks runs, because it reads their output first.)
 * @param values as from `listSecretValues`
 */
export function createTextMask(values: readonly string[]): (text: string) => string {
  const forms = [...new Set(values.flatMap(listForms))].filter((form) => !/[\r\n]/.test(form));
  // A form that contains another must be masked whole.
  forms.sort((left, right) => right.length - left.length);
  return (text) => forms.reduce((masked, form) => masked.replaceAll(form, MASK), text);
}

function listForms(value: string): string[] {
  const json = JSON.stringify(value).slice(1, -1);
  const component = encodeURIComponent(value);
  const encoded = [component, encodeURI(value), component.replaceAll('%20', '+')];
  const lowered = encoded.map((text) => text.replace(/%[0-9A-F]{2}/g, (escape) => escape.toLowerCase()));
  return [
    value,
    json,
    JSON.stringify(json).slice(1, -1),
    ...encoded,
    ...lowered,
    ...listMarkupForms([value, json]),
    ...listBase64Forms(value),
  ];
}

/**
 * How HTML and XML serializers escape quotes, which is optional in text. All of them escape `&`, `<` and `>`.
 */
const quoteEscapes: readonly (readonly [double: string, single: string])[] = [
  ['"', "'"],
  ['&quot;', "'"],
  ['&quot;', '&#x27;'],
  ['&quot;', '&#39;'],
  ['&#34;', '&#39;'],
  ['&quot;', '&apos;'],
];

/** Lists the value escaped for HTML and XML, and the same inside JSON. */
function listMarkupForms(texts: readonly string[]): string[] {
  const escaped = texts.flatMap((text) => {
    const plain = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
    return quoteEscapes.map(([double, single]) => plain.replaceAll('"', double).replaceAll("'", single));
  });
  return [...escaped, ...escaped.map((text) => JSON.stringify(text).slice(1, -1))];
}

/**
 * Lists the base64 forms of a value inside a longer text: it starts at one of three offsets, and its first
 * and last letters depend on the neighbors.
 */
function listBase64Forms(value: string): string[] {
  const bytes = Buffer.from(value);
  return [0, 1, 2].flatMap((before) => {
    const letters = Buffer.concat([Buffer.alloc(before), bytes])
      .toString('base64')
      .replace(/=+$/, '');
    const form = letters.slice([0, 2, 3][before], Math.floor(((before + bytes.length) * 8) / 6));
    return [form, form.replaceAll('+', '-').replaceAll('/', '_')];
  });
}
