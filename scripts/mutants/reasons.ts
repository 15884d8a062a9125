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
  {
    file: 'grammar/command-steps.ts',
    line: /!child\.name\.startsWith\(begun\)/,
    why: 'speed alone: words that do not begin so are left out later',
  },
  {
    file: 'grammar/tree-steps.ts',
    line: /!child\.name\.startsWith\(begun\)/,
    why: 'speed alone: words that do not begin so are left out later',
  },
  {
    file: 'grammar/command-steps.ts',
    line: /slot\.arity === 'many' && reading/,
    original: /^slot\.arity === 'many'$/,
    why: 'equivalent: a value that is one alone is never said twice in a row',
  },
  {
    file: 'grammar/command-steps.ts',
    mutator: 'OptionalChaining',
    line: /reading\.at\.value\?\.arity/,
    why: 'equivalent: a line that is a value has one',
  },
  {
    file: 'grammar/tree-steps.ts',
    mutator: 'OptionalChaining',
    line: /reading\.step\?\.word === /,
    why: 'equivalent: within brackets, one was opened',
  },
  {
    file: 'grammar/tree-steps.ts',
    mutator: 'BooleanLiteral',
    line: /alias: false/,
    why: 'equivalent: beside a bracket or a second word, nothing else can be meant by it',
  },
  {
    file: 'grammar/notation.ts',
    line: /firstMatch\(notation\.|if \(!(item|attribute) \|\| !parts\)|typeName === undefined/,
    why: 'equivalent: either both are there or none',
  },
  {
    file: 'grammar/notation.ts',
    mutator: 'OptionalChaining',
    line: /value\?\.(arity|type)/,
    why: 'equivalent: a line that is a value, or has a default, has a value',
  },
  {
    file: 'grammar/notation.ts',
    mutator: 'StringLiteral',
    line: /ARITIES\[arity/,
    why: 'equivalent: neither says how many',
  },
  {
    file: 'grammar/password-hash.ts',
    line: /FORM\.exec\(text\)|hash === undefined/,
    why: 'equivalent: what does not match has none of its parts',
  },
  {
    file: 'grammar/password-hash.ts',
    mutator: 'Regex',
    line: /toString\('base64'\)/,
    why: 'equivalent: padding stands at the end alone',
  },
  {
    file: 'grammar/ssh-key.ts',
    mutator: 'ConditionalExpression',
    line: /exponent !== undefined/,
    why: 'equivalent: without an exponent there is no modulus',
  },
  {
    file: 'grammar/groups.ts',
    mutator: 'BlockStatement',
    line: /catch \{/,
    why: 'equivalent: a function without an answer answers undefined',
  },
  {
    file: 'config/compare.ts',
    line: /was === is\) return/,
    why: 'speed alone: in what is the same nothing has changed',
  },
  {
    file: 'config/compare.ts',
    line: /const unmarked =/,
    why: 'equivalent: a list has no marks of its own, and none told are none',
  },
  {
    file: 'config/compare.ts',
    line: /node\.aliasOf\) continue/,
    why: 'equivalent: nothing stands under another spelling',
  },
  {
    file: 'config/compare.ts',
    line: /neighbour !== undefined && /,
    original: /^neighbour !== undefined$/,
    why: 'equivalent: before the first there is no last one either',
  },
  {
    file: 'config/compare.ts',
    line: /keys\.length > 1/,
    original: /^keys\.length > 1$/,
    why: 'equivalent: an entry that is alone cannot be moved',
  },
  {
    file: 'config/compare.ts',
    line: /const ends: |\.place < place/,
    why: 'equivalent: no place is that of two, and what has none is replaced by the first that has one',
  },
  {
    file: 'config/effective.ts',
    line: /entries\.size > 0/,
    why: 'speed and memory alone: a list without entries is made again',
  },
  {
    file: 'config/effective.ts',
    mutator: 'OptionalChaining',
    line: /node\.value\?\.type/,
    why: 'equivalent: what has a default has a value',
  },
  {
    file: 'config/marks.ts',
    line: /marks\.inactiveValues\.length > 0\)/,
    why: 'speed alone: what is set is what was there',
  },
  {
    file: 'config/marks.ts',
    mutator: 'MethodExpression',
    line: /word\.startsWith\(MARK\)/,
    why: 'equivalent: what marks anything is no word of the schema',
  },
  {
    file: 'config/marks.ts',
    line: /typeof group === 'string'|typeof comment === 'string' \?/,
    why: 'equivalent: it is a text or it is not there',
  },
  {
    file: 'config/marks.ts',
    line: /word === undefined \? UNMARKED/,
    why: 'equivalent: the top is a container',
  },
  {
    file: 'config/marks.ts',
    line: /const present = isValues\(value\)/,
    why: 'equivalent: only what is inactive is marked so',
  },
  {
    file: 'config/marks.ts',
    line: /typeof data !== 'object'/,
    why: 'equivalent: what is no object has no marks that are known',
  },
  {
    file: 'config/merge.ts',
    line: /theirs === base \|\||mine === base\) return|if \(a === b\) return/,
    why: 'speed alone: what is the same makes no difference where it is looked into',
  },
  {
    file: 'config/merge.ts',
    mutator: 'StringLiteral',
    line: /path\.join/,
    why: 'differs only for paths that read alike when nothing stands between their words',
  },
  {
    file: 'config/merge.ts',
    line: /list\.size > 0/,
    why: 'equivalent: what is empty is pruned',
  },
  {
    file: 'config/merge.ts',
    mutator: 'LogicalOperator',
    line: /isValues\(mine\.value\)/,
    why: 'equivalent: both are values of one leaf',
  },
  {
    file: 'config/merge.ts',
    mutator: 'ArrayDeclaration',
    line: /isValues\(value\) \? value : \[\]/,
    why: 'equivalent: what neither of the two has was taken away by both',
  },
  {
    file: 'config/merge.ts',
    mutator: 'MethodExpression',
    line: /order\.filter\(\(each\) => before/,
    why: 'equivalent: where something new is in both, their orders have to be the same anyway',
  },
  {
    file: 'config/merge.ts',
    line: /a\.length === b\.length/,
    why: 'equivalent: both have the same in them',
  },
  {
    file: 'config/moves.ts',
    line: /from === undefined \|\| to === undefined/,
    why: 'equivalent: both are values, or neither is',
  },
  {
    file: 'config/pending-commits.ts',
    mutator: 'EqualityOperator',
    line: /left <= 0n/,
    why: 'equivalent: of no time left there are no minutes',
  },
  {
    file: 'config/privileges.ts',
    line: /isAllVisible|^\(child\) =>|^child\.aliasOf !== undefined \|\|/,
    why: 'speed alone: otherwise it is seen statement by statement that all is visible',
  },
  {
    file: 'config/privileges.ts',
    line: /was === before && is === after/,
    why: 'speed alone: what is inherited from groups that are new was looked at in them',
  },
  {
    file: 'config/replace.ts',
    line: /now === key \? entry/,
    why: 'equivalent: sealed anew for the same place, a secret is the same',
  },
  {
    file: 'config/replace.ts',
    line: /text === String\(value\)\) return/,
    why: 'equivalent but for values that only an earlier version took: what has not changed is parsed to itself',
  },
  {
    file: 'config/running.ts',
    line: /if \(known\) return known|findings\.length === 0/,
    why: 'speed alone: what was made is made again, and of no findings none are told otherwise',
  },
  {
    file: 'config/secrets.ts',
    mutator: 'BlockStatement',
    line: /catch \{/,
    why: 'equivalent: a function without an answer answers undefined',
  },
  {
    file: 'config/statements.ts',
    line: /tree\.get\(statement\.path\) === undefined/,
    why: 'equivalent: above what still stands nothing is empty',
  },
  {
    file: 'config/tree.ts',
    line: /word === undefined\) return|container\.delete\(MARK|length > 0; length/,
    why: 'equivalent: at the top, and for marks that are not there, nothing is done',
  },
  {
    file: 'config/tree.ts',
    mutator: 'OptionalChaining',
    line: /node\?\.value\?\.arity === 'key'/,
    why: 'equivalent: paths lead along the schema',
  },
  {
    file: 'config/database.ts',
    line: /if \(known\) return known/,
    why: 'speed alone: what was read is read again',
  },
  {
    file: 'config/inheritance.ts',
    line: /if \(known\) return known|!secrets\) made/,
    why: 'speed alone: what was made is made again',
  },
  {
    file: 'config/inheritance.ts',
    line: /child\.aliasOf\) continue/,
    why: 'equivalent: nothing stands under another spelling',
  },
  {
    file: 'config/inheritance.ts',
    mutator: 'StringLiteral',
    line: /path\.join/,
    why: 'differs only for paths that read alike when nothing stands between their words',
  },
  {
    file: 'config/inheritance.ts',
    line: /list\.has\(key\) &&|keysFor\(part\.tree, word\)/,
    why: 'equivalent: of a part that is not there nothing is inherited',
  },
  {
    file: 'config/inheritance.ts',
    line: /typeof value !== 'string'/,
    why: 'equivalent: what is sealed is a text',
  },
  {
    file: 'config/inheritance.ts',
    mutator: 'ArrayDeclaration',
    line: /names\.map\(String\)/,
    why: 'equivalent: no group is called so',
  },
  {
    file: 'config/load/braces.ts',
    mutator: 'StringLiteral',
    line: /kind: 'mark'/,
    why: 'equivalent: it is what is neither a word nor a comment',
  },
  {
    file: 'config/load/braces.ts',
    mutator: 'ArrayDeclaration',
    line: /this\.#open = /,
    why: 'equivalent: the top is never closed',
  },
  {
    file: 'config/load/braces.ts',
    mutator: 'OptionalChaining',
    line: /brace: '\}'/,
    why: 'equivalent: it is the top, which has a place',
  },
  {
    file: 'config/load/braces.ts',
    line: /read\.comment !== ''/,
    why: 'equivalent but where a comment without words stands before what has one',
  },
  {
    file: 'config/load/elements.ts',
    line: /depth > limits\.depth|depth \+ 1|if \(read\.place\)/,
    why: 'equivalent: the depth was looked at as the text was read, and a leaf has nothing below',
  },
  {
    file: 'config/load/elements.ts',
    line: /'rpc-reply', 'configuration'|schema\.children\.some/,
    why: 'differs only for a schema with a statement that is called so',
  },
  {
    file: 'config/load/json-text.ts',
    line: /this\.#taken/,
    why: 'others have their turn sooner or later',
  },
  {
    file: 'config/load/json-text.ts',
    mutator: 'OptionalChaining',
    line: /depth > maximum/,
    why: 'equivalent: an object begins with a token',
  },
  {
    file: 'config/load/json-text.ts',
    line: /attributes\.size === 0/,
    why: 'speed alone: without attributes none are put on',
  },
  {
    file: 'config/load/json-text.ts',
    line: /\?\? \[\];|'a value'\);/,
    original: /^(\[\]|'a value')$/,
    why: 'equivalent: nothing that is looked for stands in it, or is refused',
  },
  {
    file: 'config/load/json-tokens.ts',
    line: /end === undefined|catch \{/,
    why: 'equivalent: what is not closed, or no string, is undefined either way',
  },
  {
    file: 'config/load/lines.ts',
    mutator: 'ArrayDeclaration',
    line: /spelling \?\? \[\]/,
    why: 'equivalent: what leads nowhere is the top',
  },
  {
    file: 'config/load/lines.ts',
    line: /verb\?\.text|read\.statements\.length === 1/,
    why: 'speed alone: what is not read plainly is read as any line is',
  },
  {
    file: 'config/load/lines.ts',
    line: /this\.#place\.node\.meaning/,
    why: 'what dialects have is loaded by test/config/load/vendors.test.ts, which is left out',
  },
  {
    file: 'config/load/load.ts',
    line: /STATEMENTS_BETWEEN_TURNS/,
    why: 'others have their turn sooner or later',
  },
  {
    file: 'config/load/load.ts',
    mutator: 'ArrayDeclaration',
    line: /const removed/,
    why: 'equivalent: what is nowhere in the schema is not pruned',
  },
  {
    file: 'config/load/load.ts',
    mutator: 'Regex',
    line: /const first = /,
    why: 'equivalent: the first that is no blank',
  },
];
