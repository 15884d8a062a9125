/** The URL of a PostgreSQL database, as `system fleet` takes it. */

export const POSTGRESQL_URL =
  'a URL such as postgresql://role@host:5432/database, without a password (%2F for each / of a socket directory)';
export const POSTGRESQL_URL_LENGTH_MAX = 1024;

/** A role, a host and a database are named, and nothing else but a port. */
export function isPostgresqlUrl(word: string): boolean {
  if (
    !/^postgres(ql)?:\/\/[!-~]+$/.test(word) ||
    word.length > POSTGRESQL_URL_LENGTH_MAX ||
    !URL.canParse(word)
  )
    return false;
  const { username, password, hostname, port, pathname, search, hash } = new URL(word);
  const parts = [username, hostname, pathname.slice(1)];
  const isWhole =
    parts.every((part) => part !== '' && isPercentEncoded(part)) && !pathname.slice(1).includes('/');
  return isWhole && port !== '0' && [password, search, hash].every((part) => part === '');
}

function isPercentEncoded(text: string): boolean {
  try {
    return decodeURIComponent(text) !== '';
  } catch {
    return false;
  }
}
