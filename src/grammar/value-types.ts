/** The types of values: one row each says what is accepted, what it becomes, and how it is described. */
import { Address4, Address6 } from 'ip-address';
import { RE2JS, RE2JSSyntaxException } from 're2js';
import { isName, isSystemName } from './names.ts';
import { PASSWORD_HASH, readPasswordHash } from './password-hash.ts';
import { isPostgresqlUrl, POSTGRESQL_URL, POSTGRESQL_URL_LENGTH_MAX } from './postgresql-url.ts';
import { COMMAND_LINE, SEALED_PREFIX, SECRET_DATA, SECRET_LENGTH_MAX } from './secret.ts';
import {
  applicationProtocolType,
  ipProtocolType,
  markType,
  maskType,
  servicesInterfaceType,
} from './service-types.ts';
import { readSshKey, SSH_KEY_FAMILIES } from './ssh-key.ts';

export type Scalar = string | number;

/** What a typed text turned out to be: a value, or what had been expected instead. */
export type Parsed = { readonly value: Scalar } | { readonly expected: string };

export interface ValueType {
  /** As written in the grammar: `1..65535`, `control|data`, `prefix`. */
  readonly name: string;
  parse(text: string): Parsed;
  /** Of a configuration in force: also what an earlier version took. */
  parseStored?(text: string): Parsed;
  /** For help and errors: the accepted range or form. */
  readonly expects: string;
  /** Of an enumeration: the words, in the grammar's order. */
  readonly choices: readonly string[];
  /** Help of words of `choices`; the others have that of the line. */
  readonly choiceHelp?: Readonly<Record<string, string>>;
  /** What is accepted beside `choices`. */
  readonly besideChoices?: { readonly expects: string; readonly help: string };
  /** Of a text that is described by its length. */
  readonly charactersMax?: number;
  /** Of an enumeration: second words that may follow a value, and what the two of them are. */
  readonly seconds?: readonly SecondWord[];
  /** The type of the parsed value, as TypeScript writes it. */
  readonly typescript: string;
}

/** `encrypted+control-only=mixed`. */
export interface SecondWord {
  readonly first: string;
  readonly word: string;
  readonly value: string;
}

/**
 * The address and perhaps port that an `endpoint` value parses to, as text; `parseEndpoint` takes it apart.
 */
export interface Endpoint {
  readonly address: string;
  readonly port?: number;
}

const TEXT_LENGTH_MAX = 4096;
const PATTERN_LENGTH_MAX = 1024;
const HOST_NAME_LENGTH_MAX = 253;
const DURATION_NANOS_MAX = Number.MAX_SAFE_INTEGER;

/** Nanoseconds in one of each unit; a bare number is seconds, as in twping. */
const DURATION_UNITS = { ns: 1, us: 1e3, ms: 1e6, s: 1e9, m: 60e9, h: 3600e9 } as const;

/** Canonical text of an IPv4 or IPv6 address, undefined when it is neither. */
export function canonicalAddress(word: string): string | undefined {
  if (/^\d+\.\d+\.\d+\.\d+$/.test(word))
    return Address4.isValid(word) ? new Address4(word).correctForm() : undefined;
  if (!word.includes(':') || /[%/]/.test(word) || !Address6.isValid(word)) return undefined;
  return new Address6(word).correctForm();
}

const PREFIX = 'an IPv4 or IPv6 prefix such as 192.0.2.0/24';

/** Canonical `address/length`; a bare address is itself with full length. Host bits must be clear. */
function prefix(word: string): Parsed {
  const [address = '', length, ...more] = word.split('/');
  const canonical = canonicalAddress(address);
  if (canonical === undefined || more.length > 0) return { expected: PREFIX };
  const bits = canonical.includes(':') ? 128 : 32;
  if (length === undefined) return { value: `${canonical}/${bits}` };
  if (!/^\d{1,3}$/.test(length) || Number(length) > bits)
    return { expected: `a prefix length of 0..${bits}` };
  const whole = `${canonical}/${Number(length)}`;
  const start = (bits === 128 ? new Address6(whole) : new Address4(whole)).startAddress().correctForm();
  if (start !== canonical) return { expected: `a prefix without host bits (${start}/${Number(length)})` };
  return { value: whole };
}

/** Takes `address`, `v4:port` or `[v6]:port` apart. */
export function parseEndpoint(word: string): Endpoint | undefined {
  const alone = canonicalAddress(word);
  if (alone !== undefined) return { address: alone };
  const match = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(word) ?? /^\[([^\]]+)\]$/.exec(word);
  const address = canonicalAddress(match?.[1] ?? match?.[2] ?? '');
  if (address === undefined) return undefined;
  if (match?.[3] === undefined) return { address };
  const port = Number(match[3]);
  return port <= 65535 ? { address, port } : undefined;
}

const DURATION = 'a duration in seconds, or with a unit (ns us ms s m h)';

/** Nanoseconds, rounded. */
function duration(word: string): Parsed {
  const match = /^(\d{1,12}(?:\.\d{1,9})?)(ns|us|ms|s|m|h)?$/.exec(word);
  const unit = (match?.[2] ?? 's') as keyof typeof DURATION_UNITS;
  const nanos = match ? Math.round(Number(match[1]) * DURATION_UNITS[unit]) : Infinity;
  return nanos <= DURATION_NANOS_MAX ? { value: nanos } : { expected: DURATION };
}

/** A time between packets; `exponential`: it is the mean of random ones. */
export interface Interval {
  readonly nanos: number;
  readonly exponential: boolean;
}

/** A duration that may end in twping's `e` (exponential) or `f` (fixed, as without it). */
export function parseInterval(word: string): Interval | undefined {
  const parsed = duration(word.replace(/[ef]$/, ''));
  return 'value' in parsed ? { nanos: Number(parsed.value), exponential: word.endsWith('e') } : undefined;
}

/** Three decimal places are what is told apart. */
function percentage(word: string): number | undefined {
  return /^\d{1,3}(\.\d{1,3})?$/.test(word) && Number(word) <= 100 ? Number(word) : undefined;
}

const PERCENTILES_MAX = 16;

/** `50,95,99.9`. */
export function parsePercentiles(word: string): readonly number[] | undefined {
  const percentiles = word.split(',').flatMap((each) => percentage(each) ?? 0);
  const all = percentiles.length <= PERCENTILES_MAX && percentiles.every((each) => each > 0);
  return all ? percentiles : undefined;
}

const PATTERN = 'a regular expression';

/** Why a regular expression is none, in RE2's words; undefined where it is one. */
export function patternMistake(text: string): string | undefined {
  try {
    RE2JS.compile(text);
    return undefined;
  } catch (error) {
    if (!(error instanceof RE2JSSyntaxException)) throw error;
    return error.input === null || error.input === text ? error.error : `${error.error}: ${error.input}`;
  }
}

/** RE2 syntax: matching takes time linear in the text, so that no pattern can hang the shell. */
function pattern(word: string): Parsed {
  if (word.length > PATTERN_LENGTH_MAX)
    return { expected: `a pattern of at most ${PATTERN_LENGTH_MAX} characters` };
  const mistake = patternMistake(word);
  return mistake === undefined ? { value: word } : { expected: `${PATTERN} (${mistake})` };
}

const HOST_LABEL = /^(?!-)[A-Za-z0-9-]{1,63}(?<!-)$/;

/** An address in canonical form, or a name; what could only have been an address is no name. */
function hostText(word: string): string | undefined {
  const address = canonicalAddress(word);
  if (address !== undefined) return address;
  const isName =
    word.length <= HOST_NAME_LENGTH_MAX && word.split('.').every((label) => HOST_LABEL.test(label));
  return isName && !/^[\d.]+$/.test(word) ? word : undefined;
}

/** Names of code points, as Junos and the IANA registry of DSCPs have them. */
const CODE_POINTS: Readonly<Record<string, number>> = {
  ...{ be: 0, ef: 46, nc1: 48, nc2: 56, 'voice-admit': 44 },
  ...{ cs0: 0, cs1: 8, cs2: 16, cs3: 24, cs4: 32, cs5: 40, cs6: 48, cs7: 56 },
  ...{ af11: 10, af12: 12, af13: 14, af21: 18, af22: 20, af23: 22 },
  ...{ af31: 26, af32: 28, af33: 30, af41: 34, af42: 36, af43: 38 },
};

/** Of the names a code point has, the one of its class. */
const CODE_POINT_NAMES = new Map(Object.entries(CODE_POINTS).map(([name, value]) => [value, name]));

/** Such as `cs6`; undefined for one without a name. */
export function dscpName(value: number): string | undefined {
  return CODE_POINT_NAMES.get(value);
}

/** A DSCP as a number, or by name. */
function dscp(word: string): number | undefined {
  if (/^\d{1,2}$/.test(word)) return Number(word) < 64 ? Number(word) : undefined;
  return Object.hasOwn(CODE_POINTS, word) ? CODE_POINTS[word] : undefined;
}

/** The six bits of a DSCP, written as such or by name. */
function codePoints(word: string): string | undefined {
  if (/^[01]{6}$/.test(word)) return word;
  return Object.hasOwn(CODE_POINTS, word) ? CODE_POINTS[word]!.toString(2).padStart(6, '0') : undefined;
}

const INSTANT = 'a time in UTC, as YYYY-MM-DD.HH:MM:SS';

/** Whole seconds since 1970. */
function instant(word: string): Parsed {
  const match = /^(\d{4}-\d{2}-\d{2})\.(\d{2}:\d{2}:\d{2})$/.exec(word);
  const iso = match ? `${match[1]!}T${match[2]!}.000Z` : '';
  const millis = existingMillis(iso);
  return millis === undefined ? { expected: INSTANT } : { value: millis / 1000 };
}

/** The next start of the router, in place of a time. */
const AT_START = 'reboot';

const COMMIT_TIME = `a time (hh:mm[:ss] of today or "yyyy-mm-dd hh:mm[:ss]", UTC) or ${AT_START}`;

function commitTime(word: string): string | undefined {
  const isTime = word === AT_START || commitTimeMillis(word, 0) !== undefined;
  return isTime ? word : undefined;
}

/** Milliseconds since 1970 of a `commit-time`, which without a date is one of the day of `nowMillis`; undefined: at the start. */
export function commitTimeMillis(word: string, nowMillis: number): number | undefined {
  const match = /^(?:(\d{4}-\d{2}-\d{2}) +)?(\d{1,2}:\d{2})(:\d{2})?$/.exec(word);
  if (!match) return undefined;
  const today = new Date(nowMillis).toISOString().slice(0, 10);
  const iso = `${match[1] ?? today}T${match[2]!.padStart(5, '0')}${match[3] ?? ':00'}.000Z`;
  return existingMillis(iso);
}

/** A 30th of February would be read as a day of March. */
function existingMillis(iso: string): number | undefined {
  const millis = Date.parse(iso);
  return !Number.isNaN(millis) && new Date(millis).toISOString() === iso ? millis : undefined;
}

/**
 * Control characters would act on the terminal of whoever reads the value later; what is no character (half a surrogate pair,
 * U+FFFE) is lost in UTF-8 or XML.
 */
// eslint-disable-next-line no-control-regex
const CONTROL_CHARACTERS = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\ud800-\udfff\ufffe\uffff]/u;

function freeText(word: string): Parsed {
  if (word === '') return { expected: 'a text that is not empty' };
  if (word === SECRET_DATA) return { expected: 'a text that does not stand for a secret' };
  if (word.length > TEXT_LENGTH_MAX) return { expected: `a text of at most ${TEXT_LENGTH_MAX} characters` };
  return CONTROL_CHARACTERS.test(word) ? { expected: 'a text without control characters' } : { value: word };
}

const SECRET = `a secret of 1 to ${SECRET_LENGTH_MAX} characters`;

/** As somebody types it, or as it is stored. What stands for a secret that was not shown is none. */
function secret(word: string): Parsed {
  const isShort = word.length <= SECRET_LENGTH_MAX || word.startsWith(SEALED_PREFIX);
  return isShort && 'value' in freeText(word) ? { value: word } : { expected: SECRET };
}

/** RFC 4656 §3.1: UTF-8. */
const KEY_ID_OCTETS_MAX = 80;

function keyId(word: string): string | undefined {
  const fits = Buffer.byteLength(word) <= KEY_ID_OCTETS_MAX;
  return fits && 'value' in freeText(word) ? word : undefined;
}

/** `A-B`, or a port alone. */
function portRange(word: string): string | undefined {
  const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(word);
  const [first, last] = [Number(match?.[1]), Number(match?.[2] ?? match?.[1])];
  return first >= 1 && first <= last && last <= 65535 ? `${first}-${last}` : undefined;
}

/** Whoever logs in types it: no blank, nothing that a shell or a file name would take apart. */
const USER_NAME = /^[A-Za-z_][\w.-]{0,31}$/;

/** A row of the table; without choices it has none, and without a type of TypeScript it is a string. */
export type SimpleType = Pick<ValueType, 'parse' | 'expects'> &
  Partial<Pick<ValueType, 'choices' | 'choiceHelp' | 'besideChoices' | 'typescript' | 'charactersMax'>>;

function numberType(expects: string, accept: (word: string) => number | undefined): SimpleType {
  return { ...acceptedType(expects, accept), typescript: 'number' };
}

/** A type of texts that are accepted in some form, or not at all. */
function textType(expects: string, accept: (word: string) => string | undefined): SimpleType {
  return acceptedType(expects, accept);
}

function acceptedType(expects: string, accept: (word: string) => Scalar | undefined): SimpleType {
  return {
    expects,
    parse(word) {
      const value = accept(word);
      return value === undefined ? { expected: expects } : { value };
    },
  };
}

const SIMPLE_TYPES: Readonly<Record<string, SimpleType>> = {
  address: textType('an IPv4 or IPv6 address', canonicalAddress),
  prefix: { expects: PREFIX, parse: prefix },
  endpoint: textType(
    'an address, or address:port ([address]:port for IPv6)',
    (word) => parseEndpoint(word) && word,
  ),
  host: textType('a host name or address', hostText),
  'host-name': {
    ...textType('letters, digits and hyphens (1 to 63)', (word) =>
      HOST_LABEL.test(word) ? word : undefined,
    ),
    charactersMax: 63,
  },
  'code-points': textType('six bits such as 101110, or an alias such as ef', codePoints),
  dscp: numberType('0..63, or an alias such as ef', dscp),
  percent: numberType('a percentage of 0..100', percentage),
  percentiles: textType(
    `up to ${PERCENTILES_MAX} percentiles above 0 and up to 100, such as 50,95,99.9`,
    (word) => parsePercentiles(word) && word,
  ),
  instant: { expects: INSTANT, parse: instant, typescript: 'number' },
  'commit-time': textType(COMMIT_TIME, commitTime),
  duration: { expects: DURATION, parse: duration, typescript: 'number' },
  'port-range': textType('a range of ports such as 10000-20000', portRange),
  'key-id': textType(`an identifier of 1 to ${KEY_ID_OCTETS_MAX} octets`, keyId),
  'postgresql-url': {
    ...textType(POSTGRESQL_URL, (word) => (isPostgresqlUrl(word) ? word : undefined)),
    charactersMax: POSTGRESQL_URL_LENGTH_MAX,
  },
  secret: { expects: SECRET, parse: secret, charactersMax: SECRET_LENGTH_MAX },
  [PASSWORD_HASH]: textType(
    'a password as it is stored ($scrypt$…)',
    (word) => readPasswordHash(word) && word,
  ),
  user: {
    ...textType('a user name (1 to 32 letters, digits, . _ -)', (word) =>
      USER_NAME.test(word) ? word : undefined,
    ),
    charactersMax: 32,
  },
  file: { expects: 'the name of a file', parse: freeText },
  'application-protocol': applicationProtocolType,
  'ip-protocol': ipProtocolType,
  'services-interface': servicesInterfaceType,
  mark: markType,
  mask: maskType,
  pattern: { expects: PATTERN, parse: pattern },
  text: { expects: 'a text', parse: freeText, charactersMax: TEXT_LENGTH_MAX },
  [COMMAND_LINE]: { expects: 'words in quotes, as a line begins with them', parse: freeText },
  comment: {
    expects: 'a text',
    parse: (text) => (text === '' ? { value: text } : freeText(text)),
    charactersMax: TEXT_LENGTH_MAX,
  },
};

function integerType(name: string, low: number, high: number): ValueType {
  const expects = `${low}..${high}`;
  return {
    name,
    expects,
    choices: [],
    typescript: 'number',
    parse(word) {
      const value = /^\d{1,16}$/.test(word) ? Number(word) : NaN;
      return value >= low && value <= high ? { value } : { expected: expects };
    },
  };
}

/**
 * One of the words, or the beginning of only one; `other=word` is another spelling, which must be whole, and
 * `first+second=word` one of two words.
 */
function enumerationType(name: string, items: readonly string[]): ValueType {
  const choices = items.filter((item) => !item.includes('='));
  const others = items
    .filter((item) => item.includes('='))
    .map((item) => item.split('=') as [spelling: string, value: string]);
  const spellings = new Map(others.filter(([spelling]) => !spelling.includes('+')));
  const seconds = others.flatMap(([spelling, value]): SecondWord[] => {
    const [first, word] = spelling.split('+');
    return word === undefined ? [] : [{ first: first!, word, value }];
  });
  const expects = choices.join(', ');
  return {
    name,
    choices,
    seconds,
    expects,
    typescript: choices.map((choice) => `'${choice}'`).join(' | '),
    parse(word) {
      const begun = choices.filter((choice) => word !== '' && choice.startsWith(word));
      const value = begun.includes(word) ? word : (spellings.get(word) ?? begun[0]);
      const isOne = value === word || spellings.has(word) || begun.length === 1;
      return value !== undefined && isOne ? { value } : { expected: expects };
    },
  };
}

/** `isOfSystem`: of an interface or a network namespace, which the host may have called anything. */
function nameType(name: string, lengthMax: number, isOfSystem = false): ValueType {
  const characters = `letters, digits and . _ : / @ - (1 to ${lengthMax})`;
  const expects = `a name of ${characters}`;
  return {
    name,
    expects,
    choices: [],
    typescript: 'string',
    charactersMax: lengthMax,
    parse(word) {
      if (isName(word, lengthMax)) return { value: word };
      if (!isSystemName(word, lengthMax)) return { expected: expects };
      return isOfSystem ? { value: word } : { expected: `a name of ASCII ${characters}` };
    },
    parseStored: (word) => (isSystemName(word, lengthMax) ? { value: word } : { expected: expects }),
  };
}

function sshKeyType(name: string, family: string): ValueType | undefined {
  if (!SSH_KEY_FAMILIES.includes(family)) return undefined;
  const expects = `a public key of ${family}, as authorized_keys has it`;
  const type = textType(expects, (word) => (readSshKey(word, family) ? word : undefined));
  return { name, choices: [], typescript: 'string', ...type };
}

function durationType(name: string, shortest: string, longest: string): ValueType | undefined {
  const [low, high] = [duration(shortest), duration(longest)];
  if (!('value' in low && 'value' in high) || low.value > high.value) return undefined;
  const expects = `${DURATION}, ${shortest}..${longest}`;
  return {
    name,
    expects,
    choices: [],
    typescript: 'number',
    parse(word) {
      const parsed = duration(word);
      return 'value' in parsed && parsed.value >= low.value && parsed.value <= high.value
        ? parsed
        : { expected: expects };
    },
  };
}

/** The value stays a text, for parseInterval. */
function intervalType(name: string, shortest: string, longest: string): ValueType | undefined {
  const type = durationType(name, shortest, longest);
  if (type === undefined) return undefined;
  const expects = `${type.expects}, and e behind it for an exponential distribution`;
  const parse = (word: string): Parsed => {
    const isInterval = 'value' in type.parse(word.replace(/[ef]$/, ''));
    return isInterval ? { value: word } : { expected: expects };
  };
  return { ...type, expects, typescript: 'string', parse };
}

/** Seconds in one of the units of a time in minutes. */
const MINUTES_UNITS = { s: 1, m: 60 } as const;

/** A number of minutes, or of seconds or minutes with its unit: that of minutes, or `90s` where none is it. */
function minutesType(name: string, low: number, high: number): ValueType | undefined {
  if (low > high) return undefined;
  const expects = `${low}..${high} minutes, or ${low * MINUTES_UNITS.m}s..${high * MINUTES_UNITS.m}s`;
  return {
    name,
    expects,
    choices: [],
    typescript: 'number | `${number}s`',
    parse(word) {
      const match = /^(\d{1,9})([sm]?)$/.exec(word);
      const unit = (match?.[2] || 'm') as keyof typeof MINUTES_UNITS;
      const seconds = match ? Number(match[1]) * MINUTES_UNITS[unit] : NaN;
      if (!(seconds >= low * MINUTES_UNITS.m && seconds <= high * MINUTES_UNITS.m))
        return { expected: expects };
      const minutes = seconds / MINUTES_UNITS.m;
      return { value: Number.isInteger(minutes) ? minutes : `${seconds}s` };
    },
  };
}

/** The forms a type is written in, besides the names of the simple ones. */
const FORMS: readonly { form: string; pattern: RegExp; make: (parts: string[]) => ValueType | undefined }[] =
  [
    {
      form: 'A..B',
      pattern: /^(\d{1,16})\.\.(\d{1,16})$/,
      make: ([name, low, high]) =>
        Number(low) <= Number(high) ? integerType(name!, Number(low), Number(high)) : undefined,
    },
    {
      form: 'word|word',
      pattern: /^[\w.-]+(\|[\w.-]+((\+[\w.-]+)?=[\w.-]+)?)+$/,
      make: ([name]) => enumerationType(name!, name!.split('|')),
    },
    { form: '=word', pattern: /^=([\w.-]+)$/, make: ([name, only]) => enumerationType(name!, [only!]) },
    {
      form: 'duration(SHORTEST..LONGEST)',
      pattern: /^duration\((\w+)\.\.(\w+)\)$/,
      make: ([name, shortest, longest]) => durationType(name!, shortest!, longest!),
    },
    {
      form: 'interval(SHORTEST..LONGEST)',
      pattern: /^interval\((\w+)\.\.(\w+)\)$/,
      make: ([name, shortest, longest]) => intervalType(name!, shortest!, longest!),
    },
    {
      form: 'minutes(A..B)',
      pattern: /^minutes\((\d{1,6})\.\.(\d{1,6})\)$/,
      make: ([name, low, high]) => minutesType(name!, Number(low), Number(high)),
    },
    {
      form: 'name(LENGTH)',
      pattern: /^name\(([1-9]\d{0,3})\)$/,
      make: ([name, length]) => nameType(name!, Number(length)),
    },
    {
      form: 'os-name(LENGTH)',
      pattern: /^os-name\(([1-9]\d{0,3})\)$/,
      make: ([name, length]) => nameType(name!, Number(length), true),
    },
    {
      form: 'ssh-key(FAMILY)',
      pattern: /^ssh-key\(([\w-]+)\)$/,
      make: ([name, family]) => sshKeyType(name!, family!),
    },
  ];

/** For the message about an unknown type. */
export const VALUE_TYPE_FORMS = [...FORMS.map(({ form }) => form), ...Object.keys(SIMPLE_TYPES)].join(', ');

const made = new Map<string, ValueType | undefined>();

/** The type a grammar file names, undefined when there is none of that name. */
export function valueType(name: string): ValueType | undefined {
  if (!made.has(name)) made.set(name, makeType(name));
  return made.get(name);
}

/** The same, made anew. */
export function makeType(name: string): ValueType | undefined {
  const simple = Object.hasOwn(SIMPLE_TYPES, name) ? SIMPLE_TYPES[name] : undefined;
  if (simple) return { name, choices: [], typescript: 'string', ...simple };
  const form = FORMS.find(({ pattern }) => pattern.test(name));
  return form?.make([...form.pattern.exec(name)!]);
}
