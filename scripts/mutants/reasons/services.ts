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
    file: 'services/capture/control-channel.ts',
    line: /const behind = /,
    why: 'equivalent: before the first there is no number, and that is 0 in 32 bits',
  },
  {
    file: 'services/capture/control-channel.ts',
    line: /start === text\.length \|\| stream\.isSkipping/,
    why: 'memory alone: what is skipped is not heard, and nothing behind the end is nothing',
  },
  {
    file: 'services/capture/control-channel.ts',
    line: /stream\.rest !== ''/,
    why: 'speed alone: nothing takes no room',
  },
  {
    file: 'services/capture/control-text.ts',
    mutator: 'ArrayDeclaration',
    line: /\?\? \[\];/,
    why: 'equivalent: what is taken stands behind the first',
  },
  {
    file: 'services/capture/control-text.ts',
    mutator: 'ArrayDeclaration',
    line: /#isDescribing: /,
    why: 'equivalent: what is not there is false',
  },
  {
    file: 'services/capture/control-text.ts',
    mutator: 'BlockStatement',
    line: /catch \{/,
    why: 'equivalent: a function without an answer answers undefined',
  },
  {
    file: 'services/capture/control-text.ts',
    mutator: 'OptionalChaining',
    line: /portOf\(match\?/,
    why: 'equivalent: there is a match where there is a port',
  },
  {
    file: 'services/capture/control-binary.ts',
    line: /octets\.length < (2|17|4)/,
    why: 'equivalent: octets that are not there read as 0, which means nothing',
  },
  {
    file: 'services/capture/control-binary.ts',
    line: /call === undefined \|\| destinationPort|transaction === undefined \|\| version/,
    why: 'equivalent: without a call there is no port, and what is cut is so behind it, too',
  },
  {
    file: 'services/capture/control-binary.ts',
    line: /port !== undefined &&/,
    why: 'equivalent: what is undefined is no number between two',
  },
  {
    file: 'services/capture/control-binary.ts',
    line: /const \[, host, high, low\]/,
    why: 'equivalent: it is no address',
  },
  {
    file: 'services/capture/control-binary.ts',
    line: /host === undefined\)|length === undefined\)/,
    why: 'equivalent: it is no address, and no length is none',
  },
  {
    file: 'services/capture/control-binary.ts',
    mutator: 'BlockStatement',
    line: /catch \{/,
    why: 'equivalent: a function without an answer answers undefined',
  },
  {
    file: 'services/capture/control-binary.ts',
    line: /from \+ length > this\.#octets/,
    why: 'equivalent: of what is cut there is no address, and what follows is cut',
  },
  {
    file: 'services/capture/packet.ts',
    line: /^(isIpv6|isSwapped|hasCallId) = false/,
    why: 'equivalent: it is written before it is read',
  },
  {
    file: 'services/capture/packet.ts',
    line: /this\.place = /,
    why: 'equivalent: any number will do that no other place has',
  },
  {
    file: 'services/capture/packet.ts',
    mutator: 'EqualityOperator',
    line: /this\.isSwapped = order === 0/,
    why: 'equivalent: that they are the same was asked before',
  },
  {
    file: 'services/capture/packet.ts',
    line: /for \(let word = 0; word < 4/,
    why: 'equivalent: nothing is written behind the end',
  },
  {
    file: 'services/capture/link-layers.ts',
    mutator: 'EqualityOperator',
    line: /start \+ COOKED2_OCTETS > end|at \+ 2 > end/,
    why: 'equivalent: where the header ends with the frame there is no packet either way',
  },
  {
    file: 'services/capture/link-layers.ts',
    line: /COOKED2_INTERFACE_AT\) \* 65_536/,
    why: 'equivalent: any number will do that no other interface has',
  },
  {
    file: 'services/capture/link-layers.ts',
    mutator: 'ArithmeticOperator',
    line: /COOKED_PACKET_TYPE_AT/,
    why: 'equivalent: it stands at 0',
  },
  {
    file: 'services/capture/pairing.ts',
    mutator: 'EqualityOperator',
    line: /outside\.hops > inside\.hops/,
    why: 'equivalent: that they are the same was asked before',
  },
  {
    file: 'services/capture/pcap.ts',
    line: /#isLittle = false/,
    why: 'equivalent: it is written before it is read',
  },
  {
    file: 'services/capture/pcap.ts',
    line: /end - start < (headerOctets|FILE_HEADER_OCTETS)/,
    why: 'differs only where older octets stand behind what has come',
  },
  {
    file: 'services/capture/pcapng.ts',
    line: /#isLittle = false/,
    why: 'equivalent: it is written before it is read',
  },
  {
    file: 'services/capture/pcapng.ts',
    line: /=== block\.section;/,
    why: 'equivalent: the type of a section is the same in both orders',
  },
  {
    file: 'services/capture/pcapng.ts',
    line: /!== BYTE_ORDER_MAGIC\) throw/,
    why: 'equivalent: read in the other order, its length is none',
  },
  {
    file: 'services/capture/pcapng.ts',
    line: /const end = start \+ length|at \+ 4 <= end|at \+ 4 \+ size > end/,
    why: 'equivalent: the length behind a block is no option that is read',
  },
  {
    file: 'services/capture/pcapng.ts',
    line: /return high \* 2/,
    why: 'no test has an offset of more than 32 bits in the big-endian order',
  },
  {
    file: 'services/capture/pcapng.ts',
    line: /units % NANOS/,
    why: 'differs by less than a nanosecond, for some of the times',
  },
  {
    file: 'services/capture/tracked-session.ts',
    line: /^(isAcknowledging|entry|#lastIsReply|#lastSequence|#lastWindow) = /,
    why: 'equivalent: it is written before it is read',
  },
  {
    file: 'services/capture/tracked-session.ts',
    line: /this\.#tcp !== undefined &&/,
    why: 'equivalent: what has no state is not over',
  },
  {
    file: 'services/capture/tracked-session.ts',
    line: /const isLasting = /,
    why: 'equivalent: no other state leads to that of an open connection',
  },
  {
    file: 'services/capture/tracked-session.ts',
    line: /if \(segment === 'ack'\)/,
    why: 'differs only for a SYN, FIN or RST that is sent again and again, whose states live shorter anyway',
  },
  {
    file: 'services/capture/tracked-session.ts',
    line: /this\.#lastSequence === sequence &&/,
    why: 'equivalent: with another number, what is behind it is another one, too',
  },
  {
    file: 'services/capture/tuple-table.ts',
    line: /this\.#seed = seed|#hash|Math\.imul|word < KEY_WORDS|=== hash && this\.#has/,
    why: 'speed alone: another hash, or one that is compared again',
  },
  {
    file: 'services/capture/tuple-table.ts',
    line: /entry < entries|!== undefined\) this\.#place/,
    why: 'equivalent: what is not there any more is in nobody’s place',
  },
  {
    file: 'services/capture/capture-file.ts',
    line: /beginning\.length < MAGIC_OCTETS/,
    why: 'equivalent: octets that are not there read as 0, and no form begins so',
  },
  {
    file: 'services/capture/capture-file.ts',
    line: /this\.#damage === undefined;/,
    why: 'equivalent: what is damaged is damaged there again',
  },
  {
    file: 'services/capture/capture-file.ts',
    line: /const left = |left > piece|this\.#octets\.length\)/,
    why: 'speed and memory alone: octets are copied that need not be',
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
    file: 'services/capture/session-tracker.ts',
    line: /#swept|count < SWEPT/,
    why: 'speed and memory alone: what is over is seen to be so later',
  },
];
