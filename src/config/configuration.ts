// Generated from grammar/*.cli by scripts/generate.ts; edit those instead.

/** The configuration in force, defaults filled in, as schema.cli describes it. */
export interface Configuration {
  /** System parameters. */
  readonly system: {
    /** Host name of this router. */
    readonly 'host-name': string;
  };
  /** Services. */
  readonly services: {
    /** Real-time performance monitoring. */
    readonly rpm: {
      /** Two-Way Active Measurement Protocol. */
      readonly twamp: {
        /** TWAMP server configuration. */
        readonly server?: {
          /** Silence before TCP keepalives on a control connection, in seconds. */
          readonly 'tcp-keepidle': number;
          /** Time between two TCP keepalives, in seconds. */
          readonly 'tcp-keepintvl': number;
          /** TCP keepalives without an answer that end a connection. */
          readonly 'tcp-keepcnt': number;
          /** Routing instances that serve TWAMP; without any: all. */
          readonly 'routing-instance-list': ReadonlyMap<
            string,
            {
              /** TWAMP server listening port in this routing instance. */
              readonly port?: number;
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
          readonly 'server-inactivity-timeout': number;
          /** Maximum time a connection can exist, in hours, 0 for no limit. */
          readonly 'max-connection-duration': number;
          /** Maximum number of test sessions for the server. */
          readonly 'maximum-sessions': number;
          /** Maximum number of test sessions per client connection. */
          readonly 'maximum-sessions-per-connection': number;
          /** Maximum number of connections for the server. */
          readonly 'maximum-connections': number;
          /** Maximum number of server connections per client. */
          readonly 'maximum-connections-per-client': number;
          /** TWAMP server listening port. */
          readonly port: number;
          /** DSCP of control packets. */
          readonly 'dscp-value': number;
          /** UDP ports that test packets are reflected on. */
          readonly 'data-port-range': string;
          /** Let clients ask for tests with other allowed clients. */
          readonly 'allow-third-party'?: true;
          /** List of allowed clients. */
          readonly 'client-list': ReadonlyMap<
            string,
            {
              /** Whether the clients are allowed or denied. */
              readonly type: 'allow' | 'deny';
              /** Network of clients (CIDR). */
              readonly address: ReadonlyMap<string, Record<string, never>>;
            }
          >;
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
        };
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
