/** What may be called how, also where a name comes from a file. */

const NAME = /^[\w.:/@-]+$/;

/** Letters, digits and `. _ : / @ -` of ASCII. */
export function isName(text: string, lengthMax: number): boolean {
  return text.length <= lengthMax && NAME.test(text);
}

const SYSTEM_NAME = /^[\p{L}\p{N}._:/@-]+$/u;

/** The same with letters and digits of all scripts. */
export function isSystemName(text: string, lengthMax: number): boolean {
  return text.length <= lengthMax && SYSTEM_NAME.test(text);
}

const SERVICES_INTERFACE = /^(?:(?:ms|mams|vms)-\d{1,3}\/\d{1,3}\/\d{1,3}|(?:ams|rsp|rms)\d{1,3})$/;

export function isServicesInterface(text: string): boolean {
  return SERVICES_INTERFACE.test(text);
}

/** Of a service set: characters. */
export const SERVICE_SET_NAME_MAX = 64;
