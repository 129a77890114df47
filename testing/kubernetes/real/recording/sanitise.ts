import type { Exchange, WatchEvent } from './conversation.ts';

/** The time that the first timestamp of a conversation becomes. */
const beginning = Date.parse('2026-01-01T00:00:00Z');
const timePattern = /\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g;
const uidPattern = /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g;
const digestPattern = /\b[0-9a-f]{64}\b/g;
const versionPattern =
  /"resourceVersion":"(\d+)"|resourceVersion=(\d+)|resource version: (\d+)|current: (\d+)|(?<=resource version: \d+ )\((\d+)\)/g;
const continuePattern = /"continue":"([^"]+)"|continue=([^&"]+)/g;

/**
 * Makes a conversation the same however often it is recorded: times begin at one moment, and identifiers are
 * numbered. Versions keep their order. `managedFields` are left out, and the `spec` of an event if it has not changed.
 * @param addressPrefix of the cluster's addresses: "10.201."
 */
export function sanitise(exchanges: Exchange[], addressPrefix: string): Exchange[] {
  const plain = JSON.stringify(exchanges, (key, value: unknown) =>
    key === 'managedFields' ? undefined : value,
  );
  const withVersions = replaceVersions(replaceContinueTokens(plain));
  const text = replaceTimes(withVersions)
    .replace(
      uidPattern,
      numberer((index) => `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`),
    )
    .replace(
      digestPattern,
      numberer((index) => String(index).padStart(64, '0')),
    )
    .replaceAll(addressPrefix, '10.0.');
  const sanitised = JSON.parse(text) as Exchange[];
  for (const { events = [] } of sanitised) omitRepeatedSpecs(events);
  return sanitised;
}

/** Removes each `spec` that is the same as in the event before, to keep the files small. */
function omitRepeatedSpecs(events: WatchEvent[]): void {
  const last = new Map<string, string>();
  for (const { object } of events) {
    const [name = '', spec] = [object.metadata?.name, JSON.stringify(object.spec)];
    if (last.get(name) === spec) delete object.spec;
    last.set(name, spec);
  }
}

function replaceTimes(text: string): string {
  const times = [...text.matchAll(timePattern)].map(([time]) => Date.parse(time));
  const offset = beginning - Math.floor(Math.min(...times) / 1000) * 1000;
  return text.replace(timePattern, (time) => {
    const moved = new Date(Date.parse(time) + offset).toISOString();
    return time.includes('.') ? moved : moved.replace('.000Z', 'Z');
  });
}

/** Numbers from 1000 on, in the order of the versions. */
function replaceVersions(text: string): string {
  const found = [...text.matchAll(versionPattern)].flatMap((match) => match.slice(1).filter(Boolean));
  const sorted = [...new Set(found.map(Number))].filter((version) => version > 1).sort((a, b) => a - b);
  const numbers = new Map(sorted.map((version, index) => [String(version), String(1000 + index)]));
  return text.replace(versionPattern, (match) =>
    match.replace(/\d+/, (version) => numbers.get(version) ?? version),
  );
}

function replaceContinueTokens(text: string): string {
  const number = numberer((index) => `page-${index}`);
  const plain = (token: string) => number(decodeURIComponent(token));
  return text.replace(continuePattern, (match, quoted?: string, inPath?: string) => {
    const token = quoted ?? inPath ?? '';
    return match.replace(token, plain(token));
  });
}

/** @returns a function that names each different text by the order of its first appearance */
function numberer(name: (index: number) => string): (text: string) => string {
  const names = new Map<string, string>();
  return (text) => {
    const known = names.get(text) ?? name(names.size + 1);
    names.set(text, known);
    return known;
  };
}
