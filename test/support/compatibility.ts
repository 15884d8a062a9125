/** The items of the five source documents, a row each; a test proves rows whose ids begin its title. */

/** One command, option, statement, output field or sample that a source document promises. */
export interface CompatibilityRow {
  /** Number of the document, a slash, a name: `000/type`. Tests write it in square brackets. */
  readonly id: string;
  /** What the document says, in Markdown. */
  readonly item: string;
  /** What the document leaves open, and how it is read, in Markdown. */
  readonly note?: string;
}

export interface SourceDocument {
  readonly title: string;
  readonly rows: readonly CompatibilityRow[];
}

const dnosTwampSessions: SourceDocument = {
  title: '000: DNOS, `show services twamp sessions`',
  rows: [
    {
      id: '000/command',
      item: '`show services twamp sessions` displays the active control and data sessions',
    },
    { id: '000/mode', item: 'Command mode: operational' },
    { id: '000/viewer', item: 'Minimum user role: viewer' },
    { id: '000/help', item: 'Help line: Displays active TWAMP sessions in system' },
    { id: '000/type', item: '`show services twamp sessions type [type]`' },
    { id: '000/vrf', item: '`show services twamp sessions vrf [vrf-name]`' },
    { id: '000/connection-id', item: '`show services twamp sessions connection-id [connection-id]`' },
    { id: '000/session-id', item: '`show services twamp sessions session-id [session-id]`' },
    { id: '000/local-address', item: '`show services twamp sessions local-address [local-address]`' },
    { id: '000/remote-address', item: '`show services twamp sessions remote-address [remote-address]`' },
    { id: '000/combination', item: 'The filters together', note: 'in any combination and order' },
    { id: '000/sample', item: 'Sample of `show services twamp sessions`, to the byte' },
    {
      id: '000/sample-session-id',
      item: 'Sample of `show services twamp sessions session-id 806`, to the byte',
    },
    {
      id: '000/columns',
      item:
        'Columns: VRF, Connection-ID, Session-ID, Type, Local Address, Remote Address, Session Uptime, ' +
        'RX[pkts], TX[pkts]',
    },
    { id: '000/vrf-column', item: 'The VRF column names the VRF of each session (release 16.2)' },
    { id: '000/control-row', item: 'A control connection has a row of its own, without Session-ID' },
    { id: '000/addresses', item: 'Local and remote address are printed with their ports' },
    { id: '000/uptime', item: 'Session Uptime reads `1 day, 01:01:05`' },
    { id: '000/counters', item: 'RX and TX count the packets of each session' },
    { id: '000/counters-reset', item: 'The counters are reset once the session is reset' },
    {
      id: '000/total-connections',
      item: '`Total displayed connections`',
      note: 'counts a connection that owns a displayed row, as in the second sample',
    },
    { id: '000/total-sessions', item: '`Total displayed sessions`', note: 'counts the data sessions' },
    { id: '000/clients', item: 'Control sessions of the same client and of different clients at once' },
    { id: '000/capacity', item: 'Ten control sessions of ten data sessions each, 100 in total, at once' },
  ],
};

const junosServiceSessions: SourceDocument = {
  title: '001: Junos, `show services sessions`',
  rows: [
    { id: '001/none', item: '`show services sessions`: standard information about all sessions' },
    { id: '001/brief', item: '`brief`: identical to the standard output' },
    { id: '001/extensive', item: '`extensive`' },
    { id: '001/terse', item: '`terse`' },
    {
      id: '001/application-protocol',
      item:
        '`application-protocol`: `dce-rpc`, `dce-rpc-portmap`, `dns`, `ftp`, `pptp`, `rpc`, `rpc-portmap`, ' +
        '`rtsp`, `rsh`, `sip`, `sql`, `talk`',
      note: '`sqlnet` is accepted as well',
    },
    {
      id: '001/application-protocol-rpc',
      item: 'The same output for `rpc`, `dce-rpc`, `rpc-portmap` and `dce-rpc-portmap`',
    },
    { id: '001/count', item: '`count`: a count of the matching entries' },
    { id: '001/destination-port', item: '`destination-port`: 0 to 65535' },
    { id: '001/destination-prefix', item: '`destination-prefix`' },
    {
      id: '001/interface',
      item: '`interface`: `ms-fpc/pic/port`, `rspnumber`, `ms-pim/0/port`',
    },
    { id: '001/limit', item: '`limit`: maximum number of entries to display' },
    {
      id: '001/protocol',
      item:
        '`protocol`: 0 to 255, `ah`, `egp`, `esp`, `gre`, `icmp`, `icmp6`, `igmp`, `ipip`, `ospf`, `pim`, ' +
        '`rsvp`, `sctp`, `tcp`, `udp`',
    },
    { id: '001/service-set', item: '`service-set`' },
    { id: '001/source-port', item: '`source-port`: 0 to 65535' },
    { id: '001/source-prefix', item: '`source-prefix`' },
    { id: '001/combination', item: 'The options together', note: 'in any combination and order' },
    { id: '001/view', item: 'Required privilege level: view' },
    {
      id: '001/idle-timeout',
      item: 'The idle timeout of every flow is displayed by `show services sessions extensive`',
    },
    {
      id: '001/flows',
      item: '`show services flows extensive` displays the idle timeout of every flow',
    },
    { id: '001/flows-brief', item: '`show services flows brief`' },
    { id: '001/field-interface', item: 'Interface: name of the interface' },
    { id: '001/field-session-id', item: 'Session ID: uniquely identifies the session' },
    { id: '001/field-alg', item: 'ALG: name of the application' },
    {
      id: '001/field-flags',
      item:
        'Flags: 0x1 found an existing session, 0x2 reached session or flow limit, 0x3 no memory available, ' +
        '0x4 no free session ID available',
    },
    { id: '001/field-ip-action', item: 'IP Action: whether IP action has been set' },
    { id: '001/field-offload', item: 'Offload: whether the session has been offloaded' },
    { id: '001/field-asymmetric', item: 'Asymmetric: whether the session is unidirectional' },
    { id: '001/field-service-set', item: 'Service set: empty service sets are not displayed' },
    { id: '001/field-sessions-count', item: 'Sessions Count: number of sessions' },
    { id: '001/field-flow', item: 'Flow or Flow Prot: protocol of the session' },
    { id: '001/field-source', item: 'Source: prefix:port of the flow; ICMP flows display no port' },
    { id: '001/field-destination', item: 'Dest: prefix and port of the flow; ICMP flows display no port' },
    { id: '001/field-state', item: 'State: Drop, Forward, Reject, Watch, Bypass, Unknown' },
    { id: '001/field-direction', item: 'Packet Direction: ingress (I), egress (O) or unknown' },
    { id: '001/field-frames', item: 'Frm count: number of frames in the flow' },
    {
      id: '001/sample',
      item: 'Sample of `show services sessions`',
      note: 'its ten flow lines hold edited addresses out of their columns; they are printed in the columns',
    },
    { id: '001/sample-extensive', item: 'Sample of `show services sessions extensive`' },
    { id: '001/sample-terse', item: 'Sample of `show services sessions terse`' },
    { id: '001/sample-dce-rpc', item: 'Sample of `show services sessions application-protocol dce-rpc`' },
    { id: '001/sample-dns', item: 'Sample of `show services sessions application-protocol dns`' },
    { id: '001/sample-ftp', item: 'Sample of `show services sessions application-protocol ftp`' },
    { id: '001/sample-pptp', item: 'Sample of `show services sessions application-protocol pptp`' },
    { id: '001/sample-rtsp', item: 'Sample of `show services sessions application-protocol rtsp`' },
    { id: '001/sample-rsh', item: 'Sample of `show services sessions application-protocol rsh`' },
    { id: '001/sample-sip', item: 'Sample of `show services sessions application-protocol sip`' },
    { id: '001/sample-sql', item: 'Sample of `show services sessions application-protocol sql`' },
    { id: '001/sample-talk', item: 'Sample of `show services sessions application-protocol talk`' },
    { id: '001/sample-count', item: 'Sample of `show services sessions count`' },
    { id: '001/sample-destination-port', item: 'Sample of `show services sessions destination-port 21`' },
    {
      id: '001/sample-destination-prefix',
      item: 'Sample of `show services sessions destination-prefix 10.1.1.2`',
    },
    { id: '001/sample-interface', item: 'Sample of `show services sessions interface ms-1/1/0`' },
    { id: '001/sample-protocol', item: 'Sample of `show services sessions protocol tcp`' },
    { id: '001/sample-service-set', item: 'Sample of `show services sessions service-set sample`' },
    {
      id: '001/sample-source-port',
      item: 'Sample of `show services sessions source-port 21`',
      note: 'finds a session by its reply flow',
    },
    { id: '001/sample-source-prefix', item: 'Sample of `show services sessions source-prefix 10.2.2.2`' },
  ],
};

const junosTwampServer: SourceDocument = {
  title: '002: Junos, `server` at `[edit services rpm twamp]`',
  rows: [
    {
      id: '002/server',
      item: '`server`: a TWAMP server on the router, to which a TWAMP client connects',
      note: 'the copy lost its statement names; the YANG models of Junos give them back',
    },
    { id: '002/any-address', item: 'A client connects using any interface address of the router' },
    {
      id: '002/timestamping',
      item: 'Timestamps are taken where packets enter and leave, not in the control plane',
    },
    { id: '002/authentication-mode', item: '`authentication-mode`: modes that the server accepts' },
    { id: '002/authentication-mode-default', item: '`authentication-mode`: default none' },
    {
      id: '002/max-connection-duration',
      item: '`max-connection-duration`: maximum time a connection can exist',
      note: 'in hours; `maximum-connection-duration` is accepted',
    },
    { id: '002/max-connection-duration-range', item: '`max-connection-duration`: range 0 to 120' },
    { id: '002/max-connection-duration-default', item: '`max-connection-duration`: default 24' },
    {
      id: '002/maximum-sessions',
      item: '`maximum-sessions`: maximum number of test sessions for the server',
    },
    { id: '002/maximum-sessions-range', item: '`maximum-sessions`: range 1 to 2048' },
    { id: '002/maximum-sessions-default', item: '`maximum-sessions`: default 64' },
    {
      id: '002/maximum-sessions-per-connection',
      item: '`maximum-sessions-per-connection`: maximum number of test sessions per client connection',
    },
    {
      id: '002/maximum-sessions-per-connection-range',
      item: '`maximum-sessions-per-connection`: range 1 to 1024',
    },
    {
      id: '002/maximum-sessions-per-connection-default',
      item: '`maximum-sessions-per-connection`: default 64',
    },
    {
      id: '002/maximum-connections',
      item: '`maximum-connections`: maximum number of connections for the server',
    },
    { id: '002/maximum-connections-range', item: '`maximum-connections`: range 1 to 1000' },
    { id: '002/maximum-connections-default', item: '`maximum-connections`: default 64' },
    {
      id: '002/maximum-connections-per-client',
      item: '`maximum-connections-per-client`: maximum number of server connections per client',
    },
    {
      id: '002/maximum-connections-per-client-range',
      item: '`maximum-connections-per-client`: range 1 to 500',
    },
    {
      id: '002/maximum-connections-per-client-default',
      item: '`maximum-connections-per-client`: default 64',
    },
    { id: '002/port', item: '`port`: TWAMP server listening port' },
    { id: '002/port-range', item: '`port`: range 1 to 65535' },
    { id: '002/port-default', item: '`port`: default 862' },
    {
      id: '002/client-list',
      item: '`client-list`: CIDR addresses of the control clients that can connect',
      note: 'without a list: the loopback addresses only',
    },
    {
      id: '002/routing-instance-list',
      item: '`routing-instance-list`: a server on specific routing instances',
    },
    { id: '002/routing-instance-list-range', item: '`routing-instance-list`: port, range 1 to 65535' },
    {
      id: '002/routing-instance-list-default',
      item: '`routing-instance-list`: without one, the server applies to all routing instances',
    },
    {
      id: '002/routing-instance-list-name',
      item: '`routing-instance-list`: a name has at most 31 characters',
    },
    {
      id: '002/routing-instance-list-maximum',
      item: '`routing-instance-list`: up to 100 routing instances',
    },
    {
      id: '002/server-inactivity-timeout',
      item:
        '`server-inactivity-timeout`: maximum time to finish the control negotiation, and idle time of the ' +
        'control connection, in minutes; 0 to disable',
    },
    { id: '002/server-inactivity-timeout-range', item: '`server-inactivity-timeout`: range 0 to 30' },
    { id: '002/server-inactivity-timeout-default', item: '`server-inactivity-timeout`: default 15' },
    { id: '002/view', item: 'Required privilege level to view the statement: system' },
    { id: '002/add', item: 'Required privilege level to add the statement: interface-control' },
  ],
};

const junosAmsSessions: SourceDocument = {
  title: '003: Junos, `show services sessions` on aggregated multiservices (AMS) interfaces',
  rows: [
    { id: '003/none', item: '`show services sessions`: standard information about all sessions' },
    { id: '003/ams', item: 'Sessions of each service set in each member interface of the AMS interface' },
    { id: '003/brief', item: '`brief`' },
    { id: '003/extensive', item: '`extensive`' },
    { id: '003/terse', item: '`terse`' },
    {
      id: '003/application-protocol',
      item:
        '`application-protocol`: `ftp`, `icmp`, `pptp`, `rtsp`, `sqlnet`, `tcp`, `traceroute`, ' +
        '`tftp`, `udp`',
    },
    { id: '003/count', item: '`count`: a count of the matching entries' },
    { id: '003/destination-port', item: '`destination-port`: 0 through 65,535' },
    { id: '003/destination-prefix', item: '`destination-prefix`' },
    {
      id: '003/interface',
      item: '`interface`: `ms-fpc/pic/port`, `rspnumber`, `ms-pim/0/port`',
      note: 'and the aggregate `ams0` or one member `mams-5/0/0`',
    },
    { id: '003/limit', item: '`limit`: maximum number of entries to display' },
    {
      id: '003/protocol',
      item:
        '`protocol`: 0 through 255, `ah`, `egp`, `esp`, `gre`, `icmp`, `icmp6`, `igmp`, `ipip`, `ospf`, ' +
        '`pim`, `rsvp`, `sctp`, `tcp`, `udp`',
    },
    { id: '003/service-set', item: '`service-set`' },
    { id: '003/source-port', item: '`source-port`: 0 through 65,535' },
    { id: '003/source-prefix', item: '`source-prefix`' },
    { id: '003/combination', item: 'The options together', note: 'in any combination and order' },
    { id: '003/view', item: 'Required privilege level: view', note: 'the copy lost the word' },
    {
      id: '003/field-interface',
      item: 'Interface: the member interface (mams-) and the aggregated interface (ams) it belongs to',
    },
    { id: '003/field-session-id', item: 'Session ID: uniquely identifies the session' },
    { id: '003/field-alg', item: 'ALG: name of the application' },
    {
      id: '003/field-flags',
      item:
        'Flags: 0x1 found an existing session, 0x2 reached session or flow limit, 0x3 no memory available, ' +
        '0x4 no free session ID available',
    },
    { id: '003/field-ip-action', item: 'IP Action: whether IP action has been set' },
    { id: '003/field-offload', item: 'Offload: whether the session has been offloaded' },
    { id: '003/field-asymmetric', item: 'Asymmetric: whether the session is unidirectional' },
    { id: '003/field-service-set', item: 'Service set: empty service sets are not displayed' },
    { id: '003/field-sessions-count', item: 'Sessions Count: number of sessions' },
    { id: '003/field-flow', item: 'Flow or Flow Prot: protocol of the session' },
    { id: '003/field-source', item: 'Source: prefix:port of the flow; ICMP flows display no port' },
    { id: '003/field-destination', item: 'Dest: prefix and port of the flow; ICMP flows display no port' },
    { id: '003/field-state', item: 'State: Drop, Forward, Reject, Watch, Bypass, Unknown' },
    { id: '003/field-direction', item: 'Packet Direction: ingress (I), egress (O) or unknown' },
    { id: '003/field-frames', item: 'Frm count: number of frames in the flow' },
    {
      id: '003/sample-brief',
      item: 'Sample of `show services sessions brief`',
      note: 'the document names four samples and shows none; lines as in 001, under a header of the member',
    },
    {
      id: '003/sample-interface-extensive',
      item: 'Sample of `show services sessions interface mams-5/0/0 extensive`',
    },
    { id: '003/sample-terse', item: 'Sample of `show services sessions terse`' },
    { id: '003/sample-count', item: 'Sample of `show services sessions count`' },
  ],
};

const vyosTwamp: SourceDocument = {
  title: '004: VyOS, support for TWAMP as round-trip metric',
  rows: [
    { id: '004/client-list', item: '`set service twamp server client-list x.x.x.x/x`' },
    { id: '004/dscp-value', item: '`set service twamp server dscp-value x`' },
    { id: '004/maximum-connections', item: '`set service twamp server maximum-connections x`' },
    {
      id: '004/maximum-sessions-per-connection',
      item: '`set service twamp server maximum-sessions-per-connection x`',
    },
    { id: '004/mode', item: '`set service twamp server mode x`', note: '`no-x` takes a mode away' },
    { id: '004/port', item: '`set service twamp server port 862`' },
    {
      id: '004/server-inactivity-timeout',
      item: '`set service twamp server server-inactivity-timeout x`',
      note: 'in seconds',
    },
    {
      id: '004/test-inactivity-timeout',
      item: '`set service twamp server test-inactivity-timeout x`',
      note: 'in seconds',
    },
    { id: '004/user', item: '`set service twamp server user xxx password xxxx`' },
    { id: '004/sla-twamp-server', item: '`set service sla twamp-server`', note: 'and its `port`' },
    { id: '004/twping', item: '`twping x.x.x.x`' },
    { id: '004/count', item: '`twping x.x.x.x count x`' },
    { id: '004/session-count', item: '`twping x.x.x.x session-count x`' },
    { id: '004/force-twping', item: '`force twping`', note: 'later renamed `execute twping`' },
    { id: '004/round-trip', item: 'Round-trip measurement without synchronised clocks' },
    { id: '004/processing-delay', item: 'Time stamps factor the processing delay out' },
    { id: '004/control-client', item: 'Control-Client: TWAMP-Control with the Server' },
    { id: '004/server', item: 'Server: TWAMP-Control with the Control-Client' },
    { id: '004/session-sender', item: 'Session-Sender: TWAMP-Test with the Session-Reflector' },
    { id: '004/session-reflector', item: 'Session-Reflector: TWAMP-Test with the Session-Sender' },
  ],
};

/** In the order of their numbers; rows in the order of the document. */
export const sourceDocuments: readonly SourceDocument[] = [
  dnosTwampSessions,
  junosServiceSessions,
  junosTwampServer,
  junosAmsSessions,
  vyosTwamp,
];
