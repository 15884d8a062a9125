import type { Reason } from '../reasons.ts';

export const servicesReasons: readonly Reason[] = [];
