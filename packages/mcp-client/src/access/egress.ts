import { type LookupAddress, type LookupOptions, lookup as lookupHost } from 'node:dns';
import { BlockList, isIP } from 'node:net';
import { buildConnector } from 'undici';
import type { ServerConfig } from '../servers.js';

/** Reachable for whoever is on the same machine or network: only where configuration says so. */
const PRIVATE = blockList([
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['::1', 128],
  ['fc00::', 7],
]);

/** Never a server: unspecified, link-local (where clouds keep their metadata), reserved, documentation, multicast. */
const NEVER = blockList([
  ['0.0.0.0', 8],
  ['169.254.0.0', 16],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
  ['::', 128],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
  // Ways to write an IPv4 address that some network translates back.
  ['64:ff9b::', 96],
  ['2002::', 16],
]);

type Connector = buildConnector.connector;
type Policy = Pick<ServerConfig, 'name' | 'allowedHosts' | 'privateAddresses'>;

/** A connection that configuration does not allow. Nothing was sent. */
export class EgressRefused extends Error {
  override readonly name = 'EgressRefused';
}

/**
 * Opens connections where the server's configuration allows them: a host of its list, at an address that is public, or
 * private where that is configured. A name is resolved once, and the connection goes to the address that was checked: a
 * name server that answers differently the second time is not asked.
 */
export function createConnector(server: ServerConfig): Connector {
  const { ca, cert, key } = server.tls;
  const connect = buildConnector({
    timeout: server.connectTimeoutMs,
    lookup: createLookup(server),
    allowH2: false,
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  });
  return (options, callback) => {
    const problem = findHostProblem(options.hostname, server);
    if (problem === undefined) connect(options, callback);
    else callback(new EgressRefused(problem), null);
  };
}

/** Why nothing may be sent to this host; undefined for one that may be, or whose address is yet to be looked up. */
export function findHostProblem(host: string, policy: Policy): string | undefined {
  const name = host.replace(/^\[|\]$/g, '').toLowerCase();
  if (policy.allowedHosts !== undefined && !policy.allowedHosts.some((allowed) => matchesHost(name, allowed)))
    return `host ${name} is not among the allowed hosts of server '${policy.name}'`;
  return isIP(name) === 0 ? undefined : findAddressProblem(name, policy);
}

function createLookup(policy: Policy) {
  type Callback = (error: Error | null, address: string | LookupAddress[], family?: number) => void;
  return (hostname: string, options: LookupOptions, callback: Callback) => {
    lookupHost(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return callback(error, []);
      const allowed = addresses.filter(({ address }) => findAddressProblem(address, policy) === undefined);
      const [first] = allowed;
      if (first === undefined) {
        const problem = findAddressProblem(addresses[0]?.address ?? '', policy);
        return callback(new EgressRefused(`${hostname}: ${problem ?? 'has no address'}`), []);
      }
      if (options.all) callback(null, allowed);
      else callback(null, first.address, first.family);
    });
  };
}

function findAddressProblem(address: string, { name, privateAddresses }: Policy): string | undefined {
  const plain = unwrap(address);
  const family = isIP(plain) === 6 ? 'ipv6' : 'ipv4';
  if (isIP(plain) === 0) return `${address} is no address`;
  if (NEVER.check(plain, family)) return `${address} is link-local, reserved or multicast, never a server`;
  if (privateAddresses || !PRIVATE.check(plain, family)) return undefined;
  return `${address} is a private address, which server '${name}' may have only with privateAddresses: true`;
}

/** An IPv4 address inside an IPv6 one is the IPv4 one; a zone says nothing about where it leads. */
function unwrap(address: string): string {
  const bare = address.split('%')[0] ?? address;
  const mapped = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/i.exec(bare);
  if (mapped !== null) {
    const [high, low] = [Number.parseInt(mapped[1] ?? '', 16), Number.parseInt(mapped[2] ?? '', 16)];
    return [high >> 8, high & 255, low >> 8, low & 255].join('.');
  }
  return bare.replace(/^::ffff:(?=\d+\.)/i, '');
}

/** `*.example.com` stands for every host below example.com, not for itself. */
function matchesHost(host: string, allowed: string): boolean {
  const pattern = allowed.toLowerCase();
  return pattern.startsWith('*.') ? host.endsWith(pattern.slice(1)) : host === pattern;
}

function blockList(subnets: readonly (readonly [string, number])[]): BlockList {
  const list = new BlockList();
  for (const [network, prefix] of subnets) list.addSubnet(network, prefix, isIP(network) === 6 ? 'ipv6' : 'ipv4');
  return list;
}
