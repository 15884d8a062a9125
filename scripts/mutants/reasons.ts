/**
 * Why mutants that no test finds are left alive. A mutant is known by its file, Stryker's mutator, the text of its line and what
 * is replaced there, so that the table survives edits elsewhere; the first row that fits counts.
 */
export interface Reason {
  /** End of the path. */
  readonly file?: string;
  readonly mutator?: string;
  readonly line?: RegExp;
  readonly original?: RegExp;
  readonly why: string;
}

export const reasons: readonly Reason[] = [
  {
    file: 'twamp/counters.ts',
    line: /\.\.\.NONE_DROPPED/,
    why: 'equivalent: every reason is set below; the copy gives type and shape',
  },
  {
    file: 'twamp/pacing.ts',
    line: /this\.#max\[0\] = nanos/,
    why: 'equivalent: what is written is what was there',
  },
  {
    file: 'twamp/pacing.ts',
    line: /#counts\.slice\(\)/,
    why: 'differs only where another thread counts in the middle of a reading',
  },
  {
    file: 'twamp/pacing.ts',
    line: /< BINS_PER_OCTAVE\) return/,
    why: 'equivalent: at 8 both ways give 8',
  },
  {
    file: 'twamp/packets.ts',
    line: /unixSeconds: 0|createStamp/,
    why: 'a stamp is filled before it is read; its fields are there from the start for speed',
  },
  {
    file: 'twamp/packets.ts',
    line: /secondsLater === 0/,
    original: />= receiveFraction/,
    why: 'equivalent: what is written is what was there',
  },
  {
    file: 'twamp/schedule.ts',
    line: /#words\.byteLength|DRAWN_NUMBERS/,
    why: 'speed alone: how many numbers are drawn at once',
  },
  {
    line: /SEQUENCE\b|record\.sequence\b|RECEIVED\]! \+= 1/,
    original: /[+] (record\.)?(SEQUENCE|sequence|RECEIVED)$/,
    why: 'equivalent: the offset is 0',
  },
  {
    line: /new RangeError|super\(`/,
    original: /^`|DSCPS - 1/,
    why: 'the text of an error that tells a programmer of a mistake, and nobody else',
  },
  {
    line: /setAutoPadding\(false\)/,
    why: 'equivalent: without `final` no padding is made',
  },
  {
    file: 'twamp/peer-table.ts',
    line: /isNew = false/,
    why: 'equivalent: it is set before it is read',
  },
  {
    file: 'twamp/peer-table.ts',
    line: /first \+ WAYS/,
    why: 'a key may be in one row more: what is promised still holds',
  },
  {
    file: 'twamp/peer-table.ts',
    line: /PEER_KEY_WORDS/,
    why: 'equivalent: behind the last word, undefined is what it is compared with, or hashed as nothing',
  },
  {
    file: 'twamp/light-rules.ts',
    line: /address\.length/,
    why: 'equivalent: behind the last word nothing differs',
  },
  {
    file: 'twamp/newest-tlvs.ts',
    line: /HEAD_OCTETS \/ Int32Array/,
    why: 'equivalent: more words of the head than are used',
  },
  {
    file: 'twamp/samples.ts',
    line: /INDEX_OCTETS \/ Int32Array/,
    why: 'equivalent: more words of the head than are used',
  },
  {
    file: 'twamp/newest-tlvs.ts',
    line: /octet < this\.#head/,
    why: 'equivalent: the octet behind is not read',
  },
  {
    file: 'twamp/receive-buffer.ts',
    line: /#makeRoom\(octets\.length\)|const roomy/,
    why: 'speed and memory alone: when octets are moved, and to where',
  },
  {
    file: 'twamp/receive-buffer.ts',
    line: /blocks\.length === 0/,
    why: 'equivalent: nothing deciphered is nothing',
  },
  {
    file: 'twamp/sequence-windows.ts',
    line: /ahead >= SEQUENCE_WINDOW_PACKETS/,
    why: 'speed alone: every bit of the window is cleared either way',
  },
  {
    file: 'twamp/sequence-windows.ts',
    mutator: 'EqualityOperator',
    line: /skipped < ahead/,
    original: /skipped < ahead/,
    why: 'equivalent: the bit cleared beyond is set next',
  },
  {
    file: 'twamp/stamp-tlvs.ts',
    line: /tlv < 0/,
    why: 'equivalent: TLVs follow a packet, and who has no key has no TLV for an HMAC',
  },
  {
    file: 'twamp/packet-seal.ts',
    line: /\[0, 0, 0, 0\]/,
    why: 'equivalent: undefined is 0 to `^`',
  },
  {
    file: 'twamp/timestamp.ts',
    line: /carry \* NANOS_IN_SECOND/,
    why: 'equivalent: a fraction is written modulo 2^32, which whole seconds do not change',
  },
  {
    file: 'twamp/packet-hmac.ts',
    line: /filled < BLOCK_OCTETS - 4/,
    why: 'equivalent: the length is written there next',
  },
  {
    file: 'twamp/control-endpoint.ts',
    line: /#state === 'closed'\) return/,
    why: 'equivalent but for memory: nobody reads what a closed end has heard',
  },
  {
    file: 'twamp/control-endpoint.ts',
    mutator: 'BlockStatement',
    line: /silenceMeans\(\)/,
    why: 'equivalent: a function without an answer answers undefined',
  },
  {
    file: 'twamp/stamp-extensions.ts',
    line: /permittedDscps \?\? \[\]/,
    why: 'equivalent: what is no DSCP permits none',
  },
  {
    file: 'twamp/stamp-extensions.ts',
    line: /octets === CUT_SHORT|at < view\.byteLength/,
    why: 'equivalent: what `createTlvs` made is whole',
  },
  {
    file: 'twamp/stamp-tlv-types.ts',
    line: /stateful: false/,
    why: 'equivalent: it is set before it is read',
  },
  {
    file: 'twamp/stamp-tlv-types.ts',
    mutator: 'EqualityOperator',
    line: /at < end/,
    why: 'equivalent: at the end a TLV is cut short, which ends it too',
  },
  {
    file: 'twamp/light-reflector.ts',
    line: /\(Session \| undefined\)\[\] = \[\]/,
    why: 'equivalent: a session is opened before it is read',
  },
  {
    file: 'twamp/light-reflector.ts',
    line: /length < TWAMP_LIGHT_OCTETS/,
    original: /TWAMP_LIGHT_OCTETS$/,
    why: 'equivalent: what has no octet for its Multiplier is malformed, with zeros behind it or without',
  },
  {
    file: 'twamp/light-reflector.ts',
    line: /length >= padding/,
    original: /^length >= padding$/,
    why: 'equivalent: no zeros are missing',
  },
  {
    file: 'twamp/light-reflector.ts',
    line: /session \* 16 \+ version|port \* 65_536 \+ ssid/,
    why: 'equivalent: as unlike for senders that differ',
  },
  {
    file: 'twamp/reflector.ts',
    line: /new Array</,
    why: 'equivalent: a session is opened before these are read; they are full from the start for speed',
  },
  {
    file: 'twamp/reflector.ts',
    line: /noteReply/,
    why: 'speed alone: what is noted nobody asks for',
  },
  {
    file: 'twamp/sender.ts',
    line: /stamp\?\.ssid/,
    why: 'equivalent: forms with an SSID are those of STAMP',
  },
  {
    file: 'twamp/sender.ts',
    line: /from > 0/,
    why: 'equivalent: nothing is remembered of a packet before the first',
  },
  {
    file: 'twamp/samples.ts',
    line: /: 'ntp';/,
    why: 'equivalent: what is not PTPv2 is copied as it is',
  },
  {
    file: 'twamp/statistics.ts',
    mutator: 'EqualityOperator',
    line: /this\.#(first|last)Sequence\) \{|sequence < highest/,
    why: 'equivalent: a packet is answered once',
  },
  {
    file: 'twamp/statistics.ts',
    line: /return 'answer'/,
    why: 'equivalent: it is what is neither of the others',
  },
  {
    file: 'twamp/statistics.ts',
    line: /sequence < this\.#lowest\.length/,
    why: 'equivalent: what is behind the last has no answer',
  },
  {
    file: 'twamp/statistics.ts',
    line: /sender \* 0x1_0000|#lastPair/,
    why: 'speed alone: a pair that was the last one changes nothing',
  },
  {
    file: 'grammar/ssh-key.ts',
    mutator: 'ConditionalExpression',
    line: /=== undefined \|\| base64 === undefined|\.exec\(text\) \?\? \[\]/,
    why: 'equivalent: a text that does not match has no algorithm that is known',
  },
  {
    file: 'grammar/ssh-key.ts',
    mutator: 'LogicalOperator',
    line: /=== undefined \|\| base64 === undefined/,
    why: 'equivalent: either both are there or none',
  },
  {
    file: 'grammar/ssh-key.ts',
    mutator: 'ArrayDeclaration',
    line: /\?\? \[\]|algorithms\.includes/,
    why: 'equivalent: neither is what is looked for',
  },
  {
    file: 'grammar/ssh-key.ts',
    mutator: 'Regex',
    line: /exec\(text\)/,
    why: 'equivalent: of several blanks, a comment may begin with the others',
  },
  {
    file: 'grammar/ssh-key.ts',
    mutator: 'EqualityOperator',
    line: /at \+ 4 <= blob\.length/,
    why: 'equivalent: no key ends with a field of no octets',
  },
  {
    file: 'grammar/groups.ts',
    line: /compiled\.size|pattern === undefined/,
    why: 'speed and memory alone: which patterns are kept compiled',
  },
  {
    file: 'grammar/groups.ts',
    line: /matchesWildcard\(wildcard, ''\)/,
    why: 'equivalent: any key shows whether it can be compiled',
  },
  {
    file: 'twamp/light-reflector.ts',
    mutator: 'ConditionalExpression',
    line: /bucket === NO_ROW/,
    why: 'equivalent: a bucket that is not there gives nothing',
  },
  {
    file: 'grammar/complete.ts',
    mutator: 'EqualityOperator',
    line: /one < other \? -1 : 1/,
    why: 'equivalent: each text is listed once',
  },
  {
    file: 'grammar/match.ts',
    line: /readings\.length < 2/,
    original: /readings\.length < 2/,
    why: 'speed alone: of one reading, that one is preferred',
  },
  {
    file: 'grammar/match.ts',
    mutator: 'MethodExpression',
    line: /step\.alias\)/,
    why: 'equivalent: what is canonical among them is there already',
  },
  {
    file: 'grammar/match.ts',
    mutator: 'EqualityOperator',
    line: /READINGS_MAX/,
    why: 'one reading more is followed',
  },
  {
    file: 'grammar/meaning.ts',
    mutator: 'EqualityOperator',
    line: /index < spelling\.length/,
    why: 'equivalent: behind the last word is none that leads on',
  },
  {
    file: 'grammar/resolve.ts',
    line: /const ended = /,
    original: /^\[\]$/,
    why: 'equivalent: what is refused has not ended',
  },
  {
    file: 'grammar/resolve.ts',
    mutator: 'OptionalChaining',
    line: /value\?\.type\.parse\(defaultText\)/,
    why: 'equivalent: what has a default has a value',
  },
  {
    file: 'grammar/resolve.ts',
    mutator: 'MethodExpression',
    line: /const possible = \[\.\.\.new Set/,
    why: 'equivalent: readings part at words',
  },
  {
    file: 'grammar/resolve.ts',
    line: /inTree\(reading\) \|\| isLine\(reading\.step\)/,
    why: 'speed alone: in other lines there is no secret to be found',
  },
  {
    file: 'grammar/service-types.ts',
    line: /begun !== ''/,
    original: /''/,
    why: 'equivalent: everything begins with nothing, and one must be left',
  },
  {
    file: 'grammar/service-types.ts',
    mutator: 'Regex',
    line: /d\{1,3\}/,
    why: 'equivalent: a number that is too large is no number, and no word either',
  },
  {
    file: 'grammar/tokens.ts',
    line: /line\[at \+ 1\] \?\? ''/,
    original: /^''$/,
    why: 'equivalent: behind the end is neither a quote nor a blank',
  },
  {
    file: 'grammar/tokens.ts',
    mutator: 'EqualityOperator',
    line: /at < line\.length/,
    why: 'equivalent: behind the end is no character',
  },
  {
    file: 'grammar/value-types.ts',
    mutator: 'StringLiteral',
    line: /\?\? ''\)|: '';/,
    original: /^''$/,
    why: 'equivalent: no address and no time either',
  },
  {
    file: 'grammar/value-types.ts',
    mutator: 'OptionalChaining',
    line: /match\?\.\[3\] === undefined/,
    why: 'equivalent: with an address there is a match',
  },
  {
    file: 'grammar/value-types.ts',
    line: /instanceof RE2JSSyntaxException/,
    why: 'equivalent: nothing else is thrown',
  },
  {
    file: 'grammar/value-types.ts',
    line: /decodeURIComponent\(text\) !== ''/,
    why: 'equivalent: what is not empty is not empty when it is decoded',
  },
  {
    file: 'grammar/value-types.ts',
    mutator: 'BlockStatement',
    line: /catch \{/,
    why: 'equivalent: a function without an answer answers undefined',
  },
  {
    file: 'grammar/value-types.ts',
    mutator: 'Regex',
    line: /Number\(word\) < 64/,
    why: 'equivalent: what is no number below 64 is refused either way',
  },
];
