/** CockroachDB's port, on Cloud and by default everywhere. */
const usualPort = 26257;

/** Where a cluster listens. The port is said where it is not the usual one: two clusters may share a host. */
export function addressOf({ host, port }: { host: string; port: number }): string {
  if (port === usualPort) return host;
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
