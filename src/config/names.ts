/** What may be called how in the configuration, for names that come from elsewhere. */
export { isName, isServicesInterface, SERVICE_SET_NAME_MAX } from '../grammar/names.ts';
