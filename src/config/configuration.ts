// Generated from grammar/*.cli by scripts/generate.ts; edit those instead.

/** The configuration in force, defaults filled in, as schema.cli describes it. */
export interface Configuration {
  /** System parameters. */
  readonly system: {
    /** Host name of this router. */
    readonly 'host-name': string;
    /** Names, login classes, and passwords of users. */
    readonly login: {
      /** Text for whoever has logged in at a terminal; \n begins a line, \t is a tab. */
      readonly announcement?: string;
      /** Login class. */
      readonly class: ReadonlyMap<
        string,
        {
          /** Time without a key after which a login ends, 0 for never. */
          readonly 'idle-timeout'?: number;
          /** Privileges of the class. */
          readonly permissions: readonly (
            | 'all'
            | 'viewer'
            | 'view'
            | 'clear'
            | 'network'
            | 'configure'
            | 'system'
            | 'interface-control'
            | 'access'
            | 'maintenance'
            | 'secret'
          )[];
        }
      >;
      /** Time without a key after which any login ends, 0 for never. */
      readonly 'idle-timeout': number;
      /** User. */
      readonly user: ReadonlyMap<
        string,
        {
          /** Name of the person, for people. */
          readonly 'full-name'?: string;
          /** Login class (viewer without one). */
          readonly class?: string;
          /** Role, as on DNOS: operator is interface-control; admin and techsupport are super-user. */
          readonly role?: 'viewer' | 'operator' | 'admin' | 'techsupport';
          /** Vendor whose prompts, errors and dialogs the user is shown. */
          readonly 'cli-style': 'dnos' | 'junos' | 'vyos';
          /** How the user proves to be the one. */
          readonly authentication: {
            /** Ask for a password, twice. */
            readonly 'plain-text-password'?: true;
            /** Password in clear, which is not kept so. */
            readonly 'plaintext-password'?: string;
            /** Password, in the form in which it is stored. */
            readonly 'encrypted-password'?: string;
            /** Ed25519 public key, as in authorized_keys. */
            readonly 'ssh-ed25519': readonly string[];
            /** ECDSA public key, as in authorized_keys. */
            readonly 'ssh-ecdsa': readonly string[];
            /** RSA public key, as in authorized_keys. */
            readonly 'ssh-rsa': readonly string[];
            /** Public key in two parts, as on VyOS. */
            readonly 'public-keys': ReadonlyMap<
              string,
              {
                /** Key, in Base64. */
                readonly key?: string;
                /** Algorithm of the key. */
                readonly type?:
                  | 'ssh-ed25519'
                  | 'ecdsa-sha2-nistp256'
                  | 'ecdsa-sha2-nistp384'
                  | 'ecdsa-sha2-nistp521'
                  | 'ssh-rsa';
              }
            >;
          };
        }
      >;
      /** What becomes of logins that fail. */
      readonly 'retry-options': {
        /** Failures that end a connection, and lock an address out. */
        readonly 'tries-before-disconnect': number;
        /** Failures of an address that are answered at once. */
        readonly 'backoff-threshold': number;
        /** Delay of each failure beyond them. */
        readonly 'backoff-factor': number;
        /** Time from a connection to its login. */
        readonly 'maximum-time': number;
        /** Time an address is locked out. */
        readonly 'lockout-period': number;
        /** Time a user is locked out after as many failures; without it: not. */
        readonly 'user-lockout-period'?: number;
      };
    };
    /** System services. */
    readonly services: {
      /** Allow ssh access. */
      readonly ssh?: {
        /** Port to listen on. */
        readonly port: number;
        /** Addresses to listen on; without any: all. */
        readonly 'listen-address': readonly string[];
        /** Maximum number of connections. */
        readonly 'connection-limit': number;
        /** Maximum number of new connections in a minute. */
        readonly 'rate-limit': number;
        /** Maximum number of sessions of a connection. */
        readonly 'max-sessions-per-connection': number;
        /** Silence after which a client is asked whether it is there, 0 for never. */
        readonly 'client-alive-interval': number;
        /** Such questions without an answer that end a connection. */
        readonly 'client-alive-count-max': number;
        /** Let nobody in by a password. */
        readonly 'no-password-authentication'?: true;
        /** Let nobody in by a public key. */
        readonly 'no-public-keys'?: true;
      };
      /** Answer Prometheus, over HTTP. */
      readonly metrics?: {
        /** TCP port to listen on. */
        readonly port: number;
        /** Addresses to listen on; without any: 127.0.0.1. */
        readonly 'listen-address': readonly string[];
      };
    };
    /** Tables that many routers have together. */
    readonly fleet: {
      /** Database that this router publishes its tables to. */
      readonly postgresql: {
        /** Where it is, and the role of this router there: postgresql://ROLE@HOST:PORT/DATABASE. */
        readonly url?: string;
        /** Password of that role. */
        readonly password?: string;
        /** Whether the connection is encrypted, and who is at its other end proved. */
        readonly tls: 'disable' | 'require' | 'verify-full';
        /** File with the certificates of the authorities that are trusted; without one: the well-known ones. */
        readonly 'tls-ca-file'?: string;
        /** Name of this router in the fleet; without one: its host name. */
        readonly 'node-name'?: string;
        /** Time between two readings of what has changed. */
        readonly interval: number;
        /** What may wait for the database; beyond it, the oldest samples are dropped. */
        readonly 'outbox-size': number;
        /** Role that may read the tables of all routers, for show fleet. */
        readonly reader: {
          /** Name of the role. */
          readonly user?: string;
          /** Password of that role. */
          readonly password?: string;
        };
      };
    };
    /** Where the record of logins, commands and commits is sent. */
    readonly syslog: {
      /** Host that takes syslog messages (RFC 5424, UDP). */
      readonly host: ReadonlyMap<
        string,
        {
          /** UDP port of the host. */
          readonly port: number;
          /** Facility of the messages. */
          readonly facility:
            | 'kernel'
            | 'user'
            | 'daemon'
            | 'authorization'
            | 'security'
            | 'ftp'
            | 'audit-log'
            | 'local0'
            | 'local1'
            | 'local2'
            | 'local3'
            | 'local4'
            | 'local5'
            | 'local6'
            | 'local7';
        }
      >;
    };
  };
  /** Services. */
  readonly services: {
    /** Services interface that sessions are shown on. */
    readonly interfaces: ReadonlyMap<
      string,
      {
        /** Members of an aggregated interface. */
        readonly 'member-interface': readonly string[];
        /** Marks of its connections, value/mask. */
        readonly mark: readonly string[];
        /** Connection tracking zones of its connections. */
        readonly zone: readonly number[];
        /** Interfaces of this machine whose networks its connections have an end in. */
        readonly 'linux-interface': readonly string[];
      }
    >;
    /** Set of sessions that belong together. */
    readonly 'service-set': ReadonlyMap<
      string,
      {
        /** Services interface that the set is on; without one: all. */
        readonly interface?: string;
        /** Marks of its connections, value/mask. */
        readonly mark: readonly string[];
        /** Connection tracking zones of its connections. */
        readonly zone: readonly number[];
        /** Networks whose hosts initiate its connections. */
        readonly 'source-prefix': readonly string[];
      }
    >;
    /** How service sessions are read from connections. */
    readonly 'session-source': {
      /** What is shown: the kernel's connections, or what was imported; without: the kernel's where they may be read. */
      readonly type?: 'conntrack' | 'records';
      /** Have connections tracked and counted by the router itself, in every namespace that it reads. */
      readonly 'enable-tracking'?: true;
      /** How many of the kernel's sessions that have ended are kept; without: none. */
      readonly history?: number;
      /** Count sessions again and again, by interface and service set. */
      readonly metrics?: {
        /** Time between two counts, in seconds. */
        readonly interval: number;
        /** Counts that are kept, the latest. */
        readonly history: number;
      };
      /** Networks inside: what their hosts send is ingress (I). */
      readonly 'inside-prefix': readonly string[];
      /** Mark of connections that are initiated from outside. */
      readonly 'outside-mark'?: string;
      /** Bits of the mark with the state of flows: 1 Forward, 2 Drop, 3 Reject, 4 Watch, 5 Bypass. */
      readonly 'state-mask'?: string;
    };
    /** Real-time performance monitoring. */
    readonly rpm: {
      /** Two-Way Active Measurement Protocol. */
      readonly twamp: {
        /** TWAMP server configuration. */
        readonly server?: {
          /** Whether the TWAMP server runs. */
          readonly 'admin-state': 'enabled' | 'disabled';
          /** Silence before TCP keepalives on a control connection. */
          readonly 'tcp-keepidle': number;
          /** Time between two TCP keepalives. */
          readonly 'tcp-keepintvl': number;
          /** TCP keepalives without an answer that end a connection. */
          readonly 'tcp-keepcnt': number;
          /** Routing instances that serve TWAMP; without any: all. */
          readonly 'routing-instance-list': ReadonlyMap<
            string,
            {
              /** TWAMP server listening port in this routing instance. */
              readonly port?: number;
              /** Interface whose addresses clients may connect to and test; without one: all. */
              readonly 'source-interface'?: string;
            }
          >;
          /** Authentication modes the server accepts. */
          readonly 'authentication-mode': readonly ('none' | 'authenticated' | 'encrypted' | 'mixed')[];
          /** Authentication key chain configuration. */
          readonly 'authentication-key-chain': ReadonlyMap<
            string,
            {
              /** Key that clients name, their user. */
              readonly 'key-id': ReadonlyMap<
                string,
                {
                  /** Secret that is shared with them. */
                  readonly secret?: string;
                }
              >;
            }
          >;
          /** Control packet idle timeout in minutes, 0 to disable. */
          readonly 'server-inactivity-timeout': number | `${number}s`;
          /** Time a started test session may be without packets, in minutes, 0 to disable. */
          readonly 'reflector-inactivity-timeout': number | `${number}s`;
          /** Maximum time a connection can exist, 0 for no limit. */
          readonly 'max-connection-duration': number;
          /** Maximum number of test sessions for the server. */
          readonly 'maximum-sessions': number;
          /** Maximum number of test sessions per client connection. */
          readonly 'maximum-sessions-per-connection': number;
          /** Maximum number of connections for the server. */
          readonly 'maximum-connections': number;
          /** Maximum number of server connections per client. */
          readonly 'maximum-connections-per-client': number;
          /** Test packets reflected in each session, 0 for no limit. */
          readonly 'maximum-bandwidth-per-session': number;
          /** TWAMP server listening port. */
          readonly port: number;
          /** DSCP of control packets; without one, that of the client's SYN. */
          readonly 'dscp-value'?: number;
          /** UDP ports that test packets are reflected on. */
          readonly 'data-port-range': string;
          /** UDP ports that test packets may come from; without one: any. */
          readonly 'sender-port-range'?: string;
          /** Let clients ask for tests with other allowed clients. */
          readonly 'allow-third-party'?: true;
          /** List of allowed clients. */
          readonly 'client-list': ReadonlyMap<
            string,
            {
              /** Whether the clients are allowed or denied. */
              readonly type: 'allow' | 'deny';
              /** Network of clients. */
              readonly address: ReadonlyMap<
                string,
                {
                  /** Routing instances the network is in; without any: all. */
                  readonly 'routing-instance': readonly string[];
                }
              >;
            }
          >;
          /** Reflect without control connections: TWAMP Light, STAMP. */
          readonly light?: {
            /** UDP ports to reflect on. */
            readonly port: readonly number[];
          };
        };
        /** TWAMP client configuration. */
        readonly client: {
          /** Authentication key chain configuration. */
          readonly 'authentication-key-chain': ReadonlyMap<
            string,
            {
              /** Key that servers know, our user there. */
              readonly 'key-id': ReadonlyMap<
                string,
                {
                  /** Secret that is shared with them. */
                  readonly secret?: string;
                }
              >;
            }
          >;
          /** UDP ports that test packets are sent from. */
          readonly 'data-port-range': string;
          /** TWAMP control session configuration. */
          readonly 'control-connection': ReadonlyMap<
            string,
            {
              /** Whether its test sessions run. */
              readonly 'admin-state': 'enabled' | 'disabled';
              /** Authentication modes. */
              readonly 'authentication-mode': 'none' | 'authenticated' | 'encrypted' | 'mixed';
              /** Key chain of the client that the key is in; without one: any. */
              readonly 'authentication-key-chain'?: string;
              /** Key that we are known by; without one: the only one there is. */
              readonly 'key-id'?: string;
              /** Name of output interface for all test sessions. */
              readonly 'destination-interface'?: string;
              /** Displays the old results along with present. */
              readonly 'persistent-results'?: true;
              /** TWAMP control connection type. */
              readonly 'control-type': 'managed' | 'light';
              /** Silence before TCP keepalives on the control connection. */
              readonly 'tcp-keepidle': number;
              /** Time between two TCP keepalives. */
              readonly 'tcp-keepintvl': number;
              /** TCP keepalives without an answer that end the connection. */
              readonly 'tcp-keepcnt': number;
              /** TCP TWAMP client listening port for the test sessions. */
              readonly 'destination-port': number;
              /** Number of stored history entries. */
              readonly 'history-size': number;
              /** Number of samples used for moving average. */
              readonly 'moving-average-size': number;
              /** Routing instance used by the test sessions. */
              readonly 'routing-instance': string;
              /** Source address of TWAMP Control client. */
              readonly 'source-address'?: string;
              /** Destination address of TWAMP responder. */
              readonly 'target-address'?: string;
              /** Total number of test session iterations, 0 for no end. */
              readonly 'test-count': number;
              /** Delay between test session iterations. */
              readonly 'test-interval': number;
              /** Trap to send if threshold is met or exceeded. */
              readonly traps: {
                /** All test sessions configured under the control connection have completed an iteration. */
                readonly 'test-iteration-done'?: true;
                /** Control connection closed. */
                readonly 'control-connection-closed'?: true;
              };
              /** Test session details. */
              readonly 'test-session': ReadonlyMap<
                string,
                {
                  /** Source address of TWAMP Probes. */
                  readonly 'source-address'?: string;
                  /** Destination IPv4 or IPv6 address of TWAMP responder. */
                  readonly 'target-address': {
                    /** Address of TWAMP session reflector. */
                    readonly address?: string;
                    /** Link scope for IPv6 link-local address. */
                    readonly 'local-link'?: string;
                  };
                  /** Target port number for test. */
                  readonly 'destination-port'?: number;
                  /** Fill contents of test packet with zeros. */
                  readonly 'data-fill-with-zeros'?: true;
                  /** Size of the data portion of the probes. */
                  readonly 'data-size': number;
                  /** Differentiated Services code point bits or alias used for TCP control and UDP TWAMP test packets. */
                  readonly 'dscp-code-points': string;
                  /** Time to Live (hop-limit) value of the probes. */
                  readonly ttl: number;
                  /** Total number of probes per test. */
                  readonly 'probe-count': number;
                  /** Delay between two consecutive probes. */
                  readonly 'probe-interval': number;
                  /** TWAMP test threshold values. Set 0 to disable respective threshold. */
                  readonly thresholds: {
                    /** Successive probe loss count indicating probe failure. */
                    readonly 'successive-loss': number;
                    /** Total probe loss count indicating test failure. */
                    readonly 'total-loss': number;
                    /** Maximum round trip time per probe, in microseconds. */
                    readonly rtt: number;
                    /** Maximum round trip time per test, in microseconds. */
                    readonly 'max-rtt': number;
                    /** Maximum jitter per test, in microseconds. */
                    readonly 'jitter-rtt': number;
                    /** Maximum standard deviation per test, in microseconds. */
                    readonly 'std-dev-rtt': number;
                    /** Maximum source to destination time per probe, in microseconds. */
                    readonly 'egress-time': number;
                    /** Maximum destination to source time per probe, in microseconds. */
                    readonly 'ingress-time': number;
                    /** Maximum destination to source jitter per test, in microseconds. */
                    readonly 'jitter-ingress': number;
                    /** Maximum source to destination jitter per test, in microseconds. */
                    readonly 'jitter-egress': number;
                    /** Maximum destination to source standard deviation per test, in microseconds. */
                    readonly 'std-dev-ingress': number;
                    /** Maximum source to destination standard deviation per test, in microseconds. */
                    readonly 'std-dev-egress': number;
                  };
                  /** Trap to send if threshold is met or exceeded. */
                  readonly traps: {
                    /** Successive probe loss threshold reached. */
                    readonly 'probe-failure'?: true;
                    /** Total probe loss threshold reached. */
                    readonly 'test-failure'?: true;
                    /** Test completed. */
                    readonly 'test-completion'?: true;
                    /** Exceeded maximum round trip time threshold. */
                    readonly 'rtt-exceeded'?: true;
                    /** Exceeded maximum round trip time threshold at the end of per test. */
                    readonly 'max-rtt-exceeded'?: true;
                    /** Exceeded round trip time standard deviation threshold. */
                    readonly 'std-dev-exceeded'?: true;
                    /** Exceeded jitter in round trip time threshold. */
                    readonly 'jitter-exceeded'?: true;
                    /** Exceeded maximum ingress time threshold. */
                    readonly 'ingress-time-exceeded'?: true;
                    /** Exceeded ingress time standard deviation threshold. */
                    readonly 'ingress-std-dev-exceeded'?: true;
                    /** Exceeded jitter in ingress time threshold. */
                    readonly 'ingress-jitter-exceeded'?: true;
                    /** Exceeded maximum egress time threshold. */
                    readonly 'egress-time-exceeded'?: true;
                    /** Exceeded egress time standard deviation threshold. */
                    readonly 'egress-std-dev-exceeded'?: true;
                    /** Exceeded jitter in egress time threshold. */
                    readonly 'egress-jitter-exceeded'?: true;
                  };
                }
              >;
            }
          >;
        };
        /** Mesh of the fleet: routers that measure one another. */
        readonly mesh: ReadonlyMap<
          string,
          {
            /** Routers of the fleet that are in it. */
            readonly members: readonly string[];
            /** Where the others find a member. */
            readonly target: ReadonlyMap<
              string,
              {
                /** Address of its TWAMP server. */
                readonly address?: string;
                /** TCP port of its TWAMP server. */
                readonly 'destination-port': number;
              }
            >;
            /** Authentication mode of the control connections. */
            readonly 'authentication-mode': 'none' | 'authenticated' | 'encrypted' | 'mixed';
            /** Key of it, which each member has itself; without one: the only one it has. */
            readonly 'key-id'?: string;
            /** Delay between test session iterations. */
            readonly 'test-interval': number;
            /** Size of the data portion of the probes. */
            readonly 'data-size': number;
            /** Differentiated Services code point bits or alias of control and test packets. */
            readonly 'dscp-code-points': string;
            /** Time to Live (hop-limit) value of the probes. */
            readonly ttl: number;
            /** Total number of probes per test. */
            readonly 'probe-count': number;
            /** Delay between two consecutive probes. */
            readonly 'probe-interval': number;
          }
        >;
        /** Mesh of the fleet that this router takes part in. */
        readonly 'mesh-member': ReadonlyMap<
          string,
          {
            /** Router of the fleet whose mesh it is. */
            readonly from?: string;
            /** Source address of control connections and probes. */
            readonly 'source-address'?: string;
            /** Routing instance to measure in. */
            readonly 'routing-instance': string;
            /** Key chain of the client that the key is in; without one: any. */
            readonly 'authentication-key-chain'?: string;
            /** Networks that may be measured; without any: all. */
            readonly 'peer-prefix': readonly string[];
            /** Maximum number of other members. */
            readonly 'maximum-peers': number;
            /** Maximum rate of the probes to all of them together. */
            readonly 'maximum-packets-per-second': number;
            /** Least delay between two consecutive probes. */
            readonly 'minimum-probe-interval': number;
          }
        >;
      };
    };
    /** Simple TWAMP (STAMP, TWAMP Light). */
    readonly 'simple-twamp': {
      /** Reflect test packets without control connections. */
      readonly 'session-reflector'?: {
        /** Whether test packets are reflected. */
        readonly 'admin-state': 'enabled' | 'disabled';
        /** UDP ports to reflect on. */
        readonly 'reflector-port': readonly number[];
        /** DSCP of replies; without one, that of the packet. */
        readonly 'dscp-value'?: number;
        /** Whether replies have Sequence Numbers of their own. */
        readonly mode: 'stateless' | 'stateful';
        /** Format of the time stamps in replies (RFC 8762). */
        readonly 'timestamp-format': 'ntp' | 'ptpv2';
        /** Routing instances to reflect in; without any: all. */
        readonly 'routing-instance': readonly string[];
        /** Authentication key chain, of one key: reflect only what it seals. */
        readonly 'authentication-key-chain': ReadonlyMap<
          string,
          {
            /** Name of the key, which packets do not carry. */
            readonly 'key-id': ReadonlyMap<
              string,
              {
                /** Secret that is shared with senders. */
                readonly secret?: string;
              }
            >;
          }
        >;
        /** List of allowed senders. */
        readonly 'client-list': ReadonlyMap<
          string,
          {
            /** Whether the senders are allowed or denied. */
            readonly type: 'allow' | 'deny';
            /** Network of senders. */
            readonly address: ReadonlyMap<
              string,
              {
                /** Routing instances the network is in; without any: all. */
                readonly 'routing-instance': readonly string[];
              }
            >;
          }
        >;
      };
      /** Test sessions of light control-type. */
      readonly 'session-sender': {
        /** Whether any of them runs. */
        readonly 'admin-state': 'enabled' | 'disabled';
        /** UDP port of the reflectors of those that name none. */
        readonly 'reflector-port': number;
      };
    };
  };
  /** Routing instances beside the default one. */
  readonly 'routing-instances': ReadonlyMap<
    string,
    {
      /** Network namespace that the instance stands for (ip netns). */
      readonly namespace?: string;
      /** VRF device that the instance stands for. */
      readonly device?: string;
    }
  >;
}
