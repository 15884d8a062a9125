/** Who runs this process, as the operating system has it. */
import { userInfo } from 'node:os';

export interface OwnUser {
  /** -1 where users have no numbers. */
  readonly uid: number;
  readonly username: string;
}

/** A user without an entry in the list of users (a container's) is called by its number. */
export function ownUser(): OwnUser {
  try {
    return userInfo();
  } catch {
    const uid = process.getuid?.() ?? -1;
    return { uid, username: String(uid) };
  }
}
