/** `load` and `save`: configurations as texts, from and to files and terminals. */
import { LoadError, LOAD_LIMITS } from '../config/load/faults.ts';
import { formOf, loading, updated, type LoadForm, type LoadMode } from '../config/load/load.ts';
import type { Said } from '../config/load/said.ts';
import { visibleTree } from '../config/privileges.ts';
import { bracesLines } from '../config/text.ts';
import { EMPTY_TREE, type ConfigTree } from '../config/tree.ts';
import { Slices } from '../config/turns.ts';
import { levelsAlong } from '../grammar/meaning.ts';
import { act, textOf, type Command, type Context, type Editing, type Session } from './command.ts';
import { describe } from './messages.ts';
import { saysPassword, withHashedPasswords } from './passwords.ts';
import { Refusal } from './refusal.ts';
import { editingOf, mustStillEdit } from './commits.ts';
import { part } from './configuration.ts';

interface LoadArguments {
  readonly file?: string;
  readonly relative?: true;
  readonly form?: Exclude<LoadForm, 'patch'>;
}

export const loadMerge = load('merge');
export const loadOverride = load('override');
export const loadPatch = load('patch');
export const loadReplace = load('replace');
export const loadSet = load('set');
export const loadUpdate = load('update');

/** What a text is called that came from no file. */
const TERMINAL = 'terminal';

function load(mode: LoadMode): Command<LoadArguments> {
  return act(async (context, { file, relative, form: wanted }) => {
    const { session, router, readLine } = context;
    const editing = editingOf(context);
    const can = (privilege: string): boolean => session.can(privilege);
    const text = await textFrom(context, file);
    const form = wanted ?? formOf(text, mode);
    const level = relative ? editing.path : [];
    const loader = { schema: router.configuration.schema, can, level, readLine };
    try {
      await change(context, editing, mode, (tree) => {
        const { secrets } = editing.candidate;
        return loading(text, form, loader, { tree, secrets, asks: saysPassword });
      });
    } catch (error) {
      if (error instanceof LoadError) throw new LoadError(error.faults, file ?? TERMINAL);
      throw error;
    }
    return session.dialogs.loaded;
  });
}

async function textFrom({ session, readText }: Context, file: string | undefined): Promise<string> {
  const text = file === undefined ? await readText(LOAD_LIMITS.characters) : await session.files.read(file);
  if (text === undefined) throw new Refusal('nothing-loaded');
  return text;
}

type Loading = ReturnType<typeof loading>;

/** Done again where somebody else has edited the candidate meanwhile. */
async function change(
  context: Context,
  editing: Editing,
  mode: LoadMode,
  load: (tree: ConfigTree) => Loading,
): Promise<void> {
  const { candidate } = editing;
  for (;;) {
    const before = candidate.tree;
    const isWhole = mode === 'override' || mode === 'update';
    const made = await inSlices(load(isWhole ? EMPTY_TREE : before), context);
    mustStillEdit(context, editing);
    if (candidate.tree !== before) continue;
    candidate.change(
      () => (mode === 'update' ? updated(before, made) : made),
      (privilege) => context.session.can(privilege),
    );
    return;
  }
}

/** Long texts are loaded in slices; passwords are hashed on the way. */
async function inSlices(work: Loading, { router, session, signal }: Context): Promise<ConfigTree> {
  const slices = new Slices(router.clock);
  let next = work.next();
  while (!next.done) {
    const kept = next.value && (await withPasswordHashed(session, next.value));
    if (slices.over) {
      await slices.next();
      if (signal.aborted) throw new Refusal('nothing-loaded');
    }
    next = work.next(kept);
  }
  return next.value;
}

async function withPasswordHashed(session: Session, said: Said): Promise<readonly Said[]> {
  try {
    const kept = await withHashedPasswords(session, [said.statement]);
    return kept.map((statement) => ({ ...said, statement }));
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const { line, statement } = said;
    throw new LoadError([
      { line, path: statement.path, code: 'refused', details: { text: describe(error) } },
    ]);
  }
}

/** What of the candidate stands at the level that is edited, and above it, as whoever saves it may see it. */
function levelLines(context: Context): Iterable<string> {
  const { router, session } = context;
  const { candidate, path } = editingOf(context);
  const { schema } = router.configuration;
  const visible = visibleTree(schema, candidate.tree, (privilege) => session.can(privilege));
  return bracesLines(schema, part(visible, levelsAlong(schema, path).at(-1)!.path));
}

export const saveTerminal: Command<Record<string, never>> = (context) =>
  Promise.resolve({ text: () => textOf(levelLines(context)) });

/** In characters: what is written at once. */
const PIECE_LENGTH = 65_536;

export const save = act<{ readonly file?: string }>(async (context, { file }) => {
  const { session } = context;
  if (file === undefined) return session.dialogs.savedAlready;
  const writer = await session.files.create(file);
  try {
    let lines = 0;
    let piece = '';
    for (const line of levelLines(context)) {
      piece += `${line}\n`;
      lines += 1;
      if (piece.length < PIECE_LENGTH) continue;
      await writer.write(piece);
      piece = '';
    }
    await writer.write(piece);
    await writer.finish();
    return session.dialogs.saved(file, lines);
  } finally {
    await writer.abandon();
  }
});
