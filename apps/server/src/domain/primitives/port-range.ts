/** A range of ports, from which each app gets one. Pure functions. */

export interface PortRange {
  first: number;
  last: number;
}

/** A port range that is not valid; the message is for the operator who set it. */
export class PortRangeSyntaxError extends Error {
  override readonly name = 'PortRangeSyntaxError';
}

const lowestPort = 1024;
const highestPort = 65_535;
/** Each port is a listening socket. */
const maxPorts = 1000;
/** Ports above 1023 that browsers refuse to open (fetch.spec.whatwg.org, "bad port"). */
const blockedPorts = [
  1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697,
  10_080,
];

/**
 * Parses a port range.
 * @throws PortRangeSyntaxError
 */
export function parsePortRange(text: string): PortRange {
  const [, firstText, lastText] = /^(\d{1,5})-(\d{1,5})$/.exec(text) ?? [];
  const range = { first: Number(firstText), last: Number(lastText) };
  if (firstText === undefined || range.first > range.last)
    throw new PortRangeSyntaxError(`"${text}" is not a range of ports such as 9100-9199.`);
  if (range.first < lowestPort || range.last > highestPort)
    throw new PortRangeSyntaxError(`"${text}" has ports outside of ${lowestPort} to ${highestPort}.`);
  if (range.last - range.first >= maxPorts)
    throw new PortRangeSyntaxError(`"${text}" has more than ${maxPorts} ports.`);
  const blocked = blockedPorts.find((port) => isInRange(range, port));
  if (blocked !== undefined)
    throw new PortRangeSyntaxError(
      `"${text}" has port ${blocked} in it, at which browsers open no page: choose a range without it.`,
    );
  return range;
}

export function isInRange({ first, last }: PortRange, port: number): boolean {
  return port >= first && port <= last;
}
