/** Files of service sessions in any form, cut into their entries at once and in pieces. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  ENTRY_CHARACTERS_MAX,
  formOf,
  readerOf,
  type TextForm,
} from '../../src/services/records/import-reader.ts';
import { mixedRecords } from '../support/service-records.ts';
import { octetsOf, textOf, type FuzzTarget } from './target.ts';

const folder = join(import.meta.dirname, '../vectors/conntrack');

function entriesOf(text: string, form: TextForm, most: number): unknown[] {
  const reader = readerOf(form);
  const entries: unknown[] = [];
  for (let at = 0; at < text.length; at += most) entries.push(...reader.take(text.slice(at, at + most)));
  return [...entries, ...reader.end()];
}

/** Beside what the file begins with, every other form: none may depend on how it is cut. */
export const target: FuzzTarget = {
  octetsMax: 4096,
  words: ['<flow', '</flow>', '<flow>', '{', '}', '[', ']', '"', '\\', '\n', '{"msp-session": ['],
  run: (octets) => {
    const text = textOf(octets);
    for (const form of new Set<TextForm>([formOf(text), 'json', 'xml', 'text'])) {
      const whole = entriesOf(text, form, Infinity) as { line: number; text?: string }[];
      for (const most of [1, 7]) assert.deepEqual(entriesOf(text, form, most), whole);
      const lines = text.split('\n').length;
      for (const { line, text: entry = '' } of whole) {
        assert(line >= 1 && line <= lines, `line ${line} of ${lines}`);
        assert(entry.length <= ENTRY_CHARACTERS_MAX && text.includes(entry));
      }
    }
  },
  seeds: () => [
    ...['conntrack-L.xml', 'conntrack-E-xml.xml', 'conntrack-L-save.txt', 'proc-nf_conntrack.txt'].map(
      (file) => octetsOf(readFileSync(join(folder, file), 'utf8').slice(0, 1500)),
    ),
    ...[0, 2].flatMap((indent) => [
      octetsOf(JSON.stringify({ 'msp-session': mixedRecords.slice(0, 2) }, undefined, indent)),
      octetsOf(JSON.stringify(mixedRecords.slice(0, 2), undefined, indent)),
    ]),
  ],
};
