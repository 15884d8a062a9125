/** The package brings no types; vorpal-host.ts says what it uses. */
declare module 'vorpal';
