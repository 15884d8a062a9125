/** The pipes of one line at work: text goes in in pieces, and comes out filtered; files take their part on the way. */
import { normalize } from 'node:path';
import type { FileWriter, LoginFiles } from '../commands/command.ts';
import { Refusal } from '../commands/refusal.ts';
import { counted } from '../render/counted.ts';
import type { Emit, Filter } from './filters.ts';
import type { FileWish, Stage } from './pipes.ts';

/** Characters that wait to be written together. */
const WRITTEN_AT_ONCE_CHARACTERS = 65_536;

/** Without stages, pieces pass as they are. */
export class Pipeline {
  readonly #files: readonly FileStage[];
  readonly #filters: readonly Filter[];
  readonly #filter: Filter | undefined;
  #gathered = '';
  /** The beginning of a line whose end has not come yet. */
  #cut = '';

  private constructor(stages: readonly Stage[], writers: ReadonlyMap<Stage, FileWriter>) {
    const files: FileStage[] = [];
    const filters: Filter[] = [];
    let next: Emit = (line) => void (this.#gathered += `${line}\n`);
    for (const stage of stages.toReversed()) {
      let filter: Filter;
      if ('filter' in stage) filter = stage.filter(next);
      else {
        const file = new FileStage(stage, writers.get(stage)!, next);
        files.unshift(file);
        filter = file;
      }
      filters.unshift(filter);
      next = (line) => filter.line(line);
    }
    this.#files = files;
    this.#filters = filters;
    // The first stage is the one nearest the command.
    this.#filter =
      stages.length === 0 ? undefined : { line: next, end: () => filters.forEach((filter) => filter.end()) };
  }

  /** Opens the files, so that what cannot be written is known before anything is done. Throws FileError or Refusal, nothing left open. */
  static async open(stages: readonly Stage[], files: LoginFiles): Promise<Pipeline> {
    const writers = new Map<Stage, FileWriter>();
    try {
      const named = new Set<string>();
      for (const stage of stages) {
        if (!('file' in stage)) continue;
        const { how, file } = stage;
        const path = normalize(file);
        if (named.has(path)) throw new Refusal('written-twice', { file });
        named.add(path);
        writers.set(stage, await files[how](file));
      }
      return new Pipeline(stages, writers);
    } catch (error) {
      for (const writer of writers.values()) await writer.abandon();
      throw error;
    }
  }

  /** What may be shown of a piece, and of those before. */
  take(piece: string): string {
    if (!this.#filter) return piece;
    const lines = (this.#cut + piece).split('\n');
    this.#cut = lines.pop()!;
    for (const line of lines) this.#filter.line(line);
    return this.#flush();
  }

  /** Undefined, or what is to be awaited before more is taken. */
  settle(): Promise<void> | undefined {
    const full = this.#files.filter((file) => file.waiting >= WRITTEN_AT_ONCE_CHARACTERS);
    return full.length === 0 ? undefined : writeAll(full);
  }

  /** What has been held back. */
  end(): string {
    if (this.#filter && this.#cut !== '') this.#filter.line(this.#cut);
    this.#cut = '';
    this.#filter?.end();
    return this.#flush();
  }

  /** After `end`: makes the files last, and says so, and what else is to be said. Throws FileError. */
  async finish(): Promise<string> {
    await writeAll(this.#files);
    const remarks = this.#filters.flatMap((filter) => filter.remark?.() ?? []);
    let said = remarks.map((remark) => `${remark}\n`).join('');
    for (const file of this.#files) said += `${await file.finish()}\n`;
    return said;
  }

  /** Leaves files as they were, unless they are finished. */
  async abandon(): Promise<void> {
    for (const file of this.#files) await file.abandon();
  }

  #flush(): string {
    const text = this.#gathered;
    this.#gathered = '';
    return text;
  }
}

async function writeAll(files: readonly FileStage[]): Promise<void> {
  for (const file of files) await file.write();
}

/** Lines on their way into a file. */
class FileStage implements Filter {
  readonly #wish: FileWish;
  readonly #writer: FileWriter;
  readonly #emit: Emit;
  #waiting = '';
  #lines = 0;

  constructor(wish: FileWish, writer: FileWriter, emit: Emit) {
    this.#wish = wish;
    this.#writer = writer;
    this.#emit = emit;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  line(text: string): void {
    this.#waiting += `${text}\n`;
    this.#lines += 1;
    if (this.#wish.passes) this.#emit(text);
  }

  end(): void {
    // What waits is written by `finish`.
  }

  async write(): Promise<void> {
    const text = this.#waiting;
    this.#waiting = '';
    if (text !== '') await this.#writer.write(text);
  }

  async finish(): Promise<string> {
    await this.#writer.finish();
    const { how, file } = this.#wish;
    const lines = `${counted(this.#lines, 'line')} of output`;
    return how === 'append' ? `Appended ${lines} to '${file}'` : `Wrote ${lines} to '${file}'`;
  }

  abandon(): Promise<void> {
    return this.#writer.abandon();
  }
}
