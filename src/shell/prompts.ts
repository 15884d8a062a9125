/** What stands before the line that is typed, style by style. */
import { levelsAlong } from '../grammar/meaning.ts';
import type { GrammarNode } from '../grammar/node.ts';
import { quoteWord } from '../grammar/tokens.ts';
import { utcTime } from '../render/time.ts';

/** Where a login stands, and since when. */
export interface PromptPlace {
  readonly hostName: string;
  readonly user: string;
  /** The level edited, undefined in operational mode. */
  readonly path: readonly string[] | undefined;
  readonly schema: GrammarNode;
  /** When the prompt is shown, for logins that want to see times. */
  readonly wallNanos: bigint | undefined;
  /** Until a commit that nobody has confirmed is taken back; undefined where there is none. */
  readonly rollbackMinutes: number | undefined;
}

/** Longer prompts are shortened, so that there is room to type, and automation finds them (scrapli's pattern). */
const PROMPT_LENGTH_MAX = 63;

/** `dnRouter(cfg-srv-rpm-twamp-server)# `: the short word of each level, keys left out; longer ones lose levels. */
export function dnosPrompt({ hostName, path, schema, wallNanos }: PromptPlace): string {
  const time =
    wallNanos === undefined ? undefined : utcTime(wallNanos).slice(0, -' UTC'.length).replace(' ', '-');
  const written = (words: readonly string[]): string => {
    const inside = [words.join('-'), time].filter((part) => part);
    return inside.length === 0 ? `${hostName}# ` : `${hostName}(${inside.join(' ')})# `;
  };
  if (!path) return written([]);
  const shorts = ['cfg', ...shortWords(schema, path)];
  let kept = shorts;
  while (written(kept).length > PROMPT_LENGTH_MAX && kept.length > 2) kept = ['cfg', ...kept.slice(2)];
  return written(kept);
}

function shortWords(schema: GrammarNode, path: readonly string[]): string[] {
  const [, ...levels] = levelsAlong(schema, path);
  return levels.map(({ node }) => node.short ?? node.name).filter((word) => word !== '');
}

/** `ada@dnRouter> `, and below `[edit …]` `ada@dnRouter# `; above both, what will be taken back. */
export function junosPrompt(place: PromptPlace): string {
  const { path, rollbackMinutes: minutes } = place;
  const warning =
    minutes === undefined ? '' : `# commit confirmed will be rolled back in ${minutes} minutes\n`;
  return path ? `\n${warning}${editLine(path)}\n${at(place)}# ` : `${warning}${at(place)}> `;
}

/** `ada@dnRouter:~$ `, and below `[edit …]` `ada@dnRouter# `. */
export function vyosPrompt(place: PromptPlace): string {
  return place.path ? `${editLine(place.path)}\n${at(place)}# ` : `${at(place, ':~')}:~$ `;
}

/** The login's own words before what is typed; what the style shows above that stays. */
export function ownPrompt(styled: string, words: string): string {
  const above = styled.slice(0, styled.lastIndexOf('\n') + 1);
  return `${above}${words.trimEnd().slice(0, PROMPT_LENGTH_MAX - 1)} `;
}

export function editLine(path: readonly string[]): string {
  return `[${['edit', ...path.map(quoteWord)].join(' ')}]`;
}

function at({ user, hostName }: PromptPlace, behind = ''): string {
  return `${user}@${hostName}`.slice(0, PROMPT_LENGTH_MAX - behind.length - '# '.length);
}
