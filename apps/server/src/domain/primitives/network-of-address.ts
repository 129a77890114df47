/**
 * Returns the address or prefix that counts as one sender for rate limits: an IPv4 address, or the first 64
 * bits of an IPv6 address, which its owner cannot choose.
 */
export function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  if (mapped?.[1]) return mapped[1];
  if (!address.includes(':')) return address;
  const [plain = ''] = address.split('%', 1);
  const [before = '', after] = plain.toLowerCase().split('::');
  const groups = before === '' ? [] : before.split(':');
  const further = after ? after.split(':') : [];
  const missing = after === undefined ? 0 : Math.max(0, 8 - groups.length - further.length);
  const all = [...groups, ...Array.from({ length: missing }, () => '0'), ...further];
  return `${all
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')}::/64`;
}
