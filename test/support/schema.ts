/** The JSON schemas of docs/schema, one a show. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';

/** What is wrong with `text` as data of the schema `name`; undefined: nothing. */
export function schemaErrors(name: string, text: string): unknown {
  const file = join(import.meta.dirname, `../../docs/schema/${name}.json`);
  const validate = new Ajv({ allErrors: true }).compile(JSON.parse(readFileSync(file, 'utf8')));
  return validate(JSON.parse(text)) ? undefined : validate.errors;
}
