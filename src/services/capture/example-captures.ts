/** The captures that come with the program: those of both sides of a router, made by `scripts/example-captures.ts`. */
import { createReadStream } from 'node:fs';
import { join } from 'node:path';

/** Their octets, from the beginning. */
export interface ExampleCaptures {
  readonly inside: () => AsyncIterable<Uint8Array>;
  readonly outside: () => AsyncIterable<Uint8Array>;
}

export const exampleCaptureNames = { inside: 'inside.pcap', outside: 'outside.pcapng' } as const;

export function exampleCaptures(directory: string): ExampleCaptures {
  return {
    inside: () => octetsOf(join(directory, exampleCaptureNames.inside)),
    outside: () => octetsOf(join(directory, exampleCaptureNames.outside)),
  };
}

/** Opened when the first is asked for. */
async function* octetsOf(path: string): AsyncGenerator<Uint8Array> {
  for await (const chunk of createReadStream(path)) yield chunk as Uint8Array;
}
