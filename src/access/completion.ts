/** Completion of the program's own options, as scripts that shells read. */
import {
  completionShells,
  programOptionRows,
  spellings,
  type CompletionShell,
  type Offered,
  type ProgramOption,
} from './options.ts';

type Row = readonly [string, ProgramOption];

/** The script for a shell; `classNames`: those that `--role` may name. */
export function completionScript(shell: CompletionShell, classNames: readonly string[]): string {
  const words: Words = { classes: classNames, shells: completionShells };
  return scripts[shell](words);
}

/** What is offered from a list. */
type Words = Readonly<Record<'classes' | 'shells', readonly string[]>>;

const scripts: Readonly<Record<CompletionShell, (words: Words) => string>> = { bash, zsh, fish };

const rowsWithValue = (): readonly Row[] => programOptionRows.filter(([, { value }]) => value !== undefined);

/** `words` is what may follow; undefined for directories. */
function listOf(offers: Offered | undefined, words: Words): readonly string[] | undefined {
  if (offers === 'directories') return undefined;
  return offers === 'classes' || offers === 'shells' ? words[offers] : [];
}

/** bash splits a word at `=`, and takes a word of its own for it. */
function bash(words: Words): string {
  const cases = rowsWithValue().map((row) => {
    const list = listOf(row[1].offers, words);
    const offer =
      list === undefined
        ? 'compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$word")'
        : `mapfile -t COMPREPLY < <(compgen -W '${list.join(' ')}' -- "$word")`;
    return `    ${spellings(row).join('|')}) ${offer}; return ;;`;
  });
  return `# bash completion of dnrouter: . <(dnrouter --completion bash)
_dnrouter() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD - 1]}
  if [ "$word" = = ]; then word=; elif [ "$before" = = ]; then before=\${COMP_WORDS[COMP_CWORD - 2]}; fi
  COMPREPLY=()
  case $before in
${cases.join('\n')}
  esac
  mapfile -t COMPREPLY < <(compgen -W '${programOptionRows.flatMap(spellings).join(' ')}' -- "$word")
}
complete -F _dnrouter dnrouter
`;
}

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

function zsh(words: Words): string {
  const rows = programOptionRows.map((row) => {
    const [, { help, multiple, value, offers }] = row;
    const list = listOf(offers, words);
    const action = list === undefined ? '_files -/' : list.length === 0 ? '' : `(${list.join(' ')})`;
    const told = help.replaceAll(/[[\]:]/g, '\\$&');
    const argument = value === undefined ? '' : `:${value}:${action}`;
    const all = spellings(row);
    const names = all.length === 1 ? all[0]! : `{${all.join(',')}}`;
    const once = multiple ? "'*'" : all.length === 1 ? '' : `'(${all.join(' ')})'`;
    return `    ${once}${names}${quoted(`[${told}]${argument}`)}`;
  });
  return `#compdef dnrouter
# zsh completion of dnrouter: . <(dnrouter --completion zsh) behind compinit, or as _dnrouter in a directory of fpath
_dnrouter() {
  _arguments \\
${rows.join(' \\\n')}
}
if [ "$funcstack[1]" = _dnrouter ]; then _dnrouter "$@"; else compdef _dnrouter dnrouter; fi
`;
}

/** fish unescapes only these two between single quotes. */
const fishQuoted = (text: string): string => `'${text.replaceAll(/[\\']/g, '\\$&')}'`;

function fish(words: Words): string {
  const rows = programOptionRows.map(([name, { short, help, value, offers }]) => {
    const list = listOf(offers, words);
    const offered = list === undefined ? '(__fish_complete_directories)' : list.join(' ');
    return [
      'complete -c dnrouter',
      ...(short === undefined ? [] : [`-s ${short}`]),
      `-l ${name}`,
      ...(value === undefined ? [] : ['-x']),
      ...(value === undefined || offered === '' ? [] : [`-a ${fishQuoted(offered)}`]),
      `-d ${fishQuoted(help)}`,
    ].join(' ');
  });
  return `# fish completion of dnrouter: dnrouter --completion fish > ~/.config/fish/completions/dnrouter.fish
complete -c dnrouter -f
${rows.join('\n')}
`;
}
