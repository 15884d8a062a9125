/** What `help topic` tells: what things are for and how they belong together, not how each is typed. */
import type { CommandArguments } from './arguments.ts';

interface Topic {
  readonly title: string;
  /** Lines of at most 80 columns. */
  readonly text: string;
}

export const topics: Readonly<Record<CommandArguments['help-topic']['topic'], Topic>> = {
  batches: {
    title: 'Lines from a program',
    text: `dnrouter -c 'LINE' runs a line, and lines on standard input run in order. The exit
status is 0 when all succeeded, 1 when any failed. Errors are on standard error,
each with the number of its line. A batch has no colours, no pager and no
questions; it edits a candidate configuration of its own.
`,
  },
  configuration: {
    title: 'Configuration',
    text: `"configure" enters configuration mode, "set", "delete" and "edit" change a
candidate, "show | compare" tells what has changed, and "commit" puts it in force
or nothing at all. "wildcard delete" deletes what a pattern matches, when asked.
"commit check" only looks, "rollback N" goes back, and
"commit confirmed" goes back by itself unless it is confirmed. "exit" leaves.
`,
  },
  editing: {
    title: 'Editing a line',
    text: `? lists what may follow, Tab completes, and so does Space. Words may be shortened
as long as the whole line means one thing. Ctrl-A and Ctrl-E go to the ends,
Alt-B and Alt-F by words, Ctrl-W, Ctrl-U and Ctrl-K cut, Ctrl-Y puts back,
Ctrl-_ undoes. Up, Down and Ctrl-R find lines that were entered before.
"set cli alias" names the words with which you often begin a line. Ctrl-C gives
up the line or the command under way, Ctrl-Z leaves configuration mode, Ctrl-D
leaves. In the style of DNOS, "show a ; show b" runs one command after the other.
`,
  },
  logins: {
    title: 'Logins and their rights',
    text: `"system login user" makes accounts, "system services ssh" lets them in. A login
class says what they may do; what somebody may not do does not exist for them, in
help, in completion and as a command. "show system users" tells who is there,
"show system audit" who did what.
`,
  },
  pipes: {
    title: 'Pipes',
    text: `Behind any command, | and a pipe choose lines (match, except, find, last), count
them, save them, or ask for another form: "| display json", "| display xml",
"| display set". Several follow one another. Patterns are regular expressions.
"| monitor" repeats a show on a screen of its own until q.
`,
  },
  sessions: {
    title: 'Sessions',
    text: `"show services twamp sessions" has the control connections and test sessions of
this router's server and of its own measurements, "history" those that ended, and
"monitor services twamp sessions" draws their rates and delays.
`,
  },
  styles: {
    title: 'Styles of the CLI',
    text: `"set cli style dnos|junos|vyos" gives this login the prompts, errors, dialogs and
help of that vendor; all commands of all three work in each.
`,
  },
  twamp: {
    title: 'Two-Way Active Measurement Protocol (RFC 5357)',
    text: `A Control-Client asks a Server for test sessions over TCP (port 862); its
Session-Sender then sends UDP packets that the Session-Reflector sends back, each
with its time stamps, from which delays, jitter and loss follow. This router is all
four: "services rpm twamp server" serves, "twping" measures once, "services rpm
twamp client" measures for ever. STAMP (RFC 8762) and TWAMP Light need no control
connection: "services simple-twamp", and "twping HOST light".
`,
  },
};
