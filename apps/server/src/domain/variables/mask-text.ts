const MASK = '***';

/**
 * What takes secret values out of texts, in each form in which the output of a build may show them. (Runs are masked by the
 * bootstrap, which sees their output first.) @param values as `listSecretValues` gives them
 */
export function createTextMask(values: readonly string[]): (text: string) => string {
  const forms = [...new Set(values.flatMap(listForms))].filter((form) => !/[\r\n]/.test(form));
  // A form that contains another is masked whole.
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

/** How writers of HTML and XML escape quotes, which they need not do in text. `&`, `<` and `>` are escaped by all. */
const quoteEscapes: readonly (readonly [double: string, single: string])[] = [
  ['"', "'"],
  ['&quot;', "'"],
  ['&quot;', '&#x27;'],
  ['&quot;', '&#39;'],
  ['&#34;', '&#39;'],
  ['&quot;', '&apos;'],
];

/** The value in HTML and XML, and these inside of JSON. */
function listMarkupForms(texts: readonly string[]): string[] {
  const escaped = texts.flatMap((text) => {
    const plain = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
    return quoteEscapes.map(([double, single]) => plain.replaceAll('"', double).replaceAll("'", single));
  });
  return [...escaped, ...escaped.map((text) => JSON.stringify(text).slice(1, -1))];
}

/** Base64 of anything that holds the value: it begins at one of three places, and shares its first and last letters with neighbours. */
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
