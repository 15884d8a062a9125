/** The manual page of the program, dnrouter(1), from the table of its options. */
import {
  BEHAVIOUR,
  EXIT_STATUSES,
  programOptionRows,
  PURPOSE,
  spellings,
  type ProgramOption,
} from '../src/access/options.ts';

/** What the page says beside the options. */
const sections: readonly (readonly [string, readonly string[]])[] = [
  [
    'FILES',
    [
      'The state directory holds all that the router remembers, and is readable by its owner alone: router.db (configurations, users, the record), sessions.db (measurements), services.db (service sessions), secret.key (what secrets are sealed with) and the host keys of ssh. One process owns it; another dnrouter that is started on it attaches to that one.',
    ],
  ],
  [
    'ENVIRONMENT',
    [
      'XDG_STATE_HOME: where the state directory is without --state.',
      'DNROUTER_DATAPATH=dgram: test packets go through the sockets of Node.js in place of system calls.',
      'NO_COLOR, TERM: whether and how a terminal is written to in colour.',
    ],
  ],
  [
    'EXAMPLES',
    [
      "dnrouter -c 'twping router.example count 100 interval 20ms'",
      "dnrouter -c 'show services twamp sessions | display json'",
      'dnrouter --state /var/lib/dnrouter --daemon',
    ],
  ],
  [
    'SEE ALSO',
    ['The pages in the docs directory of the package; ? at the prompt; twping(1), ssh(1), systemd.exec(5)'],
  ],
];

/** roff: a backslash and a hyphen mean something, and so does a dot or an apostrophe at the beginning of a line. */
function roff(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll(/^(?=[.'])/gm, '\\&');
}

function optionOf(row: readonly [string, ProgramOption]): string {
  const [, { value, help }] = row;
  const words = spellings(row).map((word) => `\\fB${roff(word)}\\fR`);
  const argument = value === undefined ? '' : ` \\fI${roff(value)}\\fR`;
  return `.TP\n${words.join(', ')}${argument}\n${roff(sentence(help))}`;
}

const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;

export function manPage(version: string): string {
  return [
    '.\\" Written by npm run generate from src/access/options.ts and scripts/man-page.ts.',
    `.TH DNROUTER 1 "" "dnrouter ${roff(version)}" "User Commands"`,
    '.SH NAME',
    'dnrouter \\- a router\\-style shell over a TWAMP engine',
    '.SH SYNOPSIS',
    '.B dnrouter',
    '[\\fIoptions\\fR]',
    '.SH DESCRIPTION',
    roff(`${PURPOSE} ${BEHAVIOUR}`),
    '.SH OPTIONS',
    ...programOptionRows.map(optionOf),
    '.SH EXIT STATUS',
    ...EXIT_STATUSES.map(([status, meaning]) => `.TP\n.B ${status}\n${roff(sentence(meaning))}`),
    ...sections.flatMap(([title, paragraphs]) => [`.SH ${title}`, paragraphs.map(roff).join('\n.PP\n')]),
    '',
  ].join('\n');
}
