/** What can be wrong with a file that a login names, as data. */

export type FileProblemCode =
  | 'no-such-file'
  /** Of a file that is to be written. */
  | 'no-such-directory'
  /** It is there, and was to be new. */
  | 'exists'
  | 'is-directory'
  /** A directory on the way is none, or a link. */
  | 'no-directory'
  | 'is-link'
  | 'not-regular'
  /** Of somebody who is kept to a directory. */
  | 'outside'
  /** Empty, with a NUL, or one that this program keeps for itself. */
  | 'bad-name'
  | 'name-too-long'
  | 'not-permitted'
  | 'no-space'
  /** `mebibytes`: of all files of the login. */
  | 'quota'
  /** `maximum`: of files of the login. */
  | 'too-many-files'
  /** `mebibytes`: of a file that is read. */
  | 'too-long'
  | 'not-text'
  /** Another command is writing it. */
  | 'busy'
  | 'input-output';

export class FileError extends Error {
  readonly code: FileProblemCode;
  /** As it was typed. */
  readonly file: string;
  readonly details: Readonly<Record<string, number>>;

  constructor(
    code: FileProblemCode,
    file: string,
    details: FileError['details'] = {},
    options?: ErrorOptions,
  ) {
    super(`file: ${code}`, options);
    this.name = 'FileError';
    this.code = code;
    this.file = file;
    this.details = details;
  }
}

/** Codes of open(2), write(2) and rename(2), and of Node for what it does not ask the kernel. */
const problems: Readonly<Record<string, FileProblemCode>> = {
  EACCES: 'not-permitted',
  EBUSY: 'busy',
  EDQUOT: 'no-space',
  EFBIG: 'no-space',
  EIO: 'input-output',
  EISDIR: 'is-directory',
  ELOOP: 'is-link',
  ENAMETOOLONG: 'name-too-long',
  ENOENT: 'no-such-file',
  ENOSPC: 'no-space',
  ENOTDIR: 'no-directory',
  ENXIO: 'not-regular',
  EPERM: 'not-permitted',
  EROFS: 'not-permitted',
  ETXTBSY: 'busy',
};

/** Runs `action` on `file`; what the file system has to say against it leaves as a FileError. */
export async function fileGuarded<T>(file: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? problems[String(error.code)] : undefined;
    if (error instanceof FileError || code === undefined) throw error;
    throw new FileError(code, file, {}, { cause: error });
  }
}
