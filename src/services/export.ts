/** Sessions as the text of a file that can be imported again: JSON lines, or what the program conntrack would list. */
import type { ListedConnection } from './conntrack/connection-details.ts';
import {
  connectionCommand,
  connectionElement,
  connectionLine,
  documentEnd,
  documentStart,
  type WritingOptions,
} from './conntrack/connection-writer.ts';
import { sessionRecord } from './records/records.ts';
import type { SelectOptions, SessionSource } from './source.ts';

/** `text`: `conntrack -L`; the others of conntrack are what `-o` calls them. */
export type ExportForm = 'json-lines' | 'text' | 'extended' | 'save' | 'xml';

export interface ExportOptions extends SelectOptions {
  readonly form: ExportForm;
  /** Of `text` and `extended`. */
  readonly hasIds: boolean;
  readonly nowWallNanos: bigint;
  /** Writes an instant as ISO 8601. */
  readonly timeOf: (wallNanos: bigint) => string;
}

/** How a connection is written; each with its line feed. */
const writers: Readonly<
  Record<Exclude<ExportForm, 'json-lines'>, (listed: ListedConnection, options: WritingOptions) => string>
> = {
  text: (listed, options) => `${connectionLine(listed, options)}\n`,
  extended: (listed, options) => `${connectionLine(listed, options)}\n`,
  save: (listed) => `${connectionCommand(listed)}\n`,
  xml: (listed, options) => `${connectionElement(listed, options)}\n`,
};

/** Sessions that are written as JSON without a turn of others: some milliseconds. */
const RECORDS_AT_ONCE = 64;

/** What was exported, and what of it has been written so far. */
export class SessionExport {
  readonly #source: SessionSource;
  readonly #options: ExportOptions;
  sessions = 0;
  /** Sessions that the form has no words for. */
  leftOut = 0;

  constructor(source: SessionSource, options: ExportOptions) {
    this.#source = source;
    this.#options = options;
  }

  /** Whole lines, no more than a batch of the source's at a time. Rejects as those of the source do. */
  async *texts(): AsyncGenerator<string> {
    const { form } = this.#options;
    if (form === 'json-lines') {
      for await (const sessions of this.#source.select(this.#options)) {
        for (let from = 0; from < sessions.length; from += RECORDS_AT_ONCE) {
          const records = sessions.slice(from, from + RECORDS_AT_ONCE);
          this.sessions += records.length;
          yield records
            .map((session) => `${JSON.stringify(sessionRecord(session, this.#options.timeOf))}\n`)
            .join('');
        }
      }
      return;
    }
    if (form === 'xml') yield documentStart;
    yield* this.#connectionTexts(form);
    if (form === 'xml') yield documentEnd;
  }

  async *#connectionTexts(form: Exclude<ExportForm, 'json-lines'>): AsyncGenerator<string> {
    const { hasIds, nowWallNanos } = this.#options;
    const options: WritingOptions = { isExtended: form === 'extended', hasIds, nowWallNanos };
    for await (const batch of this.#source.connections(this.#options)) {
      let text = '';
      for (const listed of batch) {
        if (listed === undefined) this.leftOut += 1;
        else {
          text += writers[form](listed, options);
          this.sessions += 1;
        }
      }
      yield text;
    }
  }
}
