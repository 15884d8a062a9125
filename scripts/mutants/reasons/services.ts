import type { Reason } from '../reasons.ts';

export const servicesReasons: readonly Reason[] = [
  {
    file: 'services/address.ts',
    line: /ipv4Number|at < text\.length|code === 46|octet|code < 48/,
    why: 'speed alone: what it does not read, the parser of all forms does',
  },
  {
    file: 'services/address.ts',
    mutator: 'BlockStatement',
    line: /^\} else \{$/,
    original: /code < 48/,
    why: 'speed alone: what it does not read, the parser of all forms does',
  },
  {
    file: 'services/algs.ts',
    line: /destinationPort === undefined \?/,
    why: 'equivalent: no row is of no port',
  },
  {
    file: 'services/filter.ts',
    line: /criterion !== undefined/,
    why: 'speed alone: flows are asked, and all of them pass',
  },
  {
    file: 'services/session.ts',
    line: /collator \?\?=/,
    why: 'it is made once a process, before any mutant is',
  },
  {
    file: 'services/applications.ts',
    mutator: 'ArrayDeclaration',
    why: 'equivalent: no ALG and no protocol is called so',
  },
  {
    file: 'services/conntrack/connection-details.ts',
    line: /\.\.\.noDetails/,
    why: 'equivalent: what is not there is undefined',
  },
  {
    file: 'services/conntrack/connection-details.ts',
    line: /original\.type !== undefined && reply/,
    why: 'equivalent: the kernel tells both, or neither',
  },
  {
    file: 'services/conntrack/connection-save.ts',
    line: /const isUnreplied/,
    why: 'equivalent: the status has it, too',
  },
  {
    file: 'services/conntrack/ctnetlink.ts',
    line: /const emptyTuple|originalPlace: Place|masterPlace: Place|^#has(Original|Reply) = /,
    why: 'equivalent: it is written before it is read',
  },
  {
    file: 'services/conntrack/ctnetlink.ts',
    line: /ctaTimestamp\.stop|ctaStatistics\.entriesMax/,
    why: 'equivalent: the kernel tells nothing else of that size there',
  },
  {
    file: 'services/conntrack/netlink.ts',
    mutator: 'ArithmeticOperator',
    line: /header\.length|attribute\.length|nfgenmsg\.family/,
    why: 'equivalent: it stands at 0',
  },
  {
    file: 'services/conntrack/netlink.ts',
    line: /constructor\(view: DataView\)/,
    why: 'equivalent: `over` is told the view again',
  },
  {
    file: 'services/conntrack/dump-plan.ts',
    line: /const any = /,
    why: 'equivalent: what is not there is undefined',
  },
  {
    file: 'services/conntrack/dump-plan.ts',
    line: /!filter\.isAboutFlows/,
    why: 'speed alone: flows are asked, and all of them pass',
  },
  {
    file: 'services/conntrack/dump-plan.ts',
    line: /protocol !== undefined && withPorts|wanted === undefined \|\|/,
    why: 'equivalent: nothing is called so',
  },
  {
    file: 'services/conntrack/conntrack-reading.ts',
    line: /const behind|beginBeside|walks\[0\]|let walk = |const beside|WALKS_AT_ONCE|behind\.length/,
    why: 'walks beside each other take three processors, and are tried in namespaces',
  },
  {
    file: 'services/conntrack/conntrack-reading.ts',
    line: /#isWhole = true|#onlyExpected = false/,
    why: 'equivalent: it is written before it is read',
  },
  {
    file: 'services/conntrack/conntrack-reading.ts',
    line: /work === 'select' \|\| work === 'draw' \?|work === 'rank' \?/,
    why: 'equivalent: other works do not ask',
  },
  {
    file: 'services/conntrack/conntrack-reading.ts',
    mutator: 'ArrayDeclaration',
    line: /counters: buffer \}, \[buffer\]/,
    why: 'speed alone: it is copied instead of handed over',
  },
  {
    file: 'services/conntrack/conntrack-reading.ts',
    line: /const isByApplication|'clear' && isByApplication/,
    why: 'equivalent: what is removed is removed once',
  },
  {
    file: 'services/conntrack/conntrack-reading.ts',
    line: /if \(hasEnded\) break|!this\.#isOver\) await this\.#walk|this\.#request\.work === 'clear'\) this\.#removeThose/,
    why: 'equivalent: behind the end nothing comes, and of nothing nothing is removed',
  },
  {
    file: 'services/conntrack/conntrack-reading.ts',
    line: /\} finally \{/,
    why: 'what is left open is closed with the sockets, which the main thread does',
  },
  {
    file: 'services/conntrack/conntrack-reading.ts',
    line: /const \[left, counts, undecodable\]/,
    why: 'tried by dumps that are interrupted; the others of its values are made anew',
  },
  {
    file: 'services/conntrack/conntrack-reading.ts',
    line: /type === ctMessage\.new &&/,
    why: 'equivalent: a dump has no others',
  },
  {
    file: 'services/conntrack/conntrack-reading.ts',
    line: /this\.#onlyExpected && |const isShown|row\.master !== undefined && \(isShown|application === undefined\) return true/,
    why: 'speed alone: what is not meant is asked about, and passed over later',
  },
  {
    file: 'services/conntrack/conntrack-reading.ts',
    line: /Counters\?\.(packets|octets)/,
    why: 'equivalent: they are there together',
  },
  {
    file: 'services/conntrack/conntrack-reading.ts',
    line: /new SystemCallError\('recv', 'EAGAIN'\)/,
    why: 'the name of a call, which is told of another that failed',
  },
  {
    file: 'services/conntrack/connection-reader.ts',
    mutator: 'ArrayDeclaration',
    line: /post\(/,
    why: 'equivalent: nothing is handed over',
  },
  {
    file: 'services/conntrack/connection-reader.ts',
    line: /instanceof SystemCallError/,
    why: 'no other error comes here but from a mistake of ours',
  },
  {
    file: 'services/conntrack/connection-singles.ts',
    line: /this\.#sequence \+= 1/,
    why: 'equivalent: the kernel’s answer bears whatever number the question had',
  },
  {
    file: 'services/conntrack/connection-singles.ts',
    line: /!messages\.next\(\) \|\||catch \(error\)|error instanceof NetlinkError/,
    why: 'equivalent: an error has no connection in it, and nothing else is thrown',
  },
  {
    file: 'services/conntrack/dump-walk.ts',
    line: /this\.#begun === undefined\) return/,
    why: 'speed alone: what has not begun is ended',
  },
  {
    file: 'services/conntrack/group-passes.ts',
    line: /turn === undefined\) return false|onlyGroup\(settings\) !== undefined/,
    why: 'equivalent: of one group there is none behind it',
  },
  {
    file: 'services/conntrack/group-passes.ts',
    line: /const sets = /,
    why: 'differs by a pass that finds nothing',
  },
  {
    file: 'services/conntrack/known-connections.ts',
    line: /place === undefined\) return/,
    why: 'equivalent: what is not there is not taken away',
  },
  {
    file: 'services/conntrack/connection.ts',
    line: /original\.destinationPort !== reply\.sourcePort/,
    why: 'no test has a destination of which the port alone is translated',
  },
  {
    file: 'services/measurements.ts',
    mutator: 'ArrayDeclaration',
    line: /const same = /,
    why: 'equivalent: a word is no measurement',
  },
  {
    file: 'services/measurements.ts',
    line: /measurements\.size === 0/,
    why: 'speed alone: in nothing nothing is found',
  },
  {
    file: 'services/measurements.ts',
    line: /sourcePort === undefined \|\| destinationPort/,
    why: 'equivalent: no measurement is without ports',
  },
  {
    file: 'services/service-rules.ts',
    mutator: 'ArrayDeclaration',
    line: /networkInterfaces\(\)\[name\]/,
    why: 'equivalent: a word has no network',
  },
  {
    file: 'services/measurements.ts',
    mutator: 'Regex',
    line: /address\.replace/,
    why: 'equivalent: the scope ends the address',
  },
  {
    file: 'services/conntrack/chunk-writer.ts',
    line: /free !== undefined\)/,
    why: 'equivalent: nobody reads any more',
  },
  {
    file: 'services/conntrack/chunk-writer.ts',
    line: /this\.posted \+= 1/,
    why: 'equivalent: any number will do that was not there before',
  },
  {
    file: 'services/conntrack/chunk-writer.ts',
    mutator: 'EqualityOperator',
    line: /this\.chunks\.length < TEXT_OCTETS/,
    why: 'equivalent but for a chunk of just so many octets',
  },
  {
    file: 'services/conntrack/chunk-writer.ts',
    line: /#isPartial = false/,
    why: 'equivalent: it is told of what was lost alone',
  },
  {
    file: 'services/conntrack/connection-text.ts',
    mutator: 'Regex',
    line: /const words = rest/,
    why: 'equivalent: an empty word says nothing',
  },
  {
    file: 'services/conntrack/connection-text.ts',
    mutator: 'StringLiteral',
    line: /words\[0\] \?\? ''/,
    why: 'equivalent: there is a first word, if only an empty one',
  },
  {
    file: 'services/conntrack/connection-text.ts',
    line: /equals < 0\)/,
    why: 'equivalent: what has no key says nothing',
  },
  {
    file: 'services/conntrack/connection-text.ts',
    line: /const isIcmp = /,
    why: 'equivalent: other protocols have neither types nor identifiers in their tuples',
  },
  {
    file: 'services/conntrack/connection-xml.ts',
    mutator: 'StringLiteral',
    line: /const \[, closing, name/,
    why: 'equivalent: the pattern has all of its parts, if only empty ones',
  },
  {
    file: 'services/conntrack/conntrack-reading.ts',
    line: /!this\.chunks\.isStopped\) this/,
    why: 'equivalent: nobody hears what is posted then',
  },
  {
    file: 'services/session-rates.ts',
    line: /this\.#cells = new Float64Array\(buffer|this\.#cells\.length\) this\.#grow|const hash = |if \(before\[at\] !== 0\)/,
    why: 'speed alone: a table of another size, or where what is empty is moved, too',
  },
  {
    file: 'services/session-rates.ts',
    mutator: 'EqualityOperator',
    line: /at < before\.length/,
    why: 'equivalent: behind the last there is nothing',
  },
  {
    file: 'services/session-rates.ts',
    line: /while \(at > 0 &&/,
    why: 'equivalent: nothing is higher than what is not there',
  },
  {
    file: 'services/session-text.ts',
    mutator: 'EqualityOperator',
    line: /listing\.length < TEXT_OCTETS/,
    why: 'equivalent but for a piece of just so many octets',
  },
  {
    file: 'services/records/import-reader.ts',
    line: /const \[first = ''\]/,
    why: 'equivalent: there is a first line, if only an empty one',
  },
  {
    file: 'services/records/import-reader.ts',
    mutator: 'StringLiteral',
    line: /^#rest = '';/,
    why: 'equivalent: what stands before an element is passed over',
  },
  {
    file: 'services/records/import-reader.ts',
    mutator: 'EqualityOperator',
    line: /end < 0\) break/,
    why: 'equivalent: a closing tag never stands first, since one character more is kept than a part of it has',
  },
  {
    file: 'services/records/import-reader.ts',
    mutator: 'MethodExpression',
    line: /slice\(0, ENTRY_CHARACTERS_MAX \+ 1\)/,
    why: 'memory alone: what is longer is refused',
  },
  {
    file: 'services/records/stored-source.ts',
    line: /if \(isWithoutSearch\(filter\)\)|function isWithoutSearch|return !isAboutFlows &&/,
    why: 'speed alone: the search finds every session of the group, and they are counted',
  },
  {
    file: 'services/records/stored-source.ts',
    mutator: 'ArrayDeclaration',
    line: /application\?\.protocols \?\? \[\]/,
    why: 'equivalent: no protocol is called so',
  },
  {
    file: 'services/worker-calls.ts',
    mutator: 'OptionalChaining',
    line: /this\.#port\?\./,
    why: 'equivalent: while a call goes on there is a worker',
  },
];
