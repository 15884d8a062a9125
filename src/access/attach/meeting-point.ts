/** Where a running router can be reached: a socket under a short name, which a file of the state directory tells. */
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, lstatSync, mkdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { writeWhole } from '../../store/whole-file.ts';
import { AttachError } from './messages.ts';

/** Holds the path of the socket, so that both ends agree on it whatever their environments say. */
const MEETING_POINT_FILE = 'attach';

/** sun_path of sockaddr_un has 108 octets, with the zero behind it; Node would cut a longer path without a word. */
const SOCKET_PATH_OCTETS_MAX = 107;

const NAME_DIGITS = 16;

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The path of the socket for a state directory, in the first of systemd's and the user's runtime directories and one of our own below
 * the system's for temporary files. Throws AttachError `no-meeting-point` where none is short enough or ours alone.
 */
export function socketPath(directory: string, environment: Environment): string {
  const digest = createHash('sha256').update(realpathSync(directory)).digest('hex');
  const name = `dnrouter-${digest.slice(0, NAME_DIGITS)}.sock`;
  const given = [environment['RUNTIME_DIRECTORY']?.split(':')[0], environment['XDG_RUNTIME_DIR']];
  const runtime = given.find((path) => path !== undefined && isAbsolute(path) && existsSync(path));
  const path = join(runtime ?? temporaryDirectory(), name);
  if (Buffer.byteLength(path) > SOCKET_PATH_OCTETS_MAX) throw new AttachError('no-meeting-point');
  return path;
}

/** A directory that is ours and that nobody else can enter: whoever came first could have made one for us. */
function temporaryDirectory(): string {
  const uid = process.getuid?.() ?? 0;
  const directory = join(tmpdir(), `dnrouter-${uid}`);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const made = lstatSync(directory);
  if (!made.isDirectory() || made.uid !== uid || (made.mode & 0o077) !== 0)
    throw new AttachError('no-meeting-point');
  return directory;
}

/** The path of the socket that the router of a state directory listens on; undefined while it tells none. */
export function announced(directory: string): string | undefined {
  try {
    return readFileSync(join(directory, MEETING_POINT_FILE), 'utf8');
  } catch {
    return undefined;
  }
}

/** To be called when the socket can be connected to. */
export function announce(directory: string, socket: string): void {
  chmodSync(socket, 0o600);
  writeWhole(join(directory, MEETING_POINT_FILE), socket, { mode: 0o600 });
}

/** Nobody is to come any more. */
export function withdraw(directory: string): void {
  rmSync(join(directory, MEETING_POINT_FILE), { force: true });
}
