/** Public keys in the form of authorized_keys, well made or not. */

/** RFC 4251 §5: each field behind its length. */
export function sshBlob(...fields: readonly (string | Uint8Array)[]): Buffer {
  return Buffer.concat(
    fields.flatMap((field) => {
      const octets = Buffer.from(field as string);
      const length = Buffer.alloc(4);
      length.writeUInt32BE(octets.length);
      return [length, octets];
    }),
  );
}

/** `fields` stand behind the algorithm. */
export function sshKey(algorithm: string, ...fields: readonly (string | Uint8Array)[]): string {
  return `${algorithm} ${sshBlob(algorithm, ...fields).toString('base64')} ada@lab`;
}

export const ed25519Key = sshKey('ssh-ed25519', Buffer.alloc(32, 7));
