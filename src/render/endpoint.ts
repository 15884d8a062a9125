/** An address with its port. */

export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** `1.2.3.4:1000`; `[2001:db8::1]:862`, so that an IPv6 port can be told apart (RFC 5952 section 6). */
export function endpoint({ address, port }: Endpoint): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}
