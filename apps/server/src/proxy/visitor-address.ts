import { BlockList, isIP } from 'node:net';
import type { IncomingMessage } from 'node:http';

/**
 * Finds the address of whoever asks: that of the connection, or where it is a proxy of ours, the last one that such a proxy has not.
 * @param proxies addresses and networks whose X-Forwarded-For is believed
 */
export function createVisitorAddress(proxies: readonly string[]): (request: IncomingMessage) => string {
  const trusted = new BlockList();
  for (const entry of proxies) {
    const [address = '', bits] = entry.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    if (bits === undefined) trusted.addAddress(address, family);
    else trusted.addSubnet(address, Number(bits), family);
  }
  const isTrusted = (address: string) =>
    isIP(address) !== 0 && trusted.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');

  return ({ socket, headers }) => {
    const own = plainAddress(socket.remoteAddress ?? '');
    const told = String(headers['x-forwarded-for'] ?? '').split(',');
    let address = own;
    while (isTrusted(address) && told.length > 0) {
      const next = plainAddress(told.pop()?.trim() ?? '');
      if (isIP(next) === 0) break;
      address = next;
    }
    return address;
  };
}

/** An address of IPv4 that came over a socket of IPv6 is one of IPv4. */
function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '');
}
